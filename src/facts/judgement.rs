//! What each verifier of certificates meets on the way to an anchor, in the order in which it meets it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way of verifying a chain. Stacks that share one differ in what they mind and in what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verifier {
    /// OpenSSL's `X509_verify_cert`, with its default flags: a path ends at a self-signed anchor.
    OpenSsl,
    /// The same with `X509_V_FLAG_PARTIAL_CHAIN`: any certificate of the bundle is an anchor.
    PartialChain,
    /// OpenSSL 1.1.1 as .NET on Linux calls it.
    DotNet,
    /// Go's `crypto/x509`, of 1.19.
    #[serde(rename = "go-1.19")]
    Go19,
    /// The same, of 1.23.
    Go,
    /// The JDK's `PKIXValidator`, of 17.
    #[serde(rename = "java-17")]
    Java17,
    /// The same, of 25.
    Java,
    /// rustls-webpki with aws-lc-rs, which is asked itself.
    Webpki,
    /// rustls-webpki with ring, which has fewer algorithms.
    WebpkiRing,
}

impl Verifier {
    /// Each of them.
    pub const ALL: [Verifier; 9] = [
        Verifier::OpenSsl,
        Verifier::PartialChain,
        Verifier::DotNet,
        Verifier::Go19,
        Verifier::Go,
        Verifier::Java17,
        Verifier::Java,
        Verifier::Webpki,
        Verifier::WebpkiRing,
    ];
}

/// What one verifier came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Who.
    pub by: Verifier,
    /// What it met, in its order. Never without [`Step::Names`].
    pub steps: Vec<Step>,
    /// Fingerprint of the anchor at the end of the path that it took; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
}

/// One thing that a verifier comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Here it compares the names of the leaf with the host, if it does at all.
    Names,
    /// Something it may not like.
    Flaw(Flaw),
}

/// Something that some verifiers do not like about a certificate of the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flaw {
    /// What.
    pub kind: FlawKind,
    /// Of which certificate.
    pub at: Place,
    /// The verifier's own words, where it was asked itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Flaw {
    /// A flaw of a certificate.
    pub fn new(kind: FlawKind, at: Place) -> Self {
        Flaw { kind, at, said: None }
    }
}

/// A certificate by its place on the path that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The server's own.
    Leaf,
    /// An intermediate: its index in what was sent, leaf first, so that it is never zero.
    Sent(usize),
    /// A certificate of the bundle: the anchor, or one on the way to it.
    Anchor,
}

/// What may be wrong with a certificate. The numbers are OpenSSL's (`X509_V_ERR_*`), where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlawKind {
    /// Nobody who is known signed it (20).
    NoIssuer,
    /// The same, told again when its signature is to be verified (21).
    Unverified,
    /// The leaf signed itself and is no anchor (18).
    SelfSigned,
    /// The path ends at a root that was sent and is no anchor (19).
    RootSent,
    /// The path ends at an anchor that is no root (2).
    AnchorNotRoot,
    /// An anchor has the issuer's name and another key.
    OtherAnchor,
    /// Past its end date (10).
    Expired,
    /// Its end date is this very second, which OpenSSL takes for past before 4.0.
    ExpiresNow,
    /// Before its start date (9).
    NotYetValid,
    /// It ends before it begins.
    DatesSwapped,
    /// extendedKeyUsage names purposes, but neither the one wanted nor any (26).
    Usage,
    /// It names any purpose, and not the one wanted.
    UsageAny,
    /// It is there and names none.
    UsageEmpty,
    /// keyUsage (or nsCertType) that fits no key exchange at all (26).
    KeyUsage,
    /// An issuer that is none for this purpose (26).
    Unsuitable,
    /// keyUsage without digitalSignature, which TLS 1.3 and every ephemeral key exchange need.
    NoSignatures,
    /// CA:TRUE in the leaf.
    CaAsLeaf,
    /// X.509 version 1 or 2 where 3 is wanted.
    Version,
    /// An issuer that is no CA (79).
    NotACa,
    /// A CA by custom alone: version 1, or keyUsage without basicConstraints (79, strict).
    CaByCustom,
    /// An issuer of version 3 without basicConstraints.
    NoConstraints,
    /// An issuer whose keyUsage has no keyCertSign (32).
    NoSigning,
    /// basicConstraints of an issuer that is not critical (89, strict).
    ConstraintsNotCritical,
    /// An issuer without keyUsage (92, strict).
    NoKeyUsage,
    /// keyCertSign in a certificate that is no CA (strict).
    LeafSigns,
    /// More intermediates than allowed (25).
    PathLength,
    /// More certificates than the verifier follows (22).
    TooLong,
    /// A name outside of an issuer's permitted names (47).
    NotPermitted,
    /// A name inside of an issuer's excluded names (48).
    Excluded,
    /// Name constraints of a kind that the verifier cannot hold names against.
    ConstraintsUnread,
    /// A critical extension that the verifier does not know (34).
    CriticalExtension,
    /// A signature that does not fit (7).
    Signature,
    /// A key below 80 bits of security, RSA below 1024 (66, 67).
    ShortKey,
    /// A key below the verifier's bound; for OpenSSL 112 bits of security, RSA below 2048 (66, 67).
    WeakKey,
    /// Signed over MD5 or SHA-1 (68).
    WeakDigest,
    /// A key or signature algorithm that the verifier does not have.
    Algorithm,
    /// Empty subject, and alternative names that are not critical.
    NamesNotCritical,
    /// A certificate before the root without authorityKeyIdentifier (85, strict).
    NoAuthorityKeyId,
    /// A CA without subjectKeyIdentifier (86, strict).
    NoSubjectKeyId,
    /// subjectAltName without an entry (strict, and refused when parsed by some).
    NamesEmpty,
    /// A CA with an empty subject, or anyone without other names (strict).
    EmptyName,
    /// An empty issuer (strict).
    EmptyIssuer,
    /// A path length in a certificate that is no CA (strict).
    PathLengthOfLeaf,
    /// A path length in a certificate whose keyUsage has no keyCertSign (strict).
    PathLengthWithoutSigning,
    /// A signature algorithm outside of what is signed that is not the one inside (strict, and a signature that does not fit).
    AlgorithmsDiffer,
    /// A critical authorityKeyIdentifier (strict).
    AuthorityKeyIdCritical,
    /// A critical subjectKeyIdentifier (strict).
    SubjectKeyIdCritical,
    /// Extensions in a certificate of version 1 or 2 (strict).
    ExtensionsTooEarly,
    /// A proxy certificate (40).
    Proxy,
    /// A name that cannot be held against a constraint of its kind (53).
    NameUnread,
    /// A dNSName, URI or rfc822Name whose octets are not ASCII.
    MalformedName,
    /// An iPAddress of neither four nor sixteen octets.
    MalformedIp,
    /// A serial number below zero.
    NegativeSerial,
    /// A certificate policy is required, and none is left (43).
    Policy,
    /// Anything else that this verifier does not read.
    Unread,
}

impl fmt::Display for FlawKind {
    /// The code, as in saved snapshots.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
