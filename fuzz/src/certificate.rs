//! A certificate as presented, and the chain it makes before every verifier.

use redis_doctor::{
    facts::{Limits, Verifier},
    names::trust::{self, Anchors, Purpose},
    wire::certificate,
};

/// One input.
pub fn run(bytes: &[u8]) {
    let limits = Limits { sans: 8, text: 64, ..Limits::default() };
    let _ = certificate::distinguished_name(bytes, &limits);
    if let Ok(parsed) = certificate::certificate(bytes, &limits) {
        assert!(parsed.names.len() <= limits.sans);
    }
    let sent = [bytes.to_vec(), bytes.to_vec()];
    for bundle in [Vec::new(), vec![bytes.to_vec()]] {
        let (anchors, _) = Anchors::from_der(bundle);
        for purpose in [Purpose::Server, Purpose::Client] {
            let Ok(chain) = trust::chain(&sent, &anchors, 1_800_000_000, purpose, &limits) else { continue };
            assert!(Verifier::ALL.iter().all(|by| chain.judgement(*by).is_some()));
        }
    }
}
