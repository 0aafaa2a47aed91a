//! .NET's `SslStream` on Linux: OpenSSL behind a shim, and flags instead of reasons.

use std::net::{IpAddr, Ipv6Addr};

use super::{
    Class, Refusal, Says, Stack, address, in_ascii,
    openssl::{self, Wildcard},
};
use crate::facts::{Certificate, CertificateChain, Flaw, FlawKind, Host, Verifier, without_brackets};

/// .NET on Linux; measured with 3.1, its names with the newest sources.
pub const DOTNET_LINUX: Stack =
    Stack { id: "dotnet-linux", verifier: Verifier::DotNet, name, flaw: chain, says: Says::Joined(joined) };

fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let label = |label: &str| (1..=63).contains(&label.len());
    let parsed = host.ip().or_else(|| host.name().and_then(parsed));
    let speaks = match (parsed, host.name()) {
        // The shim: the octets, else any common name of the same text, whatever alternative names there are.
        (Some(ip), _) => {
            let typed = host.to_string();
            openssl::speaks_for(leaf, &Host::Ip(ip), Wildcard::Label) || leaf.common_names().any(|name| name == typed)
        }
        (None, Some(name)) if !super::without_dot(name).split('.').all(label) => {
            return Some(Refusal::new(Class::Reference, "IDN labels must be between 1 and 63 characters long."));
        }
        (None, _) => openssl::speaks_for(leaf, &in_ascii(host), Wildcard::Label),
    };
    (!speaks).then(|| validation(Class::Name, "RemoteCertificateNameMismatch"))
}

/// As `IPAddress.TryParse` takes it: in brackets, with a zone, short and in any base.
fn parsed(name: &str) -> Option<IpAddr> {
    let bare = without_brackets(name);
    let without_zone = bare.split_once('%').map_or(bare, |(ip, _)| ip);
    let v6 = without_zone.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    v6.or_else(|| address::short_any_base(name).map(IpAddr::from))
}

/// `X509ChainStatusFlags` (`MapVerifyErrorToChainStatus`).
fn chain(flaw: &Flaw, _: &CertificateChain) -> Option<Refusal> {
    use FlawKind as K;
    let (class, status) = match flaw.kind {
        K::Expired | K::ExpiresNow => (Class::Expired, "NotTimeValid"),
        K::NotYetValid => (Class::NotYetValid, "NotTimeValid"),
        K::Signature => (Class::Signature, "NotSignatureValid"),
        K::Usage => (Class::Usage, "NotValidForUsage"),
        K::RootSent => (Class::SelfSignedInChain, "UntrustedRoot"),
        K::SelfSigned => (Class::SelfSigned, "UntrustedRoot"),
        K::NotACa | K::NoSigning => (Class::NotACa, "InvalidBasicConstraints"),
        K::PathLength | K::TooLong => (Class::PathLength, "InvalidBasicConstraints"),
        K::NotPermitted | K::Excluded | K::ConstraintsUnread | K::NameUnread => {
            (Class::NameConstraints, "InvalidNameConstraints")
        }
        K::NoIssuer | K::Unverified => (Class::UnknownIssuer, "PartialChain"),
        K::AnchorNotRoot => (Class::AnchorNotRoot, "PartialChain"),
        K::CriticalExtension | K::Proxy => (Class::CriticalExtension, "HasNotSupportedCriticalExtension"),
        _ => return None,
    };
    let text = format!("The remote certificate is invalid because of errors in the certificate chain: {status}");
    Some(Refusal::new(class, text))
}

/// With a wrong name only the kinds are told, without one the chain's flags (`SslStream.Implementation.cs`, since .NET 5).
/// Name constraints made 3.1 give up before it came to either.
fn joined(mut all: Vec<Refusal>) -> Refusal {
    all.sort_by_key(|refusal| match refusal.class {
        Class::Reference => 0,
        Class::NameConstraints => 1,
        Class::Name => 2,
        Class::Signature => 3,
        Class::NotACa | Class::PathLength => 4,
        Class::Expired | Class::NotYetValid => 5,
        Class::UnknownIssuer | Class::SelfSigned | Class::SelfSignedInChain | Class::AnchorNotRoot => 6,
        Class::Usage => 7,
        _ => 8,
    });
    let first = all[0].clone();
    match (first.class, all.as_slice()) {
        (Class::Name, [_, _, ..]) => {
            validation(Class::Name, "RemoteCertificateNameMismatch, RemoteCertificateChainErrors")
        }
        (Class::Name | Class::Reference, _) => first,
        (_, all) => {
            let status = |refusal: &Refusal| refusal.text.rsplit(' ').next().unwrap_or_default().to_owned();
            let further = all[1..].iter().filter(|refusal| !refusal.class.is_name()).map(status).collect::<Vec<_>>();
            let text = std::iter::once(first.text.clone()).chain(further).collect::<Vec<_>>().join(", ");
            Refusal { text, ..first }
        }
    }
}

fn validation(class: Class, flags: &str) -> Refusal {
    Refusal::new(class, format!("The remote certificate is invalid according to the validation procedure: {flags}"))
}
