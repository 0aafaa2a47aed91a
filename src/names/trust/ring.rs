//! What rustls has with ring, as far as that is less than with aws-lc-rs.

use rustls::pki_types::{SignatureVerificationAlgorithm, alg_id};

use super::{
    der::{BIT_STRING, SEQUENCE, sequence},
    link::Link,
    signature::{Digest, Key, Wants},
    webpki::Algorithms,
};

/// Both ends have an algorithm for such a key.
pub(super) fn can_shake_hands(key: Key, ring: bool) -> bool {
    key.is_usual() && !(ring && key == Key::Ec(521))
}

/// What ring does not have: P-521, and ECDSA over SHA-512.
pub(super) fn narrowed(all: Algorithms<'_>) -> Vec<&dyn SignatureVerificationAlgorithm> {
    let has = |algorithm: &&&dyn SignatureVerificationAlgorithm| {
        algorithm.public_key_alg_id() != alg_id::ECDSA_P521 && algorithm.signature_alg_id() != alg_id::ECDSA_SHA512
    };
    all.iter().filter(has).copied().collect()
}

/// A point of an elliptic curve that ring does not read; aws-lc-rs does.
pub(super) fn has_compressed_point(link: &Link) -> bool {
    let point = || {
        let mut info = sequence(&link.key)?;
        info.read(SEQUENCE)?;
        info.read(BIT_STRING)?.get(1).copied()
    };
    matches!(link.strength, Key::Ec(_)) && matches!(point(), Some(2 | 3))
}

pub(super) fn is_beyond_ring(link: &Link) -> bool {
    link.strength == Key::Ec(521) || (link.signer == Wants::Ec && link.digest == Digest::Sha512)
}
