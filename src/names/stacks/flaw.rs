//! What is wrong with a chain, one flaw at a time: rustls-webpki's verdict taken apart, since other stacks come to the same
//! flaws in another order, or do not mind them.

use crate::facts::{Certificate, CertificateChain, ChainProblem, ChainVerdict};

/// One flaw of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Signed by itself, and no anchor.
    SelfSigned,
    /// No anchor signed it; the root was sent along.
    RootSent,
    /// No anchor signed it.
    NoIssuer,
    /// The anchor is no root.
    AnchorNotRoot,
    /// The leaf is past its end date.
    LeafExpired,
    /// An intermediate is past its end date.
    IssuerExpired,
    /// Before its start date.
    NotYetValid,
    /// extendedKeyUsage without serverAuth.
    Usage,
    /// keyUsage that fits no key exchange at all.
    KeyUsage,
    /// keyUsage without digitalSignature, which TLS 1.3 and every ephemeral key exchange need.
    NoSignatures,
    /// CA:TRUE in the leaf.
    CaAsLeaf,
    /// X.509 version 1 where rustls-webpki wants 3.
    Version,
    /// An issuer is no CA.
    NotACa,
    /// More intermediates than allowed.
    PathLength,
    /// A name outside of an issuer's constraints.
    NameConstraints,
    /// A critical extension that rustls-webpki does not know.
    CriticalExtension,
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
    /// Anything else that rustls-webpki does not take.
    Unread,
}

/// All that is known to be wrong. rustls-webpki names one flaw, and comes to the dates, the usage and CA:TRUE before it looks
/// for the issuer; what it did not come to is read off the certificates.
pub(super) fn flaws(chain: &CertificateChain) -> Vec<Flaw> {
    let mut flaws = match &chain.verdict {
        ChainVerdict::Trusted { anchor_self_issued: true, .. } => Vec::new(),
        ChainVerdict::Trusted { .. } => vec![Flaw::AnchorNotRoot],
        ChainVerdict::Untrusted { problem, text, leads_to_anchor, .. } => {
            untrusted(chain, *problem, text, *leads_to_anchor)
        }
    };
    if weak_key(&chain.leaf) {
        flaws.push(Flaw::WeakLeafKey);
    }
    if let Some(usages) = &chain.leaf.key_usages {
        let lacks = |wanted: &[&str]| !usages.iter().any(|usage| wanted.contains(&usage.as_str()));
        let exchange = ["digitalSignature", "keyEncipherment", "keyAgreement"];
        flaws.extend(lacks(&exchange).then_some(Flaw::KeyUsage));
        flaws.extend(lacks(&exchange[..1]).then_some(Flaw::NoSignatures));
    }
    flaws
}

fn untrusted(chain: &CertificateChain, problem: ChainProblem, text: &str, leads: bool) -> Vec<Flaw> {
    let mut flaws = vec![match problem {
        ChainProblem::UnknownIssuer => missing_issuer(chain),
        ChainProblem::Expired => expired(chain),
        ChainProblem::NotYetValid => Flaw::NotYetValid,
        ChainProblem::CaAsLeaf => Flaw::CaAsLeaf,
        ChainProblem::Usage => Flaw::Usage,
        ChainProblem::Other => other(chain, text),
    }];
    // A signature, a constraint or a path length is judged on a path that leads to an anchor.
    let judged_first = !matches!(problem, ChainProblem::UnknownIssuer | ChainProblem::Other);
    if !leads && (judged_first || flaws.contains(&Flaw::Version)) {
        flaws.push(missing_issuer(chain));
    }
    if refuses_servers(chain) && !flaws.contains(&Flaw::Usage) {
        flaws.push(Flaw::Usage);
    }
    if chain.leaf.is_ca && !flaws.contains(&Flaw::CaAsLeaf) {
        flaws.push(Flaw::CaAsLeaf);
    }
    flaws
}

/// Only where the extension names purposes and neither serverAuth nor any: that much all stacks refuse.
fn refuses_servers(chain: &CertificateChain) -> bool {
    let serves = |usages: &Vec<String>| usages.iter().any(|usage| usage == "serverAuth" || usage == "any");
    chain.leaf.usages.as_ref().is_some_and(|usages| !usages.is_empty() && !serves(usages))
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
        name if name.starts_with("UnsupportedSignatureAlgorithm") => {
            if chain.certificates().any(weak_digest) {
                Flaw::WeakDigest
            } else {
                Flaw::Algorithm
            }
        }
        _ => Flaw::Unread,
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
