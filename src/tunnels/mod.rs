//! A tunnel for every node, as the configuration of a tunnel program: what runs where, on which port, to which node.
//!
//! A shelf: one file a kind, named here. A kind turns a [`Plan`] into [`Side`]s; the scripts, units and the page that
//! explains them are written for all kinds alike by [`folder`]. Every host that is written has passed [`plain::plain`]; names
//! of files, sections and units are numbers of ours (`node-1`), never what a server said.

mod draft;
mod envoy;
pub mod folder;
mod ghostunnel;
mod haproxy;
mod iap;
mod kubectl;
mod nginx;
mod plain;
pub mod plan;
mod ports;
pub mod recommend;
mod script;
mod socat;
mod spiped;
mod ssh;
mod ssm;
mod stunnel;
mod tls;
mod unit;

pub use plan::{Layout, LeftOut, Node, Options, Plan};
pub use tls::CLIENT_NAME;

/// One kind of tunnel.
pub struct Tunnel {
    /// What `--with` calls it.
    pub id: &'static str,
    /// What it is for, in a line.
    pub about: &'static str,
    /// How it gets the bytes across.
    pub carries: Carries,
    /// How far it was tried: `run` with the real program in the tests, `grammar` against its documented command line only.
    pub evidence: &'static str,
    /// What `--via` names, where the kind goes through somebody: `[USER@]BASTION[:PORT]`.
    pub via: Option<&'static str>,
    /// Why it cannot serve a node, where that is so (a certificate that it could not verify).
    pub refuses: fn(&Node, Mode) -> Option<String>,
    /// Writes its sides: the client's first, then the server's where there is one. An error is a sentence about what is
    /// missing or cannot be done.
    pub write: fn(&Plan) -> Result<Vec<Side>, String>,
}

/// How a kind gets the bytes of a connection from the application to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Two ends of its own and an encryption of its own between them; TLS of the nodes passes through untouched.
    Sealed,
    /// It speaks TLS itself. TLS nodes need its client end only; plaintext nodes get an end beside them, too.
    Tls,
    /// It forwards TCP through somebody who may reach the nodes; TLS of the nodes passes through untouched.
    Forwarded,
}

/// What a kind comes to for one deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One end beside the application, one beside the nodes.
    Pair,
    /// One end beside the application, which speaks TLS to the nodes.
    Originate,
    /// One end beside the application, which asks somebody to connect.
    Forward,
}

impl Carries {
    /// What it comes to where the nodes speak TLS, or not.
    pub fn mode(self, tls: bool) -> Mode {
        match self {
            Carries::Tls if tls => Mode::Originate,
            Carries::Sealed | Carries::Tls => Mode::Pair,
            Carries::Forwarded => Mode::Forward,
        }
    }

    /// True where the application itself speaks TLS to the node, and has to verify the node's name.
    pub fn passes_tls(self, tls: bool) -> bool {
        tls && self != Carries::Tls
    }
}

/// What runs on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where.
    pub end: End,
    /// Configuration files and keys.
    pub files: Vec<File>,
    /// What is started.
    pub run: Run,
}

/// The two ends of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Beside the application.
    Client,
    /// Beside the nodes.
    Server,
}

impl End {
    /// The folder that it is written to.
    pub fn folder(self) -> &'static str {
        match self {
            End::Client => "client",
            End::Server => "server",
        }
    }
}

/// One file of a side; the path is relative to the side's folder, in which everything is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// `haproxy.cfg`, `keys/node-1.key`.
    pub path: String,
    /// What is in it.
    pub content: Content,
}

impl File {
    /// A configuration file.
    pub fn text(path: impl Into<String>, text: String) -> Self {
        File { path: path.into(), content: Content::Text(text) }
    }
}

/// What is in a file. Keys are made, or copied, where files are written: they are nobody else's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// This.
    Text(String),
    /// 32 random bytes for the node with this number, the same on both sides.
    Key(usize),
    /// The anchors that the nodes were judged by, PEM.
    Anchors,
    /// The client certificate that the nodes were shown, and its key behind it, PEM.
    Identity,
    /// The CA that was made for the tunnel itself, PEM. Its key is thrown away.
    TunnelCa,
    /// The certificate for [`Node::tunnel_name`] of the node with this number, and its key behind it, PEM.
    TunnelServer(usize),
    /// The certificate of the tunnel's client end, and its key behind it, PEM.
    TunnelClient,
}

impl Content {
    /// True where nobody else may read it.
    pub fn is_secret(&self) -> bool {
        matches!(self, Content::Key(_) | Content::Identity | Content::TunnelServer(_) | Content::TunnelClient)
    }
}

/// What is started on a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// One process for all nodes.
    One(Command),
    /// One process for each node; every `${NAME}` of the command has a value for each.
    Each(Command, Vec<Instance>),
}

impl Run {
    /// What is started.
    pub fn command(&self) -> &Command {
        match self {
            Run::One(command) | Run::Each(command, _) => command,
        }
    }
}

impl Side {
    /// How many files its largest process has open at most: two sockets a connection, one that listens for each node, and
    /// what a program needs for itself.
    pub fn open_files(&self, plan: &Plan) -> u64 {
        let nodes = match self.run {
            Run::One(_) => plan.nodes.len() as u64,
            Run::Each(..) => 1,
        };
        (u64::from(plan.connections) * 2 + 1) * nodes + 256
    }
}

/// A command line. Arguments are words: `${NAME}` in them stands for a variable, nothing else is expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Found on the path.
    pub program: &'static str,
    /// How it is had: `Debian: apt-get install spiped`.
    pub package: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// It ends by itself now and then (`kubectl port-forward`), and is started again.
    pub ends: bool,
    /// Seconds after which it runs for good, or has said why it cannot: nginx tries five times to listen, half a second apart;
    /// ssh has to reach somebody.
    pub settles: u8,
}

/// The variables of one node's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// `node-1`.
    pub name: String,
    /// `("LISTEN", "[127.0.0.1]:20711")`; values hold no quote, space or control character.
    pub variables: Vec<(&'static str, String)>,
}

/// Every kind, those that need nothing but Debian first.
pub const ALL: &[Tunnel] = &[
    spiped::TUNNEL,
    stunnel::TUNNEL,
    haproxy::TUNNEL,
    nginx::TUNNEL,
    socat::TUNNEL,
    ghostunnel::TUNNEL,
    envoy::TUNNEL,
    ssh::TUNNEL,
    kubectl::TUNNEL,
    ssm::TUNNEL,
    iap::TUNNEL,
];

/// The kind with this id.
pub fn by_id(id: &str) -> Option<&'static Tunnel> {
    ALL.iter().find(|tunnel| tunnel.id == id)
}

#[cfg(test)]
mod fixtures;

#[cfg(test)]
mod tests;
