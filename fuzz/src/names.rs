//! A certificate and a host, as every TLS stack compares them: a line with the host, then the certificate.

use redis_doctor::{
    facts::{Host, Limits},
    names::{
        STACKS,
        trust::{self, Anchors, Purpose},
    },
};

/// One input.
pub fn run(bytes: &[u8]) {
    let Some(end) = bytes.iter().position(|b| *b == b'\n') else { return };
    let (host, der) = (String::from_utf8_lossy(&bytes[..end]).into_owned(), &bytes[end + 1..]);
    let (anchors, _) = Anchors::from_der(vec![der.to_vec()]);
    let Ok(chain) = trust::chain(&[der.to_vec()], &anchors, 1_800_000_000, Purpose::Server, &Limits::default()) else {
        return;
    };
    for host in [Some(Host::Name(host.clone())), host.parse().ok()].into_iter().flatten() {
        for stack in STACKS {
            let all = stack.refusals(&chain, Some(&host));
            assert_eq!(stack.refusal(&chain, Some(&host)).is_none(), all.is_empty(), "{}", stack.id);
        }
    }
}
