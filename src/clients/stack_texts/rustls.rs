//! What rustls says (0.23, `rustls/src/error.rs`), with the names as webpki prints them.

use super::{bounded, listed};
use crate::{
    clients::Symptom,
    facts::{ChainProblem, Host, SubjectAltName},
};

/// rustls as it displays itself (`rustls::Error`, 0.23).
pub(in crate::clients) fn displayed(symptom: &Symptom<'_>) -> Option<String> {
    let reason = match symptom {
        Symptom::NameMismatch { verified, names, .. } => {
            let valid = match presented(names).as_slice() {
                [] => "not valid for any names (according to its subjectAltName extension)".to_owned(),
                [one] => format!("only valid for {one}"),
                [rest @ .., last] => format!("only valid for {} or {last}", rest.join(", ")),
            };
            format!("certificate not valid for name \"{verified}\"; certificate is {valid}")
        }
        Symptom::Chain { problem, .. } => chain(*problem).0.to_owned(),
        _ => return None,
    };
    Some(format!("invalid peer certificate: {reason}"))
}

/// rustls as its `Debug` prints it, for clients that print that.
pub(in crate::clients) fn debug(symptom: &Symptom<'_>) -> Option<String> {
    let reason = match symptom {
        Symptom::NameMismatch { verified, names, .. } => {
            let presented = listed(presented(names).iter().map(|name| format!("{name:?}")), ", ");
            format!("NotValidForNameContext {{ expected: {}, presented: [{presented}] }}", server_name(verified))
        }
        Symptom::Chain { problem, .. } => chain(*problem).1.to_owned(),
        _ => return None,
    };
    Some(format!("InvalidCertificate({reason})"))
}

/// What a bad chain is called: displayed, and in `Debug`.
fn chain(problem: ChainProblem) -> (&'static str, &'static str) {
    match problem {
        ChainProblem::UnknownIssuer => ("UnknownIssuer", "UnknownIssuer"),
        ChainProblem::Expired => ("certificate expired: …", "ExpiredContext { … }"),
        ChainProblem::NotYetValid => ("certificate not valid yet: …", "NotValidYetContext { … }"),
        ChainProblem::CaAsLeaf => ("Other(OtherError(CaUsedAsEndEntity))", "Other(OtherError(CaUsedAsEndEntity))"),
        ChainProblem::Usage => (
            "certificate does not allow extended key usage for server authentication, …",
            "InvalidPurposeContext { … }",
        ),
        ChainProblem::Other => ("…", "…"),
    }
}

/// The names as webpki's `GeneralName` prints them.
fn presented(names: &[SubjectAltName]) -> Vec<String> {
    let shown = names.iter().map(|name| match name {
        SubjectAltName::Dns(name) => format!("DnsName(\"{name}\")"),
        SubjectAltName::Ip(ip) => format!("IpAddress({ip})"),
        SubjectAltName::Uri(uri) => format!("UniformResourceIdentifier(\"{uri}\")"),
        SubjectAltName::Email(_) | SubjectAltName::Other(_) => "Unsupported(…)".to_owned(),
    });
    bounded(shown).collect()
}

/// A `ServerName` of rustls-pki-types as its `Debug` prints it.
fn server_name(host: &Host) -> String {
    match host {
        Host::Name(name) => format!("DnsName({name:?})"),
        Host::Ip(std::net::IpAddr::V4(v4)) => format!("IpAddress(V4(Ipv4Addr({:?})))", v4.octets()),
        Host::Ip(std::net::IpAddr::V6(v6)) => format!("IpAddress(V6(Ipv6Addr({:?})))", v6.octets()),
    }
}
