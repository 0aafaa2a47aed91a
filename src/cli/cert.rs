//! `cert`: certificates in files, judged before anybody deploys them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Connection;

/// What the first positional argument is here.
pub(super) const FILE: &str = "The certificate, PEM or DER: the server's own first, then its chain; - is stdin";
/// What the others are.
pub(super) const FILES: &str = "More files, read as if they stood behind the first";

/// `cert`.
#[derive(Debug, Args)]
pub struct Cert {
    /// The usual ways to a server, for `--for`; its positional arguments are the files.
    #[command(flatten)]
    pub connection: Connection,
    /// More of what the server sends, after FILE; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Certificate")]
    pub chain: Vec<PathBuf>,
    /// What is trusted: a PEM or DER file or a directory of them; repeatable [default: the system's trust store]
    #[arg(long, value_name = "BUNDLE", conflicts_with_all = ["cacert", "cacertdir"], help_heading = "Certificate")]
    pub ca: Vec<PathBuf>,
    /// A host name or an IP address that clients verify; repeatable
    #[arg(long = "name", value_name = "NAME", allow_hyphen_values = true, help_heading = "Certificate")]
    pub names: Vec<String>,
    /// Only these TLS stacks (node@20, go@1.23, java@25, rustls …), or all, and with --for the libraries that run on them;
    /// repeatable, or separated by commas
    #[arg(long = "stack", value_name = "ID", value_delimiter = ',', help_heading = "Certificate")]
    pub stacks: Vec<String>,
    /// Whether it is to be used by a server, or by a client that shows it
    #[arg(long, value_name = "PURPOSE", default_value = "server", help_heading = "Certificate")]
    pub purpose: Purpose,
    /// Judge it for every name and address that this cluster announces: an endpoint, or a file of --save
    #[arg(long = "for", value_name = "ENDPOINT|SNAPSHOT", help_heading = "Certificate")]
    pub covers: Option<String>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    pub json: bool,
    /// Judge many: JSON lines {id, chain, ca, names, at, stacks, purpose} on stdin, an answer line each, in their order;
    /// exits with 0 whatever the answers are, and with 2 where a line could not be read
    #[arg(
        long,
        conflicts_with_all = ["endpoint", "words", "chain", "names", "covers", "stacks"],
        help_heading = "Certificate"
    )]
    pub batch: bool,
}

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// By a server
    Server,
    /// By a client
    Client,
}

impl Cert {
    /// The files, in their order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.connection.endpoint.iter().chain(&self.connection.words).map(String::as_str)
    }
}
