//! The client outlook: what each library would do on what was seen. Pure: nothing is dialled for it.
//!
//! A client is walked through its own steps: the seed, what it needs there, each node at the address that it would dial.
//! What would happen at an address is taken from what did happen there when it was looked at.

mod conclusion;
mod dialling;
mod following;
mod forecast;
mod world;

use std::fmt;

use crate::{
    clients::{Client, Symptom},
    facts::{Host, NodeId, Transport},
};

pub use forecast::Forecast;

/// Whether a client can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It can.
    Ok,
    /// It cannot.
    Fails,
    /// Commands for some slots fail.
    Partly,
    /// What it would meet was not looked at.
    Unknown,
}

/// How far a client gets before it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The host does not resolve.
    Resolve,
    /// No TCP connection.
    Connect,
    /// The certificate chain.
    TlsChain,
    /// The certificate's names.
    TlsName,
    /// TLS otherwise.
    TlsOther,
    /// AUTH.
    Auth,
    /// The ACL user may not ask what the client needs.
    Acl,
    /// What is said is not what the client expects.
    Protocol,
    /// Silence.
    Timeout,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Ok => "ok",
            Outcome::Fails => "fails",
            Outcome::Partly => "partly",
            Outcome::Unknown => "unknown",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Resolve => "resolve",
            Step::Connect => "connect",
            Step::TlsChain => "tls-chain",
            Step::TlsName => "tls-name",
            Step::TlsOther => "tls-other",
            Step::Auth => "auth",
            Step::Acl => "acl",
            Step::Protocol => "protocol",
            Step::Timeout => "timeout",
        })
    }
}

/// One address, as a client meets it.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The node; `None` for the seed.
    pub node: Option<NodeId>,
    /// It matters to the client whether this one can be used: a primary with slots, or whatever it connects to.
    pub counts: bool,
    /// As announced (or as given).
    pub address: String,
    /// What it dials; `None` where it dials nothing for this node.
    pub dials: Option<String>,
    /// The name it verifies; `None` where it verifies none.
    pub verifies: Option<Host>,
    /// The server name it sends.
    pub sni: Option<String>,
    /// What comes of it.
    pub outcome: Outcome,
    /// Where it fails.
    pub step: Option<Step>,
    /// Why.
    pub symptom: Option<Symptom>,
    /// What the application sees of it.
    pub text: Option<String>,
}

/// What becomes of one client.
pub struct Outlook {
    /// Which.
    pub client: &'static Client,
    /// The version that it is told for.
    pub version: String,
    /// Whether it can work.
    pub outcome: Outcome,
    /// Where it fails first.
    pub step: Option<Step>,
    /// It fails at once and as a whole, and not for some commands later.
    pub eager: bool,
    /// The release was run in this way, and not only read.
    pub was_run: bool,
    /// The endpoint that the application gives.
    pub seed: Leg,
    /// Every node, in topology order, as if the seed had let it through.
    pub nodes: Vec<Leg>,
    /// The line that grants an ACL user what it needs beside its data commands; `None` where that is nothing, or not known.
    pub grant: Option<String>,
    /// Why.
    pub symptom: Option<Symptom>,
    /// What the application sees; `None` where it is well, or is shown nothing.
    pub text: Option<String>,
}

impl Outlook {
    /// The library asks no Sentinel: that nothing comes of it here is not because of the deployment.
    pub fn follows_nobody(&self) -> bool {
        matches!(self.symptom, Some(Symptom::NotFollowed))
    }

    /// The text for people: as it reads for the first node of which it could be told, with the runtime's code of the error in
    /// front where it has one.
    pub fn coded(&self) -> Option<String> {
        let text = self.text.as_deref()?;
        let whole = self.nodes.iter().filter_map(|leg| leg.text.as_deref()).find(|whole| whole.starts_with(text));
        let text = whole.unwrap_or(text);
        Some(self.symptom.as_ref().map_or_else(|| text.to_owned(), |symptom| symptom.coded(text)))
    }
}

impl Step {
    /// Where in its course a client fails with this symptom.
    fn of(symptom: &Symptom, speaks: Transport) -> Self {
        match symptom {
            Symptom::Certificate(refusal) if refusal.class.is_name() => Step::TlsName,
            Symptom::Certificate(_) => Step::TlsChain,
            Symptom::ClientCertificate | Symptom::Handshake(_) => Step::TlsOther,
            Symptom::NotSpoken if speaks == Transport::Tls => Step::TlsOther,
            Symptom::TlsNotSpoken | Symptom::TimedOut(_) => Step::Timeout,
            Symptom::NoSuchName(_) => Step::Resolve,
            Symptom::Refused(_) | Symptom::Unreachable(_) => Step::Connect,
            Symptom::NoAuth | Symptom::WrongPass | Symptom::AuthRefused(_) => Step::Auth,
            Symptom::NotPermitted(_) => Step::Acl,
            Symptom::TlsRequired
            | Symptom::NotSpoken
            | Symptom::NoReply
            | Symptom::Closed(_)
            | Symptom::UnknownCommand(_)
            | Symptom::ClusterDisabled
            | Symptom::ClusterDown
            | Symptom::BlankEndpoint(_)
            | Symptom::LeftOut
            | Symptom::NotFollowed
            | Symptom::NoSuchGroup(_)
            | Symptom::CalledDown(_)
            | Symptom::IsReplica
            | Symptom::OneSentinel
            | Symptom::Url(_)
            | Symptom::WrongNode => Step::Protocol,
        }
    }
}
