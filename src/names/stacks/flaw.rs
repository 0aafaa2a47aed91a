//! What is wrong with a chain, one flaw at a time: rustls-webpki's verdict taken apart, since other stacks come to the same
//! flaws in another order, or do not mind them.

use crate::facts::{AnchorOddity, Certificate, CertificateChain, ChainProblem, ChainVerdict, Namesake};

/// One flaw of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Signed by itself, and no anchor.
    SelfSigned,
    /// No anchor signed it; the root was sent along.
    RootSent,
    /// No anchor signed it.
    NoIssuer,
    /// Issued by somebody else, and an anchor itself.
    LeafIsAnchor,
    /// An anchor has the issuer's name and another key.
    OtherAnchor,
    /// Signed, but by a key of another name than authorityKeyIdentifier gives.
    OtherKeyId,
    /// The anchor is no root.
    AnchorNotRoot,
    /// The leaf is past its end date.
    LeafExpired,
    /// An intermediate is.
    IssuerExpired,
    /// The anchor is.
    AnchorExpired,
    /// The leaf or an intermediate is before its start date.
    NotYetValid,
    /// The anchor is.
    AnchorNotYetValid,
    /// The leaf's extendedKeyUsage names purposes, but neither serverAuth nor any.
    Usage,
    /// It names any purpose and no other.
    UsageAny,
    /// It is there and names none.
    UsageEmpty,
    /// An intermediate's names purposes, but neither serverAuth nor any.
    IssuerUsage,
    /// The anchor's does.
    AnchorUsage,
    /// keyUsage that fits no key exchange at all.
    KeyUsage,
    /// keyUsage without digitalSignature, which TLS 1.3 and every ephemeral key exchange need.
    NoSignatures,
    /// CA:TRUE in the leaf.
    CaAsLeaf,
    /// X.509 version 1, where rustls-webpki wants 3.
    Version,
    /// An intermediate is no CA.
    NotACa,
    /// The anchor is none.
    AnchorNotACa,
    /// The anchor has no basicConstraints.
    AnchorNoConstraints,
    /// The anchor's keyUsage has no keyCertSign.
    AnchorNoSigning,
    /// More intermediates than allowed.
    PathLength,
    /// A name outside of an issuer's constraints.
    NameConstraints,
    /// A critical extension that rustls-webpki does not know.
    CriticalExtension,
    /// One in the anchor.
    AnchorCriticalExtension,
    /// A signature that does not fit.
    Signature,
    /// The leaf's RSA key is below 2048 bits.
    WeakLeafKey,
    /// An issuer's is. rustls' providers take it for a signature that does not fit.
    WeakIssuerKey,
    /// Signed over MD5 or SHA-1.
    WeakDigest,
    /// A signature algorithm that rustls' providers do not have.
    Algorithm,
    /// The leaf's key is on P-521.
    P521Key,
    /// Signed by ECDSA over SHA-512.
    EcdsaSha512,
    /// The leaf has no subject, and names that are not critical.
    NamesNotCritical,
    /// keyCertSign in a leaf that is no CA.
    LeafSigns,
    /// A certificate before the anchor has no authorityKeyIdentifier.
    NoAuthorityKeyId,
    /// An intermediate has no keyUsage.
    IssuerNoKeyUsage,
    /// The anchor has none.
    AnchorNoKeyUsage,
    /// The anchor's basicConstraints is not critical.
    AnchorConstraintsNotCritical,
    /// The leaf's dNSName is not ASCII.
    MalformedDns,
    /// The leaf's iPAddress has neither four nor sixteen octets.
    MalformedIp,
    /// The leaf's serial number is below zero.
    NegativeSerial,
    /// Anything else that rustls-webpki does not take.
    Unread,
}

/// All that is known to be wrong. rustls-webpki names one flaw, and comes to the dates, the usage and CA:TRUE before it looks
/// for the issuer; what it did not come to is read off the certificates.
pub(super) fn flaws(chain: &CertificateChain) -> Vec<Flaw> {
    let (mut flaws, anchor) = match &chain.verdict {
        ChainVerdict::Trusted { anchor_self_issued, anchor_oddities, .. } => {
            ((!anchor_self_issued).then_some(Flaw::AnchorNotRoot).into_iter().collect(), anchor_oddities)
        }
        ChainVerdict::Untrusted { problem, text, leads_to_anchor, anchor_oddities, namesake, .. } => {
            let unsigned = if *leads_to_anchor { Vec::new() } else { unsigned(chain, *namesake) };
            (untrusted(chain, *problem, text, &unsigned), anchor_oddities)
        }
    };
    let own = own(chain).into_iter().filter(|(there, _)| *there).map(|(_, flaw)| flaw);
    flaws.extend(own.chain(anchor.iter().map(|oddity| of_anchor(*oddity))));
    flaws
}

