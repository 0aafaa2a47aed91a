//! What real TLS stacks said of certificates: the measured cases, and what a text is about.

use std::{collections::BTreeMap, fs, path::PathBuf};

use redis_doctor::{
    facts::{CertificateChain, Host, Limits},
    names::{
        Class,
        trust::{Anchors, Purpose, chain},
    },
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;

/// A file of cases under `tests/fixtures/stacks`.
#[derive(Deserialize)]
pub struct Measurements {
    /// When they were measured, seconds since 1970.
    pub now: i64,
    /// Version by the id of the stack.
    pub measured_with: BTreeMap<String, String>,
    /// One after the other.
    pub cases: Vec<Case>,
}

/// A chain presented for a host.
#[derive(Clone, Deserialize)]
pub struct Case {
    /// Its name here.
    pub id: String,
    /// What it is about: `dns`, `ip`, `keys`.
    pub group: String,
    /// In a few words.
    pub what: String,
    /// The reference.
    pub host: String,
    /// PEM, leaf first.
    pub chain: String,
    /// PEM: what the client trusts.
    pub anchors: String,
    /// False where OpenSSL does not load it, and so no Redis server presents it.
    pub served: bool,
    /// Text of the error by the id of the stack; those that are not in it accepted.
    pub said: BTreeMap<String, String>,
}

impl Case {
    /// Judged by each verifier.
    pub fn chain(&self, now: i64) -> CertificateChain {
        let anchors = Anchors::from_der(pem(&self.anchors)).0;
        chain(&pem(&self.chain), &anchors, now, Purpose::Server, &Limits::default()).unwrap()
    }

    /// Some of the hosts are none by the grammar of `Host`, and an address in brackets is one to some stacks only.
    pub fn host(&self) -> Host {
        let parsed = if self.host.starts_with('[') { None } else { self.host.parse().ok() };
        parsed.unwrap_or_else(|| Host::Name(self.host.clone()))
    }
}

/// Each certificate of a text.
pub fn pem(text: &str) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(text.as_bytes()).map(|der| der.unwrap().to_vec()).collect()
}

