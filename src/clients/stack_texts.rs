//! What each TLS stack says of a certificate it refuses: the innermost, stable part of what its clients print.
//!
//! Every function answers for a name mismatch or a bad chain, and `None` for anything else and for what the stack
//! accepts. Names come from the certificate and may hold any character: renderers escape them. `…` stands for words that
//! depend on the moment (times, addresses) or that were not established.

pub(super) mod rustls;

use super::Symptom;
use crate::facts::{ChainProblem, Host, SubjectAltName};

/// How many names of a certificate are quoted.
const NAMES: usize = 5;

/// Node's `tls` module (`lib/tls.js`, `checkServerIdentity`, 20.20): the `code`, then the message.
pub(super) fn node(symptom: &Symptom<'_>) -> Option<String> {
    match symptom {
        Symptom::NameMismatch { verified, names, common_name } => {
            let reason = node_name(verified, names, *common_name);
            Some(format!("ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: {reason}"))
        }
        Symptom::Chain { problem, self_signed, root_sent } => Some(
            match problem {
                ChainProblem::UnknownIssuer if *self_signed => "DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate",
                ChainProblem::UnknownIssuer if *root_sent => {
                    "SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate in certificate chain"
                }
                ChainProblem::UnknownIssuer => {
                    "UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate"
                }
                ChainProblem::Expired => "CERT_HAS_EXPIRED: certificate has expired",
                ChainProblem::NotYetValid => "CERT_NOT_YET_VALID: certificate is not yet valid",
                ChainProblem::Usage => "INVALID_PURPOSE: unsuitable certificate purpose",
                ChainProblem::CaAsLeaf => return None,
                ChainProblem::Other => "UNSPECIFIED: …",
            }
            .to_owned(),
        ),
        _ => None,
    }
}

fn node_name(verified: &Host, names: &[SubjectAltName], common_name: Option<&str>) -> String {
    let Host::Name(host) = verified else {
        return format!("IP: {verified} is not in the cert's list: {}", listed(ips(names), ", "));
    };
    let host = host.trim_end_matches('.');
    match common_name {
        _ if dns(names).next().is_some() => {
            let all = names.iter().map(|name| match name {
                SubjectAltName::Ip(ip) => format!("IP Address:{ip}"),
                other => other.to_string(),
            });
            format!("Host: {host}. is not in the cert's altnames: {}", listed(all, ", "))
        }
        Some(common_name) => format!("Host: {host}. is not cert's CN: {common_name}"),
        None => "Cert does not contain a DNS name".to_owned(),
    }
}

/// `CPython`'s `ssl` over OpenSSL (3.11).
pub(super) fn python(symptom: &Symptom<'_>) -> Option<String> {
    let reason = match symptom {
        Symptom::NameMismatch { verified, .. } => {
            let kind = if verified.ip().is_some() { "IP address" } else { "Hostname" };
            format!("{kind} mismatch, certificate is not valid for '{verified}'.")
        }
        _ => openssl_chain(symptom)?.to_owned(),
    };
    Some(format!("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason}"))
}

/// Ruby's `openssl` (3.1): one word for names and addresses alike.
pub(super) fn ruby(symptom: &Symptom<'_>) -> Option<String> {
    let reason = match symptom {
        Symptom::NameMismatch { .. } => "hostname mismatch",
        _ => openssl_chain(symptom)?,
    };
    Some(format!("SSL_connect returned=1 errno=0 peeraddr=… state=error: certificate verify failed ({reason})"))
}

