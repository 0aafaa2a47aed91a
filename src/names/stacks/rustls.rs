//! rustls with webpki: rustls-webpki itself compares the names and judged the chain; here are rustls' words for it.

use rustls_pki_types::{CertificateDer, ServerName};
use webpki::{EndEntityCert, Error, InvalidNameContext};

use super::{
    Class, Flaw, QUOTED, Refusal, Says, Stack,
    Step::{self, Chain, Name},
};
use crate::facts::{Certificate, CertificateChain, ChainVerdict, Host};

/// rustls 0.23 with aws-lc-rs.
pub const RUSTLS: Stack = Stack { id: "rustls", name, chain, order: ORDER, says: Says::First };

/// rustls 0.23 with ring, which has no P-521 and signs no P-256 key over SHA-512.
pub const RUSTLS_RING: Stack = Stack { id: "rustls-ring", name, chain: chain_ring, order: ORDER, says: Says::First };

/// What rustls-webpki itself named comes first, whatever it is; then the name, then the handshake's own signature.
const ORDER: &[&[Step]] = &[&[
    Chain(Flaw::P521Key),
    Chain(Flaw::LeafExpired),
    Chain(Flaw::IssuerExpired),
    Chain(Flaw::NotYetValid),
    Chain(Flaw::Version),
    Chain(Flaw::CaAsLeaf),
    Chain(Flaw::Usage),
    Chain(Flaw::UsageAny),
    Chain(Flaw::UsageEmpty),
    Chain(Flaw::IssuerUsage),
    Chain(Flaw::NotACa),
    Chain(Flaw::PathLength),
    Chain(Flaw::NameConstraints),
    Chain(Flaw::CriticalExtension),
    Chain(Flaw::WeakDigest),
    Chain(Flaw::Algorithm),
    Chain(Flaw::EcdsaSha512),
    Chain(Flaw::WeakIssuerKey),
    Chain(Flaw::Signature),
    Chain(Flaw::OtherAnchor),
    Chain(Flaw::NoIssuer),
    Chain(Flaw::LeafIsAnchor),
    Chain(Flaw::RootSent),
    Chain(Flaw::SelfSigned),
    Chain(Flaw::Unread),
    Name,
    Chain(Flaw::WeakLeafKey),
]];

fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let reference = match host {
        Host::Ip(ip) => ServerName::from(*ip),
        Host::Name(name) => match ServerName::try_from(name.as_str()) {
            Ok(name) => name,
            Err(_) => return Some(displayed(Class::Reference, "invalid dns name", "InvalidDnsNameError")),
        },
    };
    let der = CertificateDer::from(leaf.der.as_slice());
    match EndEntityCert::try_from(&der).and_then(|leaf| leaf.verify_is_valid_for_subject_name(&reference)) {
        Ok(()) => None,
        Err(Error::CertNotValidForName(context)) => Some(mismatch(host, &context)),
        Err(error) => Some(other(Class::Malformed, &error.to_string())),
    }
}

/// `CertificateError::NotValidForNameContext`, displayed and in `Debug`.
fn mismatch(host: &Host, context: &InvalidNameContext) -> Refusal {
    let presented = &context.presented[..context.presented.len().min(QUOTED)];
    let cut = presented.len() < context.presented.len();
    let listed = match presented {
        [] => "not valid for any names (according to its subjectAltName extension)".to_owned(),
        [all @ .., last] if !cut && !all.is_empty() => format!("only valid for {} or {last}", all.join(", ")),
        all => format!("only valid for {}", all.join(", ")),
    };
    let quoted = presented.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let end = if cut { "" } else { "] })" };
    Refusal {
        class: Class::Name,
        code: None,
        text: format!("invalid peer certificate: certificate not valid for name \"{host}\"; certificate is {listed}"),
        debug: Some(format!(
            "InvalidCertificate(NotValidForNameContext {{ expected: {:?}, presented: [{quoted}{end}",
            context.expected
        )),
    }
}

fn chain_ring(flaw: Flaw, chain: &CertificateChain) -> Option<Refusal> {
    let unsupported = "UnsupportedSignatureAlgorithmContext";
    match flaw {
        // The server finds no certificate for what the client offers, and ends the handshake.
        Flaw::P521Key => Some(displayed(
            Class::Algorithm,
            "received fatal alert: HandshakeFailure",
            "AlertReceived(HandshakeFailure)",
        )),
        Flaw::EcdsaSha512 => Some(certificate(Class::Algorithm, unsupported, &format!("{unsupported} {{"))),
        flaw => self::chain(flaw, chain),
    }
}