/// Reads one of the files.
pub fn measurements(file: &str) -> Measurements {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stacks").join(file);
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What a real text is about. The first that is found counts.
const WORDS: &[(&str, Class)] = &[
    ("not cert's CN", Class::Name),
    ("does not contain a DNS name", Class::Name),
    ("not valid for any names", Class::Name),
    ("label too long", Class::Reference),
    ("IDN labels", Class::Reference),
    ("UnicodeError", Class::Reference),
    ("UnicodeEncodeError", Class::Reference),
    ("ServerName::try_from", Class::Reference),
    ("failed to parse certificate", Class::Malformed),
    ("altnames", Class::Name),
    ("certificate is not valid for", Class::Name),
    ("certificate not valid for name", Class::Name),
    ("mismatch", Class::Name),
    ("NameMismatch", Class::Name),
    ("certificate is valid for", Class::Name),
    ("cannot validate certificate for", Class::Name),
    ("legacy Common Name", Class::Name),
    ("No subject alternative", Class::Name),
    ("No name matching", Class::Name),
    ("Illegal given domain name", Class::Reference),
    ("invalid dns name", Class::Reference),
    ("label empty or too long", Class::Reference),
    ("IDN labels must be", Class::Reference),
    ("alert internal error", Class::Reference),
    ("tls: internal error", Class::Reference),
    ("SELF_SIGNED_CERT_IN_CHAIN", Class::SelfSignedInChain),
    ("self-signed certificate in certificate chain", Class::SelfSignedInChain),
    ("self-signed certificate", Class::SelfSigned),
    ("unable to get issuer certificate", Class::AnchorNotRoot),
    ("unable to verify the first", Class::UnknownIssuer),
    ("unable to get local issuer", Class::UnknownIssuer),
    ("does not chain with any", Class::UnknownIssuer),
    ("ECDSA verification failure", Class::Signature),
    ("rsa: verification error", Class::Signature),
    ("signature failure", Class::Signature),
    ("signature check failed", Class::Signature),
    ("BadSignature", Class::Signature),
    ("NotSignatureValid", Class::Signature),
    ("cannot sign this kind", Class::NotACa),
    ("insecure algorithm", Class::Algorithm),
    ("digest algorithm too weak", Class::Algorithm),
    ("UnsupportedSignatureAlgorithm", Class::Algorithm),
    ("handshake_failure", Class::Algorithm),
    ("HandshakeFailure", Class::Algorithm),
    ("handshake failure", Class::Algorithm),
    ("key too weak", Class::Key),
    ("certificate has expired", Class::Expired),
    ("certificate expired", Class::Expired),
    ("InvalidBasicConstraints", Class::NotACa),
    ("NotTimeValid", Class::Expired),
    ("validity check failed", Class::Expired),
    ("Expired", Class::Expired),
    ("not yet valid", Class::NotYetValid),
    ("not valid yet", Class::NotYetValid),
    ("signed by unknown authority", Class::UnknownIssuer),
    ("unable to find valid certification path", Class::UnknownIssuer),
    ("UnknownIssuer", Class::UnknownIssuer),
    ("PartialChain", Class::UnknownIssuer),
    ("UntrustedRoot", Class::SelfSigned),
    ("EmptyEku", Class::Usage),
    ("No data available in passed DER", Class::Malformed),
    ("Path length given without", Class::Form),
    ("Empty Subject Alternative Name", Class::Form),
    ("keyCertSign invalid", Class::Form),
    ("does not have keyCertSign", Class::NotACa),
    ("key usage does not include certificate signing", Class::NotACa),
    ("does not include key usage", Class::Form),
    ("purpose", Class::Usage),
    ("key usage", Class::Usage),
    ("KeyUsage", Class::Usage),
    ("NotValidForUsage", Class::Usage),
    ("invalid CA certificate", Class::NotACa),
    ("not authorized to sign other", Class::NotACa),
    ("not a CA certificate", Class::NotACa),
    ("path length", Class::PathLength),
    ("pathLen", Class::PathLength),
    ("PathLen", Class::PathLength),
    ("not authorized to sign for this name", Class::NameConstraints),
    ("subtree", Class::NameConstraints),
    ("name constraints", Class::NameConstraints),
    ("NameConstraint", Class::NameConstraints),
    ("CryptographicException", Class::NameConstraints),
    ("critical extension", Class::CriticalExtension),
    ("CriticalExtension", Class::CriticalExtension),
    ("CaUsedAsEndEntity", Class::CaAsLeaf),
    ("UnsupportedCertVersion", Class::Malformed),
    ("parse", Class::Malformed),
    ("not marked critical", Class::Form),
    ("Missing Authority Key Identifier", Class::Form),
    ("Subject empty", Class::Form),
    ("Empty Subject Alternative Name", Class::Form),
    ("Issuer name empty", Class::Form),
    ("Subject name empty", Class::Form),
    ("Path length invalid", Class::Form),
    ("name syntax", Class::NameConstraints),
    ("Algorithm constraints", Class::Algorithm),
    ("chain length", Class::PathLength),
    ("MaximumPathDepth", Class::PathLength),
    ("CertificateParsingException", Class::Malformed),
    ("StringIndexOutOfBounds", Class::Malformed),
    ("MalformedDnsIdentifier", Class::Malformed),
    ("ExtensionValueInvalid", Class::Malformed),
    ("BadEncoding", Class::Malformed),
    ("Ed25519 verification failure", Class::Signature),
    ("EndEntityUsedAsCa", Class::NotACa),
    ("Missing Subject Key Identifier", Class::Form),
    ("Empty Subject Alternative", Class::Form),
    ("String index", Class::Malformed),
    ("out of bounds", Class::Malformed),
    ("IPAddressName", Class::Malformed),
    ("No data available", Class::Malformed),
    ("URI name", Class::Malformed),
    ("extra data", Class::Malformed),
    ("RootCertStore::add", Class::Malformed),
    ("MalformedDns", Class::Malformed),
    ("asn1", Class::Malformed),
    ("PEM lib", Class::Malformed),
];

/// What a real text is about.
pub fn class_of(stack: &str, said: &str) -> Class {
    if said.is_empty() {
        return Class::Reference;
    }
    if said.contains("current time") && said.contains(" is before ") {
        return Class::NotYetValid;
    }
    let found = WORDS.iter().find(|(words, _)| said.contains(words));
    found.unwrap_or_else(|| panic!("{stack}: {said}")).1
}

/// Stacks that say the same of several classes cannot be held to one of them.
pub fn same(stack: &str, said: Class, predicted: Class) -> bool {
    let unknown = [Class::UnknownIssuer, Class::SelfSigned, Class::SelfSignedInChain, Class::AnchorNotRoot];
    let authority = [Class::Signature, Class::NotACa];
    let silent = ["java", "go", "rustls", "dotnet"].iter().any(|family| stack.starts_with(family));
    let dates = [Class::Expired, Class::NotYetValid];
    said == predicted
        || (silent && unknown.contains(&said) && unknown.contains(&predicted))
        || (stack.starts_with("go") && authority.contains(&said) && unknown.contains(&predicted))
        || (silent && dates.contains(&said) && dates.contains(&predicted))
        || (stack.starts_with("rustls") && said == Class::Signature && predicted == Class::Key)
        || (said.is_name() && predicted.is_name())
        || (stack.starts_with("node") && said == Class::Usage && predicted == Class::NotACa)
        || (stack == "dotnet-linux" && said == Class::NotACa && predicted == Class::PathLength)
}
