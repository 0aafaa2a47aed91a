//! How each client library discovers, dials, verifies, remaps, and what it tells the application when that fails.
//!
//! A shelf: one file a library, named here. They are data, read from each library's source at the version its file names.

mod fred;
mod go_redis;
mod hiredis;
mod ioredis;
mod jedis;
mod lettuce;
mod libvalkey;
mod node_redis;
mod phpredis;
mod predis;
mod redis_cli;
mod redis_py;
mod redis_rb;
mod redis_rs;
mod redisson;
mod ruby;
mod stackexchange_redis;
mod valkey_glide;
mod valkey_py;

use crate::{
    facts::{Announced, Endpoint, NodeAddress},
    names::{Refusal, Stack},
};

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
    /// The command it learns the nodes from; `None` where it waits for redirects.
    pub fn command(self) -> Option<&'static str> {
        match self {
            Dials::Preferred | Dials::PreferredToColon | Dials::HostnameElsePreferred => Some("CLUSTER SLOTS"),
            Dials::HostnameElseIp | Dials::Ip | Dials::ResolvedIp => Some("CLUSTER NODES"),
            Dials::PreferredElseIp => Some("CLUSTER SHARDS"),
            Dials::Redirects | Dials::AfterMoved => None,
        }
    }

    /// The field that it takes a node's host from.
    pub fn field(self, address: &NodeAddress) -> &Announced {
        let (hostname, preferred, ip) = (&address.hostname, &address.preferred, &address.ip);
        let order: &[&Announced] = match self {
            Dials::Preferred | Dials::PreferredToColon | Dials::Redirects | Dials::AfterMoved => &[preferred],
            Dials::HostnameElsePreferred => &[hostname, preferred],
            Dials::HostnameElseIp | Dials::ResolvedIp => &[hostname, ip],
            Dials::Ip => &[ip],
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
    /// The host of the seed, on every node; where the seed is an IP, the host it dialled.
    Seed,
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
    /// Commands for that node's slots fail, the others work: it looks intermittent.
    FailsThere,
    /// The same, but for a failing TLS handshake with the first of the nodes: it does not come up then.
    FailsThereUnlessFirst,
}

/// What a client's own address map can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The option, as its documentation spells it.
    pub option: &'static str,
    /// First version that has it; the month it was merged, or "or before", where the release was not established.
    pub since: &'static str,
    /// What it is applied to.
    pub covers: Covers,
    /// What it does not cover, in one sentence; empty where it covers everything.
    pub gaps: &'static str,
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

/// How we know what an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The released package was run against servers that misbehave on purpose.
    Run,
    /// Its source was read; the texts are literals found there.
    Read,
}

/// One client library, over a range of versions in which it behaves alike.
pub struct Client {
    /// Stable id, as `address-map --for` and `clients --client` take it.
    pub id: &'static str,
    /// The versions this entry holds for, `>=4, <6`, and then the way it is set up, where that matters: `, rediss:// URL`.
    pub versions: &'static str,
    /// The version that was run or read: what the entry is most certain of.
    pub learnt_from: &'static str,
    /// The version this was learnt from, and where in its source the rule stands.
    pub source: &'static str,
    /// How it was learnt.
    pub evidence: Evidence,
    /// What it dials.
    pub dials: Dials,
    /// What it makes of a nil host.
    pub on_nil: Blank,
    /// What it makes of an empty host.
    pub on_empty: Blank,
    /// What it makes of `?`.
    pub on_question_mark: Blank,
    /// What it makes of port 0.
    pub on_port_zero: PortZero,
    /// Which of two ports it takes.
    pub port: Port,
    /// What it resolves first.
    pub resolves: Resolves,
    /// An announced loopback address gives way to the host of the seed, where that is none.
    pub loopback_is_seed: bool,
    /// What it verifies.
    pub verifies: Verifies,
    /// What it sends as server name.
    pub sni: Sni,
    /// The option that fixes one server name for every node, where there is one.
    pub fixed_name: Option<&'static str>,
    /// The TLS stack that judges for it.
    pub stack: &'static Stack,
    /// Commands without which it does not work, beside the one that [`Dials::command`] names.
    pub needs: &'static [&'static str],
    /// What one bad node does to it.
    pub one_bad_node: OneBadNode,
    /// It connects to replicas without being asked to read from them, so that a bad one counts.
    pub dials_replicas: bool,
    /// Its address map, if it has one.
    pub hook: Option<Hook>,
    /// What the application sees; `None` where it is shown nothing. One contiguous stable piece of the text.
    pub text: fn(&Symptom, Where) -> Option<String>,
}

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
    /// A TLS client on a plaintext Redis port, which waits for the rest of a command.
    TlsNotSpoken,
    /// Something answers that speaks neither what the client speaks nor Redis.
    NotSpoken,
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
}

