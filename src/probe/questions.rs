//! What is asked on a connection, of whom.

use std::collections::BTreeSet;

use crate::facts::Kind;

/// How much to ask on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// Everything: this is the seed.
    Everything,
    /// Who it is, how it sees the cluster, and where it sends clients.
    Routes,
    /// Who it is and how it sees the cluster.
    View,
    /// Who it is.
    Identity,
    /// Who it is, how it sees the cluster, and at which address of its own it was reached: of a node that nobody announces there.
    Known,
    /// Who it is, and at which address of its own it was reached.
    Behind,
    /// Who it is, of a Sentinel.
    Sentinel,
}

/// How a server is asked that hangs up on commands.
#[derive(Clone, Debug, Default)]
pub(super) struct Manners {
    /// What it hangs up on.
    pub(super) skipped: BTreeSet<Command>,
    /// Each command after the answer to the one before. A proxy that hangs up on one (twemproxy) does not send the answers that it
    /// still has for those before it, so that of several at once nobody knows which one it was.
    pub(super) one_by_one: bool,
}

/// The commands that are asked, in the order in which they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Command {
    Auth,
    Hello,
    MyId,
    SentinelMyId,
    Info,
    Slots,
    Shards,
    Nodes,
    Role,
    ClusterInfo,
    Count,
    Ping,
    ClientInfo,
    IdleTimeout,
    Keepalive,
    /// Of the database that the target names, which a client selects before all else.
    Select,
}

impl Command {
    /// COUNT and PING are asked for what comes in place of an answer: some clients cannot do without them.
    const QUESTIONS: [Command; 15] = [
        Command::Hello,
        Command::MyId,
        Command::SentinelMyId,
        Command::Info,
        Command::Slots,
        Command::Shards,
        Command::Nodes,
        Command::Role,
        Command::ClusterInfo,
        Command::Count,
        Command::Ping,
        Command::ClientInfo,
        Command::IdleTimeout,
        Command::Keepalive,
        Command::Select,
    ];

    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Command::Auth => &["AUTH"],
            Command::Hello => &["HELLO"],
            Command::MyId => &["CLUSTER", "MYID"],
            Command::SentinelMyId => &["SENTINEL", "MYID"],
            Command::Info => &["INFO"],
            Command::Slots => &["CLUSTER", "SLOTS"],
            Command::Shards => &["CLUSTER", "SHARDS"],
            Command::Nodes => &["CLUSTER", "NODES"],
            Command::Role => &["ROLE"],
            Command::ClusterInfo => &["CLUSTER", "INFO"],
            Command::Count => &["COMMAND", "COUNT"],
            Command::Ping => &["PING"],
            Command::ClientInfo => &["CLIENT", "INFO"],
            Command::IdleTimeout => &["CONFIG", "GET", "timeout"],
            Command::Keepalive => &["CONFIG", "GET", "tcp-keepalive"],
            Command::Select => &["SELECT"],
        }
    }

    /// What to leave out where a server hangs up on this one: who has hung up on a CLUSTER command before has none of it.
    pub(super) fn alike(self, skipped: &BTreeSet<Command>) -> Vec<Command> {
        let of_cluster = |command: &Command| command.words()[0] == "CLUSTER";
        if !of_cluster(&self) || !skipped.iter().any(of_cluster) {
            return vec![self];
        }
        Command::QUESTIONS.into_iter().filter(|command| of_cluster(command) && !skipped.contains(command)).collect()
    }

    fn is_asked(self, ask: Ask, kind: Option<Kind>) -> bool {
        let in_cluster = kind.is_none_or(|k| k == Kind::Cluster);
        match (ask, self) {
            (Ask::Behind, _) => matches!(self, Command::MyId | Command::ClientInfo),
            // Behind Sentinels it is the servers that have databases.
            (Ask::Everything, Command::Select) => true,
            (_, Command::Select) => matches!(ask, Ask::Routes | Ask::View) && kind == Some(Kind::Sentinel),
            (_, Command::ClientInfo) => ask == Ask::Known,
            (_, Command::IdleTimeout | Command::Keepalive) => ask == Ask::Everything,
            // A seed that turns out to be a Sentinel is asked later. Behind a map any of its forwards may lead to one.
            (Ask::Everything, _) => self != Command::SentinelMyId,
            (_, Command::SentinelMyId) => ask == Ask::Sentinel || ask == Ask::Identity && !in_cluster,
            (Ask::Sentinel, _) => self == Command::Info,
            (_, Command::Info) => ask != Ask::Identity || !in_cluster,
            (_, Command::MyId)
            | (Ask::Routes, Command::Slots)
            | (Ask::Routes | Ask::View | Ask::Known, Command::Nodes) => in_cluster,
            (_, Command::Role) => !in_cluster,
            _ => false,
        }
    }
}

/// The questions for a connection, without those that this server hangs up on; `selects`: a database is asked for.
pub(super) fn questions(ask: Ask, kind: Option<Kind>, skipped: &BTreeSet<Command>, selects: bool) -> Vec<Command> {
    // Who hangs up on one CONFIG GET does so on the other.
    let is_skipped =
        |c: &Command| skipped.contains(c) || *c == Command::Keepalive && skipped.contains(&Command::IdleTimeout);
    let is_meant = |c: &Command| selects || *c != Command::Select;
    Command::QUESTIONS.into_iter().filter(|c| c.is_asked(ask, kind) && is_meant(c) && !is_skipped(c)).collect()
}
