//! rustls with webpki: rustls-webpki itself compares the names and judged the chain; here are rustls' words for it.

use rustls_pki_types::{CertificateDer, ServerName};
use webpki::{EndEntityCert, Error, InvalidNameContext};

use super::{Class, QUOTED, Refusal, Says, Stack};
use crate::facts::{Certificate, Flaw, FlawKind, Host, Verifier};

/// rustls 0.23 with aws-lc-rs.
pub const RUSTLS: Stack =
    Stack { id: "rustls", verifier: Verifier::Webpki, name, flaw: |flaw, _| chain(flaw), says: Says::First };

/// rustls 0.23 with ring, which has no P-521 and signs no P-256 key over SHA-512.
pub const RUSTLS_RING: Stack =
    Stack { id: "rustls-ring", verifier: Verifier::WebpkiRing, name, flaw: |flaw, _| chain(flaw), says: Says::First };

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

fn chain(flaw: &Flaw) -> Option<Refusal> {
    use FlawKind as K;
    let said = flaw.said.as_deref().unwrap_or_default();
    let invalid = |class, text: &str, debug: &str| Some(certificate(class, text, debug));
    match flaw.kind {
        K::Expired => invalid(Class::Expired, "certificate expired: verification time", "ExpiredContext {"),
        K::NotYetValid => {
            invalid(Class::NotYetValid, "certificate not valid yet: verification time", "NotValidYetContext {")
        }
        K::Usage => {
            let text = "certificate does not allow extended key usage for server authentication";
            invalid(Class::Usage, text, "InvalidPurposeContext {")
        }
        K::NoIssuer => invalid(Class::UnknownIssuer, "UnknownIssuer", "UnknownIssuer"),
        K::SelfSigned => invalid(Class::SelfSigned, "UnknownIssuer", "UnknownIssuer"),
        K::RootSent => invalid(Class::SelfSignedInChain, "UnknownIssuer", "UnknownIssuer"),
        K::DatesSwapped => invalid(Class::Expired, "Expired", "Expired"),
        K::Signature => invalid(Class::Signature, "BadSignature", "BadSignature"),
        // The handshake's own signature.
        K::WeakKey => invalid(Class::Key, "BadSignature", "BadSignature"),
        K::Algorithm if said == "HandshakeFailure" => Some(displayed(
            Class::Algorithm,
            "received fatal alert: HandshakeFailure",
            "AlertReceived(HandshakeFailure)",
        )),
        K::Algorithm => {
            let (name, _) = said.split_once([' ', '(']).unwrap_or((said, ""));
            let text = format!("{name} {{");
            invalid(Class::Algorithm, &text, &text)
        }
        kind => Some(other(class(kind), said)),
    }
}

fn class(kind: FlawKind) -> Class {
    use FlawKind as K;
    match kind {
        K::CaAsLeaf => Class::CaAsLeaf,
        K::NotACa => Class::NotACa,
        K::UsageEmpty => Class::Usage,
        K::NotPermitted | K::ConstraintsUnread => Class::NameConstraints,
        K::PathLength | K::TooLong => Class::PathLength,
        K::CriticalExtension => Class::CriticalExtension,
        _ => Class::Malformed,
    }
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
