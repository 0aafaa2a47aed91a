//! Keys and signatures of certificates: their strength, and whether one made the other.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P256K1_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1,
    ECDSA_P521_SHA1_ASN1, ECDSA_P521_SHA224_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::{
    prelude::{AlgorithmIdentifier, FromDer, X509Certificate},
    public_key::PublicKey,
    signature_algorithm::RsaSsaPssParams,
    x509::SubjectPublicKeyInfo,
};

/// Whether a key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// It did.
    Yes,
    /// It did not.
    No,
    /// Nothing here can verify that algorithm (MD5, DSA), or read the key.
    Unknown,
}

/// A public key, as far as its kind and its strength go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Bits of the modulus.
    Rsa(u32),
    /// The same, for RSASSA-PSS alone.
    RsaPss(u32),
    /// Bits of the curve's order.
    Ec(u32),
    Ed25519,
    Ed448,
    /// Bits of the prime, within eight.
    Dsa(u32),
    /// Any other, or one that cannot be read.
    Other,
}

/// The digest that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    /// The algorithm has one of its own (`Ed25519`).
    Inherent,
    Unknown,
}

/// The kind of key that a signature algorithm wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// An RSA key.
    Rsa,
    /// An RSA key, or one for RSASSA-PSS alone.
    RsaPss,
    Ec,
    Dsa,
    Ed25519,
    Ed448,
    Unknown,
}

impl Key {
    pub(super) fn of(key: &SubjectPublicKeyInfo) -> Self {
        let parsed = key.parsed();
        match (key.algorithm.algorithm.to_id_string().as_str(), parsed) {
            ("1.2.840.113549.1.1.1", Ok(PublicKey::RSA(rsa))) => Key::Rsa(bits(rsa.modulus)),
            ("1.2.840.113549.1.1.10", _) => Key::RsaPss(pss_bits(key)),
            ("1.2.840.10045.2.1", _) => curve(&key.algorithm).map_or(Key::Other, Key::Ec),
            ("1.2.840.10040.4.1", Ok(PublicKey::DSA(y))) => Key::Dsa(bits(y).next_multiple_of(64)),
            ("1.3.101.112", _) => Key::Ed25519,
            ("1.3.101.113", _) => Key::Ed448,
            _ => Key::Other,
        }
    }

    /// RSA, the three curves that everybody has, or Ed25519.
    pub(super) fn is_usual(self) -> bool {
        matches!(self, Key::Rsa(_) | Key::Ec(P256 | P384 | P521) | Key::Ed25519)
    }

    /// Bits of security as OpenSSL counts them (`EVP_PKEY_get_security_bits`); 0 for what it cannot read.
    pub(super) fn security_bits(self) -> u32 {
        match self {
            Key::Rsa(bits) | Key::RsaPss(bits) | Key::Dsa(bits) => factoring_bits(bits),
            Key::Ec(order) => match order {
                512.. => 256,
                384.. => 192,
                256.. => 128,
                224.. => 112,
                160.. => 80,
                _ => order / 2,
            },
            Key::Ed25519 => 128,
            Key::Ed448 => 224,
            Key::Other => 0,
        }
    }

    /// The key can have made such a signature at all (`check_sig_alg_match` of OpenSSL's `v3_purp.c`).
    pub(super) fn fits(self, wants: Wants) -> bool {
        match self {
            Key::Rsa(_) => matches!(wants, Wants::Rsa | Wants::RsaPss),
            Key::RsaPss(_) => wants == Wants::RsaPss,
            Key::Ec(_) => wants == Wants::Ec,
            Key::Dsa(_) => wants == Wants::Dsa,
            Key::Ed25519 => wants == Wants::Ed25519,
            Key::Ed448 => wants == Wants::Ed448,
            Key::Other => false,
        }
    }
}

