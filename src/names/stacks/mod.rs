//! TLS stacks: what each of them accepts, and what it says first of what it refuses. One file a family.
//!
//! Every stack is a card: who verifies its chains ([`super::trust`] has what that one met, in its order), how it compares
//! names (a function, since no two grammars are alike), and what it calls what it minds. rustls-webpki is called itself; the
//! others are modelled after their sources and measured against real handshakes (`tests/stacks.rs`).

mod address;
pub mod dotnet;
pub mod go;
mod idna;
pub mod java;
pub mod node;
pub mod openssl;
pub mod php;
pub mod python;
pub mod ruby;
pub mod rustls;

use serde::Serialize;

use crate::facts::{
    Certificate, CertificateChain, ChainProblem, ChainVerdict, Flaw, FlawKind, Host, Place, Step, SubjectAltName,
    Verifier,
};

/// How many names of a certificate are quoted; longer lists end there, so that the text stays a part of the real one.
const QUOTED: usize = 5;

/// Every stack, in the order in which they were measured; those that follow from OpenSSL come last.
pub const STACKS: &[&Stack] = &[
    &node::NODE_20,
    &node::NODE_22,
    &node::NODE_26,
    &python::PYTHON_3_11,
    &python::PYTHON_3_13,
    &go::GO_1_19,
    &go::GO_1_23,
    &java::JAVA_17,
    &java::JAVA_25,
    &java::JAVA_NO_ENDPOINT_ID,
    &rustls::RUSTLS,
    &rustls::RUSTLS_RING,
    &openssl::OPENSSL_3,
    &openssl::OPENSSL_4,
    &openssl::HIREDIS,
    &dotnet::DOTNET_LINUX,
    &php::PHP,
    &ruby::RUBY,
];

/// The stack of that id (`node@22.23`, `rustls`), exactly as written.
pub fn stack(id: &str) -> Option<&'static Stack> {
    STACKS.iter().copied().find(|stack| stack.id == id)
}

/// One TLS stack of one version: how it judges a server's certificate.
#[derive(Debug)]
pub struct Stack {
    /// Runtime and version, `node@22.23`; without a version where all known ones agree.
    pub id: &'static str,
    /// Who verifies its chains.
    pub verifier: Verifier,
    /// Whether the leaf speaks for the host, and if not, what is said.
    name: fn(&Certificate, &Host) -> Option<Refusal>,
    /// What a flaw is called; `None` where this stack does not mind it.
    flaw: fn(&Flaw, &CertificateChain) -> Option<Refusal>,
    /// Which of several refusals is told.
    says: Says,
}

/// What is said when several things are wrong.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// The first that is met.
    First,
    /// Of the chain the last that is met, which replaces those before it; then the name.
    LastOfChain,
    /// All of it, in this order of classes and joined by this function.
    Joined(fn(Vec<Refusal>) -> Refusal),
}

/// Why a stack does not go on with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of thing is wrong.
    pub class: Class,
    /// Node's error code (`ERR_TLS_CERT_ALTNAME_INVALID`); the other stacks have none.
    pub code: Option<&'static str>,
    /// The stack's own message as far as it stays the same and in one piece: no code, no times, no list cut short in its
    /// middle. Names in it come from the certificate and may hold any character.
    pub text: String,
    /// rustls' error as its `Debug` prints it, for libraries that print that.
    pub debug: Option<String>,
}

impl Refusal {
    /// The message with the runtime's code of the error in front, where it has one.
    pub fn with_code(&self) -> String {
        match self.code {
            Some(code) => format!("{code}: {}", self.text),
            None => self.text.clone(),
        }
    }

    fn new(class: Class, text: impl Into<String>) -> Self {
        Refusal { class, code: None, text: text.into(), debug: None }
    }

    fn coded(class: Class, code: &'static str, text: impl Into<String>) -> Self {
        Refusal { code: Some(code), ..Refusal::new(class, text) }
    }
}

/// Classes of refusals, by what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The certificate does not speak for the host.
    Name,
    /// The stack cannot verify such a host name at all, whatever the certificate says.
    Reference,
    /// No anchor signed it.
    UnknownIssuer,
    /// The server's certificate signed itself and is no anchor.
    SelfSigned,
    /// The root is sent along, and is no anchor.
    SelfSignedInChain,
    /// The anchor is no root, and the stack wants one.
    AnchorNotRoot,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// Not for a TLS server.
    Usage,
    /// A CA as the server's own certificate.
    CaAsLeaf,
    /// An issuer that is no CA.
    NotACa,
    /// More intermediates than an issuer allows.
    PathLength,
    /// A name outside of what an issuer may sign.
    NameConstraints,
    /// An extension that must be understood, and is not.
    CriticalExtension,
    /// A signature that does not fit.
    Signature,
    /// A signature algorithm that is too weak or unknown.
    Algorithm,
    /// A key that is too weak.
    Key,
    /// A form that RFC 5280 forbids, and most stacks do not mind.
    Form,
    /// Does not parse.
    Malformed,
}