/// OpenSSL's own words (`X509_verify_cert_error_string`, 3.0).
fn openssl_chain(symptom: &Symptom<'_>) -> Option<&'static str> {
    let Symptom::Chain { problem, self_signed, root_sent } = symptom else { return None };
    Some(match problem {
        ChainProblem::UnknownIssuer if *self_signed => "self-signed certificate",
        ChainProblem::UnknownIssuer if *root_sent => "self-signed certificate in certificate chain",
        ChainProblem::UnknownIssuer => "unable to get local issuer certificate",
        ChainProblem::Expired => "certificate has expired",
        ChainProblem::NotYetValid => "certificate is not yet valid",
        ChainProblem::Usage => "unsuitable certificate purpose",
        ChainProblem::CaAsLeaf => return None,
        ChainProblem::Other => "…",
    })
}

/// Go's `crypto/x509` (`HostnameError.Error`, 1.24).
pub(super) fn go(symptom: &Symptom<'_>) -> Option<String> {
    let reason = match symptom {
        Symptom::NameMismatch { verified, names, common_name } => go_name(verified, names, *common_name),
        Symptom::Chain { problem, .. } => match problem {
            ChainProblem::UnknownIssuer => "certificate signed by unknown authority".to_owned(),
            ChainProblem::Expired | ChainProblem::NotYetValid => {
                "certificate has expired or is not yet valid: …".to_owned()
            }
            ChainProblem::Usage => "certificate specifies an incompatible key usage".to_owned(),
            ChainProblem::CaAsLeaf => return None,
            ChainProblem::Other => "…".to_owned(),
        },
        _ => return None,
    };
    Some(format!("tls: failed to verify certificate: x509: {reason}"))
}

fn go_name(verified: &Host, names: &[SubjectAltName], common_name: Option<&str>) -> String {
    let wanted = verified.to_string();
    if names.is_empty() && common_name.is_some_and(|name| name.eq_ignore_ascii_case(&wanted)) {
        return "certificate relies on legacy Common Name field, use SANs instead".to_owned();
    }
    let valid = if verified.ip().is_some() { listed(ips(names), ", ") } else { listed(dns(names), ", ") };
    match (valid.is_empty(), verified.ip()) {
        (true, Some(_)) => {
            format!("cannot validate certificate for {wanted} because it doesn't contain any IP SANs")
        }
        (true, None) => format!("certificate is not valid for any names, but wanted to match {wanted}"),
        (false, _) => format!("certificate is valid for {valid}, not {wanted}"),
    }
}

/// JSSE's `HostnameChecker` and `PKIXValidator` (JDK 17).
pub(super) fn jsse(symptom: &Symptom<'_>) -> Option<String> {
    match symptom {
        Symptom::NameMismatch { verified, names, .. } => Some(match verified {
            Host::Ip(_) if names.is_empty() => "No subject alternative names present".to_owned(),
            Host::Ip(ip) => format!("No subject alternative names matching IP address {ip} found"),
            Host::Name(name) if name.contains('_') => format!("Illegal given domain name: {name}"),
            Host::Name(name) if dns(names).next().is_none() => format!("No name matching {name} found"),
            Host::Name(name) => format!("No subject alternative DNS name matching {name} found."),
        }),
        Symptom::Chain { problem, .. } => Some(
            match problem {
                ChainProblem::UnknownIssuer => {
                    "PKIX path building failed: … unable to find valid certification path to requested target"
                }
                ChainProblem::Expired | ChainProblem::NotYetValid => {
                    "PKIX path validation failed: … validity check failed"
                }
                ChainProblem::Usage => "Extended key usage does not permit use for TLS server authentication",
                ChainProblem::CaAsLeaf => return None,
                ChainProblem::Other => "PKIX path validation failed: …",
            }
            .to_owned(),
        ),
        _ => None,
    }
}

/// PHP's stream layer (`ext/openssl/xp_ssl.c`, 8.2); the text is a PHP warning.
pub(super) fn php(symptom: &Symptom<'_>) -> Option<String> {
    match symptom {
        Symptom::NameMismatch { verified, names, common_name } => Some(match common_name {
            _ if dns(names).next().is_some() => {
                format!("Peer certificate subjectAltName did not match expected name `{verified}'")
            }
            Some(common_name) => {
                format!("Peer certificate CN=`{common_name}' did not match expected CN=`{verified}'")
            }
            None => "Unable to locate peer certificate CN".to_owned(),
        }),
        Symptom::Chain { problem: ChainProblem::CaAsLeaf, .. } => None,
        Symptom::Chain { .. } => Some("SSL operation failed with code 1. … certificate verify failed".to_owned()),
        _ => None,
    }
}

/// .NET's `SslStream`: flags rather than reasons, and no names.
pub(super) fn dotnet(symptom: &Symptom<'_>) -> Option<String> {
    let flag = match symptom {
        Symptom::NameMismatch { .. } => "RemoteCertificateNameMismatch",
        Symptom::Chain { problem: ChainProblem::CaAsLeaf, .. } => return None,
        Symptom::Chain { .. } => "RemoteCertificateChainErrors",
        _ => return None,
    };
    Some(format!("The remote certificate is invalid according to the validation procedure: {flag}"))
}

fn dns(names: &[SubjectAltName]) -> impl Iterator<Item = String> {
    names.iter().filter_map(|name| match name {
        SubjectAltName::Dns(dns) => Some(dns.clone()),
        _ => None,
    })
}

fn ips(names: &[SubjectAltName]) -> impl Iterator<Item = String> {
    names.iter().filter_map(|name| match name {
        SubjectAltName::Ip(ip) => Some(ip.clone()),
        _ => None,
    })
}

fn listed(names: impl Iterator<Item = String>, separator: &str) -> String {
    bounded(names).collect::<Vec<_>>().join(separator)
}

/// The first [`NAMES`], and `…` for what was left out.
fn bounded(names: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    names.enumerate().take(NAMES + 1).map(|(i, name)| if i < NAMES { name } else { "…".to_owned() })
}
