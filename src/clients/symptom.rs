//! What goes wrong, as a client meets it.

use crate::{
    facts::{Announced, Endpoint},
    names::Refusal,
};

/// Where a client meets a symptom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// At the endpoint that the application gave.
    Seed,
    /// At every node that it discovered.
    EveryNode,
    /// At some of them.
    SomeNodes,
}

/// What goes wrong, as a client meets it.
#[derive(Clone, Debug)]
pub enum Symptom {
    /// Its TLS stack refuses the certificate.
    Certificate(Refusal),
    /// A plaintext client on a TLS port.
    TlsRequired,
    /// Nobody answers a TLS client: most often a plaintext Redis port, which waits for the rest of a command.
    TlsNotSpoken,
    /// Something answers that speaks neither what the client speaks nor Redis.
    NotSpoken,
    /// What comes over the connection, inside TLS too, is no reply of Redis.
    NoReply,
    /// The server wants a client certificate.
    ClientCertificate,
    /// The TLS handshake fails otherwise; the alert or reason.
    Handshake(String),
    /// The host does not resolve.
    NoSuchName(String),
    /// Nobody listens.
    Refused(Endpoint),
    /// There is no answer.
    TimedOut(Endpoint),
    /// There is no route.
    Unreachable(Endpoint),
    /// The connection is closed without a word.
    Closed(Endpoint),
    /// The server wants credentials and got none.
    NoAuth,
    /// The credentials are wrong.
    WrongPass,
    /// AUTH is refused in other words than WRONGPASS, these: servers before 6.0, services, proxies.
    AuthRefused(String),
    /// The ACL user may not run this command, which the client needs.
    NotPermitted(&'static str),
    /// The server does not know this command, which the client needs: renamed, a proxy, or an old version.
    UnknownCommand(&'static str),
    /// CLUSTER is refused: cluster mode is off.
    ClusterDisabled,
    /// The cluster calls itself down: slots are not covered.
    ClusterDown,
    /// A node announces no host, in the way named, and the client cannot go on.
    BlankEndpoint(Announced),
    /// A node was left out, and so were its slots.
    LeftOut,
    /// Another node answers at this node's address, so that redirects never end.
    WrongNode,
    /// The library asks no Sentinel where the primary is, and sends it commands as to a server.
    NotFollowed,
    /// The Sentinel watches no group of this name.
    NoSuchGroup(String),
    /// The Sentinel names a primary of this group that it calls down itself.
    CalledDown(String),
    /// The server that the Sentinel names as the primary is a replica.
    IsReplica,
    /// There is no second Sentinel.
    OneSentinel,
    /// What the URL asks for, or the form of it, is not for this library, which says so in these words.
    Url(&'static str),
}

impl Symptom {
    /// The runtime's code of an error whose message the application sees, in front of that message.
    pub fn coded(&self, text: &str) -> String {
        match self {
            Symptom::Certificate(Refusal { code: Some(code), text: message, .. }) if message == text => {
                format!("{code}: {text}")
            }
            _ => text.to_owned(),
        }
    }

    /// True where a library that asks for no topology is none the wiser.
    pub fn is_of_discovery(&self) -> bool {
        matches!(self, Symptom::ClusterDisabled | Symptom::NotPermitted(_) | Symptom::BlankEndpoint(_))
    }

    /// The stable part of what the server says, which most clients pass on.
    pub fn in_the_servers_words(&self) -> Option<String> {
        let said = match self {
            Symptom::NoAuth => "NOAUTH",
            Symptom::WrongPass => "WRONGPASS",
            Symptom::AuthRefused(said) => said,
            Symptom::NotPermitted(_) => "NOPERM",
            Symptom::UnknownCommand(_) => "ERR unknown",
            Symptom::NotFollowed => "ERR unknown command",
            Symptom::NoSuchGroup(_) => "ERR No such master with that name",
            Symptom::IsReplica => "READONLY You can't write against a read only replica.",
            Symptom::ClusterDisabled => "ERR This instance has cluster support disabled",
            Symptom::ClusterDown => "CLUSTERDOWN The cluster is down",
            _ => return None,
        };
        Some(said.to_owned())
    }
}