/// What rustls-webpki says, and what it did not come to: `unsigned` is empty where the signatures lead to an anchor.
fn untrusted(chain: &CertificateChain, problem: ChainProblem, text: &str, unsigned: &[Flaw]) -> Vec<Flaw> {
    let first = match problem {
        ChainProblem::UnknownIssuer if unsigned.is_empty() => Flaw::LeafIsAnchor,
        ChainProblem::UnknownIssuer => return unsigned.iter().copied().chain(usage(&chain.leaf)).collect(),
        ChainProblem::Expired => expired(chain),
        ChainProblem::NotYetValid => Flaw::NotYetValid,
        ChainProblem::CaAsLeaf => Flaw::CaAsLeaf,
        ChainProblem::Usage => usage(&chain.leaf).unwrap_or(Flaw::IssuerUsage),
        ChainProblem::Other => other(chain, text),
    };
    // A constraint or a path length is judged on a path that leads to an anchor.
    let found = match first {
        Flaw::Signature if !unsigned.is_empty() => None,
        first => Some(first),
    };
    let judged_first = problem != ChainProblem::Other || matches!(first, Flaw::Version | Flaw::Signature);
    let unsigned = unsigned.iter().copied().filter(|_| judged_first);
    let usage = usage(&chain.leaf).filter(|flaw| *flaw != first);
    found.into_iter().chain(unsigned).chain(usage).collect()
}

/// Nobody who is trusted signed it. An anchor of the issuer's name OpenSSL takes for the issuer, and finds a signature that
/// does not fit; unless the key identifiers differ or the leaf signed itself, then there is no issuer at all.
fn unsigned(chain: &CertificateChain, namesake: Option<Namesake>) -> Vec<Flaw> {
    let missing = missing_issuer(chain);
    let taken = namesake == Some(Namesake::Fits) && missing != Flaw::SelfSigned;
    let other = namesake.is_some() && (!taken || missing == Flaw::RootSent);
    let issuer = if taken { Flaw::Signature } else { missing };
    std::iter::once(issuer).chain(other.then_some(Flaw::OtherAnchor)).collect()
}

/// What the leaf and the other certificates show by themselves.
fn own(chain: &CertificateChain) -> [(bool, Flaw); 12] {
    let leaf = &chain.leaf;
    let uses = |usages: &[&str]| {
        leaf.key_usages.as_ref().is_none_or(|own| own.iter().any(|own| usages.contains(&own.as_str())))
    };
    let issuers = || chain.rest.iter().filter(|certificate| !certificate.is_self_issued());
    let without_key_id = |certificate: &Certificate| certificate.version == 3 && certificate.authority_key_id.is_none();
    let signs = leaf.key_usages.as_ref().is_some_and(|own| own.iter().any(|usage| usage == "keyCertSign"));
    let negative = leaf.serial.starts_with(|c: char| c.to_digit(16).is_some_and(|digit| digit >= 8));
    let malformed_ip = super::ips(leaf).any(|ip| ip.parse::<std::net::IpAddr>().is_err());
    [
        (!uses(&["digitalSignature", "keyEncipherment", "keyAgreement"]), Flaw::KeyUsage),
        (!uses(&["digitalSignature"]), Flaw::NoSignatures),
        (weak_key(leaf), Flaw::WeakLeafKey),
        (leaf.key == "EC P-521", Flaw::P521Key),
        (std::iter::once(leaf).chain(issuers()).any(|c| c.signature == "ECDSA with SHA-512"), Flaw::EcdsaSha512),
        (signs && !leaf.is_ca, Flaw::LeafSigns),
        (!leaf.is_self_issued() && std::iter::once(leaf).chain(issuers()).any(without_key_id), Flaw::NoAuthorityKeyId),
        (issuers().any(|issuer| issuer.is_ca && issuer.key_usages.is_none()), Flaw::IssuerNoKeyUsage),
        (other_key_id(chain), Flaw::OtherKeyId),
        (leaf.subject.is_empty() && !leaf.names.is_empty() && !leaf.names_critical, Flaw::NamesNotCritical),
        (super::has_malformed_dns(leaf), Flaw::MalformedDns),
        (malformed_ip || negative, if malformed_ip { Flaw::MalformedIp } else { Flaw::NegativeSerial }),
    ]
}