/// What a signature algorithm signs, and with which kind of key (RFC 3279, 4055, 5758, 8410).
pub(super) fn algorithm(algorithm: &AlgorithmIdentifier) -> (Digest, Wants) {
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => (Digest::Md5, Wants::Rsa),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => (Digest::Sha1, Wants::Rsa),
        "1.2.840.113549.1.1.14" => (Digest::Sha224, Wants::Rsa),
        "1.2.840.113549.1.1.11" => (Digest::Sha256, Wants::Rsa),
        "1.2.840.113549.1.1.12" => (Digest::Sha384, Wants::Rsa),
        "1.2.840.113549.1.1.13" => (Digest::Sha512, Wants::Rsa),
        "1.2.840.113549.1.1.10" => (pss_digest(algorithm), Wants::RsaPss),
        "1.2.840.10045.4.1" => (Digest::Sha1, Wants::Ec),
        "1.2.840.10045.4.3.1" => (Digest::Sha224, Wants::Ec),
        "1.2.840.10045.4.3.2" => (Digest::Sha256, Wants::Ec),
        "1.2.840.10045.4.3.3" => (Digest::Sha384, Wants::Ec),
        "1.2.840.10045.4.3.4" => (Digest::Sha512, Wants::Ec),
        "1.2.840.10040.4.3" => (Digest::Sha1, Wants::Dsa),
        "2.16.840.1.101.3.4.3.1" => (Digest::Sha224, Wants::Dsa),
        "2.16.840.1.101.3.4.3.2" => (Digest::Sha256, Wants::Dsa),
        "1.3.101.112" => (Digest::Inherent, Wants::Ed25519),
        "1.3.101.113" => (Digest::Inherent, Wants::Ed448),
        _ => (Digest::Unknown, Wants::Unknown),
    }
}

/// Whether the key made the certificate's signature. Weak algorithms are verified as well: some verifiers mind them, and
/// others do not.
pub(super) fn verify(certificate: &[u8], key: &[u8]) -> Signed {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Signed::Unknown };
    let Ok((_, info)) = SubjectPublicKeyInfo::from_der(key) else { return Signed::Unknown };
    let (digest, wants) = algorithm(&certificate.signature_algorithm);
    let Some(algorithm) = verification(digest, wants, Key::of(&info)) else { return Signed::Unknown };
    let key = UnparsedPublicKey::new(algorithm, &info.subject_public_key.data);
    match key.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data) {
        Ok(()) => Signed::Yes,
        Err(_) => Signed::No,
    }
}

fn verification(digest: Digest, wants: Wants, key: Key) -> Option<&'static dyn VerificationAlgorithm> {
    use Digest as D;
    Some(match (wants, key, digest) {
        (Wants::Rsa, Key::Rsa(1024..=8192), D::Sha1) => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (Wants::Rsa, Key::Rsa(1024..=8192), D::Sha256) => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (Wants::Rsa, Key::Rsa(2048..=8192), D::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        (Wants::Rsa, Key::Rsa(1024..=8192), D::Sha512) => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (Wants::RsaPss, Key::Rsa(2048..=8192) | Key::RsaPss(2048..=8192), D::Sha256) => &RSA_PSS_2048_8192_SHA256,
        (Wants::RsaPss, Key::Rsa(2048..=8192) | Key::RsaPss(2048..=8192), D::Sha384) => &RSA_PSS_2048_8192_SHA384,
        (Wants::RsaPss, Key::Rsa(2048..=8192) | Key::RsaPss(2048..=8192), D::Sha512) => &RSA_PSS_2048_8192_SHA512,
        (Wants::Ec, Key::Ec(P256), D::Sha1) => &ECDSA_P256_SHA1_ASN1,
        (Wants::Ec, Key::Ec(P256), D::Sha256) => &ECDSA_P256_SHA256_ASN1,
        (Wants::Ec, Key::Ec(P256), D::Sha384) => &ECDSA_P256_SHA384_ASN1,
        (Wants::Ec, Key::Ec(P256), D::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (Wants::Ec, Key::Ec(SECP256K1), D::Sha256) => &ECDSA_P256K1_SHA256_ASN1,
        (Wants::Ec, Key::Ec(P384), D::Sha256) => &ECDSA_P384_SHA256_ASN1,
        (Wants::Ec, Key::Ec(P384), D::Sha384) => &ECDSA_P384_SHA384_ASN1,
        (Wants::Ec, Key::Ec(P384), D::Sha512) => &ECDSA_P384_SHA512_ASN1,
        (Wants::Ec, Key::Ec(P521), D::Sha1) => &ECDSA_P521_SHA1_ASN1,
        (Wants::Ec, Key::Ec(P521), D::Sha224) => &ECDSA_P521_SHA224_ASN1,
        (Wants::Ec, Key::Ec(P521), D::Sha256) => &ECDSA_P521_SHA256_ASN1,
        (Wants::Ec, Key::Ec(P521), D::Sha384) => &ECDSA_P521_SHA384_ASN1,
        (Wants::Ec, Key::Ec(P521), D::Sha512) => &ECDSA_P521_SHA512_ASN1,
        (Wants::Ed25519, Key::Ed25519, _) => &ED25519,
        _ => return None,
    })
}

const P256: u32 = 256;
const P384: u32 = 384;
const P521: u32 = 521;
/// Its order has 256 bits as well; one more tells the curves apart and changes no strength.
const SECP256K1: u32 = 257;

fn curve(algorithm: &AlgorithmIdentifier) -> Option<u32> {
    let oid = algorithm.parameters()?.clone().oid().ok()?;
    Some(match oid.to_id_string().as_str() {
        "1.2.840.10045.3.1.7" => P256,
        "1.3.132.0.34" => P384,
        "1.3.132.0.35" => P521,
        "1.3.132.0.10" => SECP256K1,
        "1.2.840.10045.3.1.1" => 192,
        "1.3.132.0.33" => 224,
        "1.3.36.3.3.2.8.1.1.7" => 258,
        "1.3.36.3.3.2.8.1.1.11" => 385,
        "1.3.36.3.3.2.8.1.1.13" => 512,
        _ => return None,
    })
}

fn pss_digest(algorithm: &AlgorithmIdentifier) -> Digest {
    let Some(Ok(parameters)) = algorithm.parameters().map(RsaSsaPssParams::try_from) else { return Digest::Unknown };
    match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "1.3.14.3.2.26" => Digest::Sha1,
        "2.16.840.1.101.3.4.2.4" => Digest::Sha224,
        "2.16.840.1.101.3.4.2.1" => Digest::Sha256,
        "2.16.840.1.101.3.4.2.2" => Digest::Sha384,
        "2.16.840.1.101.3.4.2.3" => Digest::Sha512,
        _ => Digest::Unknown,
    }
}

