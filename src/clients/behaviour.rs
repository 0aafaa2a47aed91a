//! What client libraries differ in: where they dial, what they verify, what they need.

use super::{Evidence, Symptom, Where};
use crate::facts::{Announced, NodeAddress};

/// How a client learns where the nodes are: what it asks, and which announced field it takes the host from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dials {
    /// The preferred endpoint of CLUSTER SLOTS.
    Preferred,
    /// The same, up to its first colon: an IPv6 address comes to nothing.
    PreferredToColon,
    /// The announced host name if there is one, else the preferred endpoint (metadata of CLUSTER SLOTS).
    HostnameElsePreferred,
    /// The announced host name if there is one, else the IP (CLUSTER NODES).
    HostnameElseIp,
    /// The IP of CLUSTER NODES, whatever else is announced.
    Ip,
    /// The same; a server that refuses CLUSTER NODES is taken for a standalone one, and redirects are followed.
    IpWhereAnswered,
    /// The announced host name resolved to its IP, else the announced IP (CLUSTER NODES).
    ResolvedIp,
    /// The preferred endpoint; where that is blank, the announced host name, else the IP (CLUSTER SHARDS).
    PreferredElseIp,
    /// The address of a MOVED or ASK redirect, which is the preferred endpoint; no topology is asked for before.
    Redirects,
    /// The address of a MOVED redirect, and from the first of them on the preferred endpoint of CLUSTER SLOTS. Every failure
    /// makes it forget, so that the seed's own node is left there as long as no other node works.
    AfterMoved,
}

impl Dials {
    /// The command it has to learn the nodes from; `None` where it waits for redirects, or goes on without.
    pub fn command(self) -> Option<&'static str> {
        match self {
            Dials::Preferred | Dials::PreferredToColon | Dials::HostnameElsePreferred => Some("CLUSTER SLOTS"),
            Dials::HostnameElseIp | Dials::Ip | Dials::ResolvedIp => Some("CLUSTER NODES"),
            Dials::PreferredElseIp => Some("CLUSTER SHARDS"),
            Dials::Redirects | Dials::AfterMoved | Dials::IpWhereAnswered => None,
        }
    }

    /// The field that it takes a node's host from.
    pub fn field(self, address: &NodeAddress) -> &Announced {
        let (hostname, preferred, ip) = (&address.hostname, &address.preferred, &address.ip);
        let order: &[&Announced] = match self {
            Dials::Preferred | Dials::PreferredToColon | Dials::Redirects | Dials::AfterMoved => &[preferred],
            Dials::HostnameElsePreferred => &[hostname, preferred],
            Dials::HostnameElseIp | Dials::ResolvedIp => &[hostname, ip],
            Dials::Ip | Dials::IpWhereAnswered => &[ip],
            Dials::PreferredElseIp => &[preferred, hostname, ip],
        };
        // Where none is usable, the last of them says how.
        let usable = order.iter().position(|field| field.host().is_some());
        order[usable.unwrap_or(order.len() - 1)]
    }
}

/// What a client makes of a host field that holds none: nil, an empty string or `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// It dials `localhost`.
    Localhost,
    /// It dials the host whose answer it reads, by the name it was given: what the server means by nil.
    Asker,
    /// It dials the host whose answer it reads, by its IP.
    AskerIp,
    /// It leaves the node out.
    Skip,
    /// It takes the text for a host name, which resolves to nothing.
    Literal,
    /// It gives the whole discovery up, or crashes: [`Symptom::BlankEndpoint`] says how.
    GivesUp,
}

/// What a client makes of a node whose announced port is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortZero {
    /// It dials port 0, where nobody listens.
    Dials,
    /// It dials this port instead.
    Instead(u16),
    /// It dials the seed's port.
    Seed,
    /// It leaves the node out.
    Skip,
}

/// Which port of a node that announces two a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// The one that the server names for the kind of connection that asked.
    AsAsked,
    /// The plaintext port of CLUSTER SHARDS where there is one, whatever the client speaks.
    PlaintextFirst,
}

/// Hosts that a client resolves before it dials, so that it dials and verifies an IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolves {
    /// None: names are dialled and verified as names.
    Nothing,
    /// Seeds of a cluster.
    Seeds,
    /// A seed called `localhost`, which becomes 127.0.0.1.
    Localhost,
}

/// Which name a client compares with the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verifies {
    /// The host it dialled.
    Dialled,
    /// The same, but the node that stands behind the seed is reached over the seed's connection: verified as the seed only.
    DialledOnce,
    /// The host of the seed, on every node; where the seed is an IP, the host it dialled.
    Seed,
    /// The host of the seed, on every node, and be it an IP.
    SeedWhatever,
    /// None: the chain only.
    Nothing,
}