/// Everybody who was sent and might have issued the leaf has another key than the leaf says.
fn other_key_id(chain: &CertificateChain) -> bool {
    let Some(wanted) = &chain.leaf.authority_key_id else { return false };
    let mut issuers = chain.rest.iter().filter(|issuer| issuer.subject == chain.leaf.issuer).peekable();
    issuers.peek().is_some() && issuers.all(|issuer| issuer.subject_key_id.as_ref().is_some_and(|id| id != wanted))
}

fn of_anchor(oddity: AnchorOddity) -> Flaw {
    match oddity {
        AnchorOddity::Expired => Flaw::AnchorExpired,
        AnchorOddity::NotYetValid => Flaw::AnchorNotYetValid,
        AnchorOddity::NotACa => Flaw::AnchorNotACa,
        AnchorOddity::NoBasicConstraints => Flaw::AnchorNoConstraints,
        AnchorOddity::BasicConstraintsNotCritical => Flaw::AnchorConstraintsNotCritical,
        AnchorOddity::NoKeyUsage => Flaw::AnchorNoKeyUsage,
        AnchorOddity::NoCertificateSigning => Flaw::AnchorNoSigning,
        AnchorOddity::NotForServers => Flaw::AnchorUsage,
        AnchorOddity::UnknownCriticalExtension => Flaw::AnchorCriticalExtension,
    }
}

fn usage(leaf: &Certificate) -> Option<Flaw> {
    let usages = leaf.usages.as_ref()?;
    let names = |usage: &str| usages.iter().any(|own| own == usage);
    match usages.is_empty() {
        true => Some(Flaw::UsageEmpty),
        false if names("serverAuth") => None,
        false if names("any") => Some(Flaw::UsageAny),
        false => Some(Flaw::Usage),
    }
}

fn missing_issuer(chain: &CertificateChain) -> Flaw {
    if chain.leaf.is_self_issued() {
        Flaw::SelfSigned
    } else if chain.rest.iter().any(Certificate::is_self_issued) {
        Flaw::RootSent
    } else {
        Flaw::NoIssuer
    }
}

/// Which one: an intermediate that ends before the leaf ends has, and then the leaf may not have.
fn expired(chain: &CertificateChain) -> Flaw {
    let issuer_first = chain.rest.iter().any(|issuer| issuer.not_after < chain.leaf.not_after);
    if issuer_first { Flaw::IssuerExpired } else { Flaw::LeafExpired }
}

/// By the name of rustls-webpki's error.
fn other(chain: &CertificateChain, text: &str) -> Flaw {
    let name = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    match name {
        "UnsupportedCertVersion" if chain.leaf.version < 3 => Flaw::Version,
        "UnsupportedCertVersion" | "EndEntityUsedAsCa" => Flaw::NotACa,
        "PathLenConstraintViolated" => Flaw::PathLength,
        "NameConstraintViolation" => Flaw::NameConstraints,
        "UnsupportedCriticalExtension" => Flaw::CriticalExtension,
        "InvalidSignatureForPublicKey" if chain.rest.iter().any(weak_key) => Flaw::WeakIssuerKey,
        "InvalidSignatureForPublicKey" => Flaw::Signature,
        "InvalidCertValidity" => expired(chain),
        name if !name.starts_with("UnsupportedSignatureAlgorithm") => Flaw::Unread,
        _ if chain.certificates().any(weak_digest) => Flaw::WeakDigest,
        _ => Flaw::Algorithm,
    }
}

/// A root's signature of itself counts nowhere.
fn weak_digest(certificate: &Certificate) -> bool {
    let weak = ["MD5", "SHA-1"].iter().any(|digest| certificate.signature.ends_with(digest));
    weak && !certificate.is_self_issued()
}

fn weak_key(certificate: &Certificate) -> bool {
    let bits = certificate.key.strip_prefix("RSA ").and_then(|bits| bits.parse::<u32>().ok());
    bits.is_some_and(|bits| bits < 2048)
}
