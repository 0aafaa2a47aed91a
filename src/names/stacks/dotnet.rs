//! .NET's `SslStream` on Linux: OpenSSL behind a shim, and flags instead of reasons.

use super::{
    Class, Flaw, Refusal, Says, Stack,
    Step::{self, Chain, Name},
    address, in_ascii,
    openssl::{self, Wildcard},
};
use crate::facts::{Certificate, CertificateChain, Host};

/// .NET on Linux; measured with 3.1, its names with the newest sources.
pub const DOTNET_LINUX: Stack = Stack { id: "dotnet-linux", name, chain, order: ORDER, says: Says::Joined(joined) };

/// `SslPolicyErrors` and `X509ChainStatusFlags` by value, which is how they are printed.
const ORDER: &[&[Step]] = &[&[
    Name,
    Chain(Flaw::LeafExpired),
    Chain(Flaw::IssuerExpired),
    Chain(Flaw::AnchorExpired),
    Chain(Flaw::NotYetValid),
    Chain(Flaw::AnchorNotYetValid),
    Chain(Flaw::Signature),
    Chain(Flaw::Usage),
    Chain(Flaw::UsageAny),
    Chain(Flaw::UsageEmpty),
    Chain(Flaw::IssuerUsage),
    Chain(Flaw::AnchorUsage),
    Chain(Flaw::RootSent),
    Chain(Flaw::SelfSigned),
    Chain(Flaw::NotACa),
    Chain(Flaw::AnchorNotACa),
    Chain(Flaw::AnchorNoSigning),
    Chain(Flaw::PathLength),
    Chain(Flaw::NameConstraints),
    Chain(Flaw::NoIssuer),
    Chain(Flaw::LeafIsAnchor),
    Chain(Flaw::OtherKeyId),
    Chain(Flaw::AnchorNotRoot),
    Chain(Flaw::CriticalExtension),
    Chain(Flaw::AnchorCriticalExtension),
]];

fn name(leaf: &Certificate, host: &Host) -> Option<Refusal> {
    let label = |label: &str| (1..=63).contains(&label.len());
    let parsed = host.ip().or_else(|| host.name().and_then(address::short_any_base).map(Into::into));
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

fn chain(flaw: Flaw, _: &CertificateChain) -> Option<Refusal> {
    use Flaw as F;
    let (class, status) = match flaw {
        F::LeafExpired | F::IssuerExpired | F::AnchorExpired => (Class::Expired, "NotTimeValid"),
        F::NotYetValid | F::AnchorNotYetValid => (Class::NotYetValid, "NotTimeValid"),
        F::Signature => (Class::Signature, "NotSignatureValid"),
        F::Usage | F::UsageAny | F::UsageEmpty | F::IssuerUsage | F::AnchorUsage => (Class::Usage, "NotValidForUsage"),
        F::RootSent => (Class::SelfSignedInChain, "UntrustedRoot"),
        F::SelfSigned => (Class::SelfSigned, "UntrustedRoot"),
        F::NotACa | F::AnchorNotACa | F::AnchorNoSigning => (Class::NotACa, "InvalidBasicConstraints"),
        F::PathLength => (Class::PathLength, "InvalidBasicConstraints"),
        F::NameConstraints => (Class::NameConstraints, "InvalidNameConstraints"),
        F::NoIssuer | F::LeafIsAnchor | F::OtherKeyId => (Class::UnknownIssuer, "PartialChain"),
        F::AnchorNotRoot => (Class::AnchorNotRoot, "PartialChain"),
        F::CriticalExtension | F::AnchorCriticalExtension => {
            (Class::CriticalExtension, "HasNotSupportedCriticalExtension")
        }
        _ => return None,
    };
    let text = format!("The remote certificate is invalid because of errors in the certificate chain: {status}");
    Some(Refusal::new(class, text))
}

/// With a wrong name only the kinds are told, without one the chain's flags (`SslStream.Implementation.cs`, since .NET 5).
fn joined(all: &[Refusal]) -> Refusal {
    let first = all[0].clone();
    match (first.class, all) {
        (Class::Name, [_, _, ..]) => {
            validation(Class::Name, "RemoteCertificateNameMismatch, RemoteCertificateChainErrors")
        }
        (Class::Name | Class::Reference, _) => first,
        (_, all) => {
            let status = |refusal: &Refusal| refusal.text.rsplit(' ').next().unwrap_or_default().to_owned();
            let further = all[1..].iter().map(status).collect::<Vec<_>>();
            let text = std::iter::once(first.text.clone()).chain(further).collect::<Vec<_>>().join(", ");
            Refusal { text, ..first }
        }
    }
}

fn validation(class: Class, flags: &str) -> Refusal {
    Refusal::new(class, format!("The remote certificate is invalid according to the validation procedure: {flags}"))
}