impl std::fmt::Display for Class {
    /// The code, as in answers for machines.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

impl Class {
    /// About the name, not about the chain.
    pub fn is_name(self) -> bool {
        matches!(self, Class::Name | Class::Reference)
    }
}

impl Stack {
    /// What this stack says first of a chain presented for a host; `None` where it accepts it. Without a host no names are
    /// compared.
    pub fn refusal(&self, chain: &CertificateChain, host: Option<&Host>) -> Option<Refusal> {
        let refusals = self.refusals(chain, host);
        match self.says {
            Says::Joined(join) => Some(refusals).filter(|all| !all.is_empty()).map(join),
            Says::First | Says::LastOfChain => refusals.into_iter().next(),
        }
    }

    /// Everything that it minds, in the order in which it says so: the second is what it says once the first was mended.
    pub fn refusals(&self, chain: &CertificateChain, host: Option<&Host>) -> Vec<Refusal> {
        let (mut names, mut loading) = (None, 0);
        let mut refusals: Vec<Refusal> = Vec::new();
        for step in steps(chain, self.verifier) {
            match step {
                Step::Names => {
                    names = host.and_then(|host| self.name_refusal(&chain.leaf, host)).map(|r| (refusals.len(), r));
                }
                Step::Flaw(flaw) => {
                    refusals.extend((self.flaw)(&flaw, chain));
                    if flaw.kind == FlawKind::Unread && flaw.at == Place::Anchor {
                        loading = refusals.len();
                    }
                }
            }
        }
        if matches!(self.says, Says::LastOfChain) {
            refusals.reverse();
            refusals.extend(names.map(|(_, refusal)| refusal));
        } else if let Some((place, refusal)) = names {
            // A host that cannot be asked for is found out once the bundle is loaded; Java finds out last.
            let early =
                refusal.class == Class::Reference && !matches!(self.verifier, Verifier::Java17 | Verifier::Java);
            refusals.insert(if early { loading } else { place }, refusal);
        }
        let mut told = Vec::new();
        refusals.retain(|refusal| {
            !told.contains(&refusal.text) && {
                told.push(refusal.text.clone());
                true
            }
        });
        refusals
    }

    /// What it says of the leaf's names alone.
    pub fn name_refusal(&self, leaf: &Certificate, host: &Host) -> Option<Refusal> {
        (self.name)(leaf, host)
    }

    /// What it says first of the chain alone.
    pub fn chain_refusal(&self, chain: &CertificateChain) -> Option<Refusal> {
        self.refusal(chain, None)
    }
}

/// What the verifier met. Snapshots of before there were judgements have rustls-webpki's verdict alone.
fn steps(chain: &CertificateChain, by: Verifier) -> Vec<Step> {
    if let Some(judgement) = chain.judgement(by) {
        return judgement.steps.clone();
    }
    let kind = match &chain.verdict {
        ChainVerdict::Trusted { .. } => return vec![Step::Names],
        ChainVerdict::Untrusted { problem: ChainProblem::UnknownIssuer, .. } if chain.leaf.is_self_issued() => {
            FlawKind::SelfSigned
        }
        ChainVerdict::Untrusted { problem, .. } => match problem {
            ChainProblem::UnknownIssuer => FlawKind::NoIssuer,
            ChainProblem::Expired => FlawKind::Expired,
            ChainProblem::NotYetValid => FlawKind::NotYetValid,
            ChainProblem::CaAsLeaf => FlawKind::CaAsLeaf,
            ChainProblem::Usage => FlawKind::Usage,
            ChainProblem::Other => FlawKind::Unread,
        },
    };
    vec![Step::Flaw(Flaw::new(kind, Place::Leaf)), Step::Names]
}

/// For stacks and modes that compare no names.
fn any_name(_: &Certificate, _: &Host) -> Option<Refusal> {
    None
}

/// The dNSNames.
fn dns(leaf: &Certificate) -> impl Iterator<Item = &str> {
    leaf.names.iter().filter_map(|name| match name {
        SubjectAltName::Dns(dns) => Some(dns.as_str()),
        _ => None,
    })
}

/// The iPAddresses as text.
fn ips(leaf: &Certificate) -> impl Iterator<Item = &str> {
    leaf.names.iter().filter_map(|name| match name {
        SubjectAltName::Ip(ip) => Some(ip.as_str()),
        _ => None,
    })
}

/// The iPAddresses of four or sixteen octets; the two lengths stay apart.
fn addresses(leaf: &Certificate) -> impl Iterator<Item = std::net::IpAddr> {
    ips(leaf).filter_map(|ip| ip.parse().ok())
}

/// There is a dNSName, so that no common name counts. One that is not ASCII is one as well.
fn has_dns(leaf: &Certificate) -> bool {
    leaf.names.iter().any(|name| matches!(name, SubjectAltName::Dns(_)) || name.is_malformed("dNSName"))
}

/// The names in one line, with what follows them when they are all there.
fn quoted(names: impl Iterator<Item = String>, separator: &str, end: &str) -> String {
    let names: Vec<String> = names.take(QUOTED + 1).collect();
    match names.get(..QUOTED) {
        Some(first) if names.len() > QUOTED => first.join(separator),
        _ => names.join(separator) + end,
    }
}

/// The host with a name in ASCII, for stacks that turn names into that first.
fn in_ascii(host: &Host) -> Host {
    match host.name().and_then(idna::to_ascii) {
        Some(name) => Host::Name(name),
        None => host.clone(),
    }
}

/// Without the dot of a fully qualified name.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
