//! A certificate as presented, the chain it makes, and whom it speaks for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redis_doctor::{
    facts::Limits,
    names,
    wire::{certificate, trust},
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { sans: 8, text: 64, ..Limits::default() };
    let _ = certificate::distinguished_name(bytes, &limits);
    let (anchors, _) = trust::Anchors::from_der(vec![bytes.to_vec()]);
    let _ = trust::judge_chain(&[bytes.to_vec(), bytes.to_vec()], &anchors, 1_800_000_000);
    if let Ok(parsed) = certificate::certificate(bytes, &limits) {
        assert!(parsed.names.len() <= limits.sans);
        for host in ["10.0.0.1", "::1", "a.example.com"] {
            let _ = names::speaks_for(&parsed, &host.parse().unwrap());
        }
    }
});
