//! The command line: what was typed, validated, and nothing done about it yet.

use std::{ffi::OsString, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::facts::{Kind, Role};

mod ca_request;
mod cert;
mod complaint;
mod connection;
mod global;
pub mod help;
mod moment;
mod tunnel;
mod typed;

pub use ca_request::{CaRequest, Form, KeyType};
pub use cert::{Cert, Purpose};
pub(crate) use complaint::without_credentials;
pub use connection::{Connection, Pasted, database};
pub use global::{FailOn, Format, Global, When};
pub use moment::{moment, within};
pub use tunnel::{Listen, Tunnel};

/// Finds out why a Redis or Valkey client will not connect.
#[derive(Debug, Parser)]
#[command(
    name = "redis-doctor",
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    propagate_version = true,
    about = "Finds out why a Redis or Valkey client will not connect: one root cause, the clients it breaks, a proved fix.",
    after_help = help::overview(),
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What all commands share.
    #[command(flatten)]
    pub global: Global,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at everything, say the root cause first and how to mend it
    #[command(after_help = help::after("check"))]
    Check(Check),
    /// What the servers announce, from every node: roles, slots, addresses, who answers where
    #[command(after_help = help::after("topology"))]
    Topology(Topology),
    /// Each node's certificate and connection: chain, names, dates; versions, server names, client certificates
    #[command(after_help = help::after("tls-check"))]
    TlsCheck(TlsCheck),
    /// Judge a certificate before it is deployed: what every TLS stack makes of a file, offline
    #[command(
        after_help = help::after("cert"),
        mut_arg("endpoint", |files| files.value_name("FILE").help(cert::FILE)),
        mut_arg("words", |files| files.hide(false).value_name("FILE").help(cert::FILES)),
    )]
    Cert(Cert),
    /// Print the proved map from announced to reachable addresses, in a client's own language
    #[command(after_help = help::after("address-map"))]
    AddressMap(AddressMap),
    /// What to ask a certificate authority for, so that every client passes at every node: text, OpenSSL, cert-manager
    #[command(after_help = help::after("ca-request"))]
    CaRequest(CaRequest),
    /// Write a tunnel to every node (spiped, stunnel, ssh …) with the client's map, and prove it once it runs
    #[command(after_help = help::after("tunnel"))]
    Tunnel(Tunnel),
    /// What each client library would do here: connect or not, to which nodes, and what the application would see
    #[command(after_help = help::after("clients"))]
    Clients(Clients),
    /// Explain a finding, or say which findings a client's error text can mean
    #[command(after_help = help::after("explain"))]
    Explain {
        /// A code, as reports print it (`redis-doctor list checks` has them all), or the text of an error, a log or a stack
        /// trace; - or no argument at all reads it from stdin
        #[arg(value_name = "CODE|TEXT", allow_hyphen_values = true)]
        what: Option<String>,
    },
    /// List the checks, the client libraries, the kinds of tunnels or the lab's scenes
    #[command(after_help = help::after("list"))]
    List {
        /// Which shelf
        what: Shelf,
    },
    /// Keep a lab scene running, and print its endpoint and CA file for any client to be tried on
    #[cfg(feature = "lab")]
    #[command(after_help = help::after("lab"))]
    Lab {
        /// The scene, as `list scenes` names it; `?nodes=N` sets its size: `healthy?nodes=100`
        scene: String,
        /// Where to write the CA certificate (PEM) [default: a file in the temporary directory]
        #[arg(long, value_name = "FILE")]
        ca_out: Option<std::path::PathBuf>,
    },
    /// Print a completion script
    #[command(after_help = help::after("completions"))]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Where to look, of those that look somewhere; what `cert` is given are files.
    fn connection(&mut self) -> Option<&mut Connection> {
        match self {
            Command::Check(Check { connection, .. })
            | Command::Topology(Topology { connection, .. })
            | Command::TlsCheck(TlsCheck { connection, .. })
            | Command::AddressMap(AddressMap { connection, .. })
            | Command::CaRequest(CaRequest { connection, .. })
            | Command::Tunnel(Tunnel { connection, .. })
            | Command::Clients(Clients { connection, .. }) => Some(connection),
            _ => None,
        }
    }
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// Fail unless the deployment is of this kind, or the endpoint has this role
    #[arg(long, value_name = "KIND")]
    pub expect: Option<Expect>,
    /// Look again until it is well or this long has passed; for servers that are just starting (60s, 2m)
    #[arg(long, value_name = "TIME", value_parser = global::duration)]
    pub wait: Option<Duration>,
    /// Leave one more connection alone for so long and see who closes it (30s, 10m); --deadline has to be longer
    #[arg(long, value_name = "TIME", value_parser = global::duration)]
    pub idle: Option<Duration>,
    /// Leave a finding out: a code, or a code on one node (its address or the start of its id); repeatable
    #[arg(long, value_name = "CODE[=NODE]")]
    pub ignore: Vec<String>,
}