impl Symptom {
    /// The stable part of what the server says, which most clients pass on.
    fn in_the_servers_words(&self) -> Option<String> {
        let said = match self {
            Symptom::NoAuth => "NOAUTH",
            Symptom::WrongPass => "WRONGPASS",
            Symptom::NotPermitted(_) => "NOPERM",
            Symptom::UnknownCommand(_) => "ERR unknown",
            Symptom::ClusterDisabled => "ERR This instance has cluster support disabled",
            Symptom::ClusterDown => "CLUSTERDOWN The cluster is down",
            _ => return None,
        };
        Some(said.to_owned())
    }
}

impl Client {
    /// The host field and port this client looks a node up by and dials, where they are usable as they stand.
    pub fn endpoint(&self, address: &NodeAddress) -> Option<Endpoint> {
        Some(Endpoint::new(self.dials.field(address).host()?.clone(), self.announced_port(address)?))
    }

    /// The announced port it takes; `None` where 0 was announced.
    pub fn announced_port(&self, address: &NodeAddress) -> Option<u16> {
        match self.port {
            Port::AsAsked => address.client_port(),
            Port::PlaintextFirst => address.tcp_port.or(address.tls_port).or(address.port),
        }
    }

    /// What it makes of a field that is no host.
    pub fn on_blank(&self, field: &Announced) -> Blank {
        match field {
            Announced::Nil => self.on_nil,
            Announced::Empty => self.on_empty,
            Announced::QuestionMark => self.on_question_mark,
            Announced::Absent => Blank::Skip,
            Announced::Host(_) | Announced::Unusable(_) => Blank::Literal,
        }
    }

    /// How it is set up, where entries of the same versions differ in that: `rediss:// URL`.
    pub fn form(&self) -> Option<&'static str> {
        self.versions.split(", ").find(|part| !part.starts_with(['>', '<']))
    }

    /// The released package was run, and did what is said here.
    pub fn was_run(&self) -> bool {
        self.evidence == Evidence::Run
    }

    /// True where a version (`6`, `6.2.1`) lies in the range. A bare `7` means the newest 7.
    pub fn covers(&self, version: &str) -> bool {
        let asked = numbers(version, u32::MAX);
        self.versions.split(", ").all(|part| match part.strip_prefix(">=") {
            Some(from) => asked >= numbers(from, 0),
            None => part.strip_prefix('<').is_none_or(|below| asked < numbers(below, 0)),
        })
    }
}

/// Major, minor and patch number, and `missing` for those that are not there. What is no number counts as 0.
fn numbers(version: &str, missing: u32) -> [u32; 3] {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    std::array::from_fn(|_| parts.next().unwrap_or(missing))
}

/// Every client, most used first, the newest behaviour of a library before the older ones. Reports keep this order.
pub const ALL: &[&Client] = &[
    &node_redis::CLIENT,
    &ioredis::CLIENT,
    &redis_py::CLIENT,
    &redis_py::BEFORE_6,
    &go_redis::OWN_TLS_CONFIG,
    &go_redis::FROM_URL,
    &lettuce::CLIENT,
    &lettuce::BEFORE_6_3,
    &jedis::CLIENT,
    &jedis::BEFORE_7_5,
    &redisson::ONE_SEED,
    &redisson::SEVERAL_SEEDS,
    &redis_rs::CLIENT,
    &fred::CLIENT,
    &stackexchange_redis::ONE_HOST,
    &stackexchange_redis::SEVERAL_HOSTS,
    &valkey_glide::CLIENT,
    &valkey_glide::BEFORE_2_3,
    &valkey_py::CLIENT,
    &phpredis::CLIENT,
    &predis::CLIENT,
    &predis::BEFORE_3,
    &ruby::CLIENT,
    &redis_rb::CLIENT,
    &libvalkey::CLIENT,
    &hiredis::CLIENT,
    &redis_cli::CLIENT,
    &redis_cli::BEFORE_7_2,
];

/// The entries of one library, newest behaviour first; none for an id that is not on the shelf.
pub fn by_id(id: &str) -> impl Iterator<Item = &'static Client> {
    ALL.iter().copied().filter(move |client| client.id == id)
}

/// The entries for a version of a library: those whose range it lies in, else those whose range ends nearest to it.
pub fn of_version(id: &str, version: &str) -> Vec<&'static Client> {
    let covering: Vec<_> = by_id(id).filter(|client| client.covers(version)).collect();
    if !covering.is_empty() {
        return covering;
    }
    // Ranges of one library leave nothing out between them, so that only what is older than all of them is left.
    let oldest = by_id(id).last().map(|client| client.versions);
    by_id(id).filter(|client| Some(client.versions) == oldest).collect()
}
