//! What each defect is, in a few words that follow its subject.

use super::Code;
use crate::facts::FlawKind;

impl Code {
    /// In a few words: `has expired`.
    pub fn words(self) -> &'static str {
        match self {
            Code::Check(code) => of_check(code),
            Code::Flaw(kind) => of_flaw(kind),
        }
    }
}

fn of_check(code: &str) -> &'static str {
    match code {
        "san-mismatch" => "the certificate does not speak for it",
        "ip-in-dns-san" => "stands in the certificate as a DNS name, where clients do not look for an address",
        "common-name-only" => "has no alternative name: Go and rustls do not look at the common name",
        "certificate-expired" => "has expired",
        "certificate-not-yet-valid" => "is not valid yet",
        "certificate-expires-soon" => "expires soon",
        "issuer-expires-first" => "expires before what it issued",
        "ca-as-leaf" => "is marked as a CA, which rustls refuses of a server",
        "x509-v1" => "is X.509 version 1, which rustls and Go refuse",
        "weak-signature" => "is signed over MD5 or SHA-1",
        "weak-key" => "has a key that is too short",
        "chain-incomplete" => "comes without its issuer: serve the intermediates behind the leaf",
        "chain-untrusted" => "was issued by nobody who is trusted",
        "chain-misordered" => "is sent before what it issued",
        "chain-superfluous" => "is sent and issued none of the others",
        "root-sent" => "is a root, which nobody needs to be sent",
        "client-usage-missing" => "is not for clients: a node shows it to the other nodes, too",
        _ => "",
    }
}

fn of_flaw(kind: FlawKind) -> &'static str {
    use FlawKind as K;
    match kind {
        K::NoIssuer | K::Unverified => "was issued by nobody who is trusted",
        K::SelfSigned => "signed itself, and is not trusted",
        K::RootSent => "is the root, and not trusted",
        K::AnchorNotRoot => "is trusted, but no root: OpenSSL wants the root as well",
        K::OtherAnchor => "has the name of a trusted CA, and another key",
        K::Expired | K::ExpiresNow => "has expired",
        K::NotYetValid => "is not valid yet",
        K::DatesSwapped => "ends before it begins",
        K::Usage => "extendedKeyUsage does not allow it",
        K::UsageAny => "extendedKeyUsage names any usage and not the one wanted",
        K::UsageEmpty => "extendedKeyUsage names no usage",
        K::Unsuitable => "is an issuer that is not for this purpose",
        K::KeyUsage => "keyUsage fits no key exchange",
        K::NoSignatures => "keyUsage lacks digitalSignature",
        K::CaAsLeaf => "is marked as a CA",
        K::Version => "is not X.509 version 3",
        K::NotACa => "issued another and is no CA",
        K::CaByCustom => "is a CA by custom alone, without basicConstraints (Python 3.13 minds)",
        K::NoConstraints => "is an issuer without basicConstraints",
        K::NoSigning => "is an issuer, and its keyUsage lacks keyCertSign",
        K::ConstraintsNotCritical => "its basicConstraints are not critical (Python 3.13 minds)",
        K::NoKeyUsage => "is a CA without keyUsage (Python 3.13 minds)",
        K::LeafSigns => "has keyCertSign and is no CA",
        K::PathLength => "allows fewer intermediates",
        K::TooLong => "the chain is longer than some follow",
        K::NotPermitted => "a name lies outside of what an issuer may sign",
        K::Excluded => "a name lies inside of what an issuer may not sign",
        K::ConstraintsUnread => "its name constraints are of a kind that some cannot read",
        K::CriticalExtension => "has a critical extension that some do not know",
        K::Signature => "its signature does not fit the issuer's key",
        K::WeakKey | K::ShortKey => "has a key that is too short",
        K::WeakDigest => "is signed over MD5 or SHA-1",
        K::Algorithm => "has an algorithm that some do not know",
        K::NamesNotCritical => "has no subject, and alternative names that are not critical",
        K::NoAuthorityKeyId => "lacks authorityKeyIdentifier (Python 3.13 minds)",
        K::NoSubjectKeyId => "is a CA without subjectKeyIdentifier (Python 3.13 minds)",
        K::NamesEmpty => "has subjectAltName without an entry",
        K::EmptyIssuer => "has no issuer's name",
        K::PathLengthOfLeaf => "has a path length and is no CA (Python 3.13 minds)",
        K::PathLengthWithoutSigning => "has a path length without keyCertSign (Python 3.13 minds)",
        K::AlgorithmsDiffer => "names two signature algorithms",
        K::AuthorityKeyIdCritical => "its authorityKeyIdentifier is critical (Python 3.13 minds)",
        K::SubjectKeyIdCritical => "its subjectKeyIdentifier is critical (Python 3.13 minds)",
        K::ExtensionsTooEarly => "has extensions before X.509 version 3 (Python 3.13 minds)",
        K::Proxy => "is a proxy certificate",
        K::NameUnread => "holds a name that cannot be held against an issuer's constraint",
        K::Policy => "a certificate policy is required, and none is left",
        K::EmptyName => "is a CA without a name, or has no issuer's name",
        K::MalformedName => "holds a name that is not ASCII",
        K::MalformedIp => "holds an IP entry that is no address",
        K::NegativeSerial => "has a serial number below zero",
        K::Unread => "is not read, or not taken, by every stack",
    }
}