/// Which server name a client sends (RFC 6066 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sni {
    /// None, unless one is configured.
    Configured,
    /// The name that it verifies (or dials), where it is a name.
    Names,
    /// The same, and IP addresses as well, which the RFC does not allow.
    Everything,
}

/// What becomes of a client when one of several nodes cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneBadNode {
    /// It does not come up at all.
    FailsAll,
    /// The same, but for a node that wants a password where none is given: nothing is asked of it before the first command.
    FailsAllButUnasked,
    /// Commands for that node's slots fail, the others work: it looks intermittent.
    FailsThere,
    /// The same, but for a failing TLS handshake with the first of the nodes: it does not come up then.
    FailsThereUnlessFirst,
}

/// What a client heeds of the state in which a Sentinel sees the primary that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heeds {
    /// Nothing: it asks for an address, and no more is told with that.
    Nothing,
    /// Down (`s_down`, `o_down`).
    Down,
    /// Down, or that the Sentinel has no connection to it (`disconnected`).
    Link,
}

/// How a client finds the servers of a group by asking Sentinels. Every one of them takes the primary's address as the Sentinel
/// tells it.
#[derive(Clone, Copy, Debug)]
pub struct Follows {
    /// How this is known.
    pub evidence: Evidence,
    /// What it asks of a Sentinel, and does not go on without.
    pub asks: &'static [&'static str],
    /// It has no server settings apart from those for Sentinels: both speak TLS, or neither does.
    pub one_transport: bool,
    /// It asks the server for its role, and refuses a replica in the place of a primary.
    pub heeds_role: bool,
    /// Which primaries it does not take, though the Sentinel names them.
    pub heeds: Heeds,
    /// It does not start where it finds no second Sentinel.
    pub wants_two: bool,
    /// What the application sees: of what is met at the Sentinel ([`Where::Seed`]), or at the server that this one names.
    pub text: fn(&Symptom, Where) -> Option<String>,
}

/// What a client's own address map can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The option, as its documentation spells it.
    pub option: &'static str,
    /// First version that has it; the month it was merged, or "or before", where the release was not established.
    pub since: &'static str,
    /// What an entry of it says.
    pub carries: Carries,
    /// What it is applied to.
    pub covers: Covers,
    /// What it does not cover, in one sentence; empty where it covers everything.
    pub gaps: &'static str,
}

/// What a client's own address map says of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Host and port to dial; what is verified is the host, or what is set for all nodes.
    Address,
    /// Host and port to dial, and a name of the node's own to verify.
    AddressAndName,
    /// Less than an address: one host for all, or a name alone. No map of addresses can be given to it.
    Less,
}

/// Which addresses pass through a hook.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, one column each in the shelf")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covers {
    /// The endpoints that the application gives.
    pub seeds: bool,
    /// The nodes of the topology.
    pub discovered: bool,
    /// The targets of MOVED and ASK.
    pub redirects: bool,
    /// What a Sentinel answers.
    pub sentinel: bool,
}

impl Covers {
    /// Everything that a client ever dials.
    pub const ALL: Covers = Covers { seeds: true, discovered: true, redirects: true, sentinel: true };
}

/// What is known of a library's form for one server, which no topology concerns.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// Commands without which it does not work. Run with users that may read and write, and little else.
    pub needs: &'static [&'static str],
    /// Where the form for clusters meets what this one puts in the same words.
    pub speaks_as: Where,
    /// What the application sees where its URL has the password as the one word before the `@`, `redis://PASSWORD@HOST`; `None` where
    /// the library takes it for the password, or where that is not known.
    pub on_lone_word: Option<&'static str>,
    /// What becomes of it behind a proxy that closes the connection on HELLO, INFO or CLIENT; `None` where it sends none of them, or
    /// where that is not known.
    pub behind_strict_proxy: Option<StrictProxy>,
    /// What becomes of it at a server that does not know HELLO, as none before 6.0 does; `None` where it goes on with AUTH.
    pub without_hello: Option<WithoutHello>,
}

impl Plain {
    /// Nothing that would be another matter.
    pub const UNKNOWN: Plain = Plain {
        needs: &[],
        speaks_as: Where::Seed,
        on_lone_word: None,
        behind_strict_proxy: None,
        without_hello: None,
    };
}

/// A library as it comes, at a proxy that closes the connection on what it does not know. Run against twemproxy 0.5.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrictProxy {
    /// What the application sees.
    pub text: &'static str,
    /// The options with which it connects; `None` where there are none, or none is known.
    pub options: Option<&'static str>,
}

/// A library as it comes, at a server that answers HELLO with an error. Run against Redis 2.8.19, and 7.0 without HELLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutHello {
    /// What the application sees.
    pub text: &'static str,
    /// The option with which it says AUTH alone.
    pub option: &'static str,
}