fn chain(flaw: Flaw, chain: &CertificateChain) -> Option<Refusal> {
    let invalid = |class, text: &str, debug: &str| Some(certificate(class, text, debug));
    match flaw {
        Flaw::LeafExpired | Flaw::IssuerExpired if dates_swapped(chain) => {
            invalid(Class::Expired, "Expired", "Expired")
        }
        Flaw::LeafExpired | Flaw::IssuerExpired => {
            invalid(Class::Expired, "certificate expired: verification time", "ExpiredContext {")
        }
        Flaw::NotYetValid => {
            invalid(Class::NotYetValid, "certificate not valid yet: verification time", "NotValidYetContext {")
        }
        Flaw::UsageEmpty => Some(other(Class::Usage, said(chain))),
        Flaw::Usage | Flaw::UsageAny | Flaw::IssuerUsage => {
            let text = "certificate does not allow extended key usage for server authentication";
            invalid(Class::Usage, text, "InvalidPurposeContext {")
        }
        Flaw::NoIssuer | Flaw::LeafIsAnchor => invalid(Class::UnknownIssuer, "UnknownIssuer", "UnknownIssuer"),
        Flaw::RootSent => invalid(Class::SelfSignedInChain, "UnknownIssuer", "UnknownIssuer"),
        Flaw::SelfSigned => invalid(Class::SelfSigned, "UnknownIssuer", "UnknownIssuer"),
        Flaw::Signature | Flaw::OtherAnchor | Flaw::WeakIssuerKey | Flaw::WeakLeafKey => {
            let class = if matches!(flaw, Flaw::Signature | Flaw::OtherAnchor) { Class::Signature } else { Class::Key };
            invalid(class, "BadSignature", "BadSignature")
        }
        Flaw::CaAsLeaf => Some(other(Class::CaAsLeaf, "CaUsedAsEndEntity")),
        Flaw::Version => Some(other(Class::Malformed, "UnsupportedCertVersion")),
        Flaw::NotACa if said(chain) == "UnsupportedCertVersion" => Some(other(Class::Malformed, said(chain))),
        Flaw::NotACa => Some(other(Class::NotACa, said(chain))),
        Flaw::PathLength => Some(other(Class::PathLength, said(chain))),
        Flaw::NameConstraints => Some(other(Class::NameConstraints, said(chain))),
        Flaw::CriticalExtension => Some(other(Class::CriticalExtension, said(chain))),
        Flaw::WeakDigest | Flaw::Algorithm => {
            let text = said(chain).split([' ', '(']).next().unwrap_or_default();
            invalid(Class::Algorithm, text, &format!("{text} {{"))
        }
        Flaw::Unread => Some(other(Class::Malformed, said(chain))),
        _ => None,
    }
}

/// rustls-webpki's own words.
fn said(chain: &CertificateChain) -> &str {
    match &chain.verdict {
        ChainVerdict::Untrusted { text, .. } => text,
        ChainVerdict::Trusted { .. } => "",
    }
}

/// `InvalidCertValidity`.
fn dates_swapped(chain: &CertificateChain) -> bool {
    said(chain).starts_with("InvalidCertValidity")
}

/// What rustls has no error of its own for.
fn other(class: Class, error: &str) -> Refusal {
    let text = match error {
        "BadDer" | "BadDerTime" => "BadEncoding".to_owned(),
        error if error.starts_with("TrailingData") => "BadEncoding".to_owned(),
        error => format!("Other(OtherError({error}))"),
    };
    certificate(class, &text, &text)
}

fn certificate(class: Class, text: &str, debug: &str) -> Refusal {
    let end = if debug.ends_with('{') { "" } else { ")" };
    displayed(class, &format!("invalid peer certificate: {text}"), &format!("InvalidCertificate({debug}{end}"))
}

fn displayed(class: Class, text: &str, debug: &str) -> Refusal {
    Refusal { debug: Some(debug.to_owned()), ..Refusal::new(class, text) }
}