/// `topology`.
#[derive(Debug, Args)]
pub struct Topology {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// Draw it instead
    #[arg(long, value_name = "LANGUAGE")]
    pub draw: Option<Drawing>,
}

/// `tls-check`.
#[derive(Debug, Args)]
pub struct TlsCheck {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
}

/// `address-map`.
#[derive(Debug, Args)]
pub struct AddressMap {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// The client library to write for: node-redis, ioredis, redis-py, redis-rs, or json
    #[arg(long = "for", value_name = "CLIENT", default_value = "json")]
    pub client: String,
    /// Read a map that somebody wrote and say what is wrong with it: JSON as node-redis, ioredis and redis-rs have it, what
    /// this command writes, or lines of host:port=host:port; - is stdin. With --for, keys and certificates are judged as
    /// that client does
    #[arg(long, value_name = "FILE")]
    pub check: Option<std::path::PathBuf>,
}

/// `clients`.
#[derive(Debug, Args)]
pub struct Clients {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// Only this library, in this version where one is given (redis-py@5, jedis@7.4); repeatable
    #[arg(long = "client", value_name = "ID[@VERSION]")]
    pub clients: Vec<String>,
    /// Take the endpoint for this kind of deployment: a cluster client on a server with cluster mode off fails
    #[arg(long, value_name = "KIND")]
    pub expect: Option<Expect>,
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shelf {
    /// Every check, with its severity
    Checks,
    /// Every client library that reports speak of
    Clients,
    /// Every kind of tunnel: what it is for, and how far it was tried
    Tunnels,
    /// The lab's scenes
    Scenes,
}

/// Kinds for `--expect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expect {
    /// Cluster mode on
    Cluster,
    /// One server, or a primary with replicas
    Standalone,
    /// A Sentinel
    Sentinel,
    /// The server that takes writes, cluster mode off
    Primary,
    /// A replica, cluster mode off
    Replica,
}

impl From<Expect> for Kind {
    fn from(expect: Expect) -> Kind {
        match expect {
            Expect::Cluster => Kind::Cluster,
            Expect::Standalone | Expect::Primary | Expect::Replica => Kind::Standalone,
            Expect::Sentinel => Kind::Sentinel,
        }
    }
}

impl Expect {
    /// The role that the endpoint itself shall have.
    pub fn role(self) -> Option<Role> {
        match self {
            Expect::Primary => Some(Role::Primary),
            Expect::Replica => Some(Role::Replica),
            Expect::Cluster | Expect::Standalone | Expect::Sentinel => None,
        }
    }
}

/// Languages for `--draw`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Drawing {
    /// Graphviz
    Dot,
    /// Mermaid, as GitHub and GitLab show it
    Mermaid,
}

/// Reads the command line. Where it cannot be understood, one sentence says what and the way out.
///
/// # Errors
/// The sentence, without a credential in it. Asking for help or the version is an [`Ask::Print`].
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Ask> {
    let mut cli = Cli::try_parse_from(arguments).map_err(complaint::ask)?;
    if let Some(connection) = cli.command.connection() {
        connection.straighten().map_err(Ask::Refuse)?;
    }
    Ok(cli)
}

/// What comes of a command line in place of work.
#[derive(Debug)]
pub enum Ask {
    /// Help or the version was asked for; it is printed as it is.
    Print(clap::Error),
    /// It was not understood.
    Refuse(String),
}

/// The whole command line as clap knows it, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_pasted_redis_cli_line_works() {
        let line =
            "redis-doctor check -h 10.0.0.5 -p 6380 --tls --cacert ca.pem --user app -a -secret -c --no-auth-warning";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Check(check) = cli.command else { panic!() };
        assert_eq!((check.connection.host.as_deref(), check.connection.port), (Some("10.0.0.5"), Some(6380)));
        assert_eq!(check.connection.password.as_deref(), Some("-secret"));
    }
}