/// The key's content is an `RSAPublicKey` here, too.
fn pss_bits(key: &SubjectPublicKeyInfo) -> u32 {
    use x509_parser::{asn1_rs::Sequence, public_key::RSAPublicKey};
    let octets = &key.subject_public_key.data;
    let modulus = Sequence::from_der(octets).ok().and_then(|_| RSAPublicKey::from_der(octets).ok());
    modulus.map_or(0, |(_, key)| bits(key.modulus))
}

/// Bits of a number, counted from its first set bit.
fn bits(octets: &[u8]) -> u32 {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let significant = &octets[first..];
    let unused = significant.first().map_or(0, |octet| octet.leading_zeros());
    u32::try_from(significant.len()).unwrap_or(u32::MAX / 8).saturating_mul(8) - unused
}

/// The estimate of NIST SP 800-56B for the number field sieve (`ossl_ifc_ffc_compute_security_bits`).
fn factoring_bits(bits: u32) -> u32 {
    match bits {
        ..8 => return 0,
        2048 => return 112,
        3072 => return 128,
        4096 => return 152,
        6144 => return 176,
        7680 => return 192,
        8192 => return 200,
        15360.. => return 256,
        _ => {}
    }
    let cap = if bits <= 7680 { 192 } else { 256 };
    let x = f64::from(bits) * std::f64::consts::LN_2;
    let work = (1.923 * x.cbrt() * x.ln().powi(2).cbrt() - 4.69) / std::f64::consts::LN_2;
    // To the nearest multiple of eight. Between 8 and 15360 bits this is a small number.
    let rounded = (1..=cap / 8).take_while(|eight| f64::from(eight * 8 - 4) <= work).last().unwrap_or(0) * 8;
    rounded.min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_is_counted_as_openssl_counts_it() {
        let rsa = |bits| Key::Rsa(bits).security_bits();
        assert_eq!([512, 1024, 1536, 2047, 2048, 3072, 16384].map(rsa), [56, 80, 96, 112, 112, 128, 256]);
        assert_eq!([192, 224, 256, 384, 521].map(|bits| Key::Ec(bits).security_bits()), [80, 112, 128, 192, 256]);
    }
}
