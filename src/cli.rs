//! The command line: what was typed, validated, and nothing done about it yet.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which shows no backticks")]

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::facts::Kind;

/// Finds out why a Redis or Valkey client will not connect.
#[derive(Debug, Parser)]
#[command(
    name = "redis-doctor",
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    propagate_version = true,
    about = "Finds out why a Redis or Valkey client will not connect: one root cause, the clients it breaks, a proved fix.",
    after_help = EXAMPLES,
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

const EXAMPLES: &str = "\
Examples:
  redis-doctor check lab://azure-enterprise           no Redis needed: a sick cluster in a box
  redis-doctor check rediss://redis.example.com:6380 --cacert ca.pem
  redis-doctor check -h 10.0.0.5 -p 6379 --tls        as you would type it for redis-cli
  redis-doctor address-map rediss://redis.example.com:10000 --for node-redis
  redis-doctor check rediss://redis:6379 --format github --wait 60s   as a CI step

Exit codes:
  0  nothing at or above --fail-on was found
  1  something was
  2  redis-doctor could not do its work (bad arguments, unreadable file)

Environment:
  REDISCLI_AUTH, REDISCLI_AUTH_USER    credentials, so that they stay out of the process list
  SSL_CERT_FILE, SSL_CERT_DIR          the system trust store
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE   colour";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at everything, say the root cause first and how to mend it
    Check(Check),
    /// What the servers announce, from every node: roles, slots, addresses, who answers where
    Topology(Topology),
    /// Each node's certificate: chain, names, dates, and for whom it speaks
    TlsCheck(TlsCheck),
    /// Print the proved map from announced to reachable addresses, in a client's own language
    AddressMap(AddressMap),
    /// Explain a finding: what it means, how it comes about, what to do
    Explain {
        /// The code, as reports print it (`redis-doctor list checks` has them all)
        code: String,
    },
    /// List the checks, the client libraries or the lab's scenes
    List {
        /// Which shelf
        what: Shelf,
    },
    /// Keep a lab scene running, and print its endpoint and CA file for any client to be tried on
    #[cfg(feature = "lab")]
    Lab {
        /// The scene, as `list scenes` names it; `?nodes=N` sets its size: `healthy?nodes=100`
        scene: String,
        /// Where to write the CA certificate (PEM) [default: a file in the temporary directory]
        #[arg(long, value_name = "FILE")]
        ca_out: Option<PathBuf>,
    },
    /// Print a completion script: redis-doctor completions bash > ~/.local/share/bash-completion/completions/redis-doctor
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Where to look.
    #[command(flatten)]
    pub connection: Connection,
    /// Fail unless the deployment is of this kind
    #[arg(long, value_name = "KIND")]
    pub expect: Option<Expect>,
    /// Look again until it is well or this long has passed; for servers that are just starting (60s, 2m)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
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
}

/// What `list` lists.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shelf {
    /// Every check, with its severity
    Checks,
    /// Every client library that reports speak of
    Clients,
    /// The lab's scenes
    Scenes,
}

/// Kinds for `--expect`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Expect {
    /// Cluster mode on
    Cluster,
    /// One server, or a primary with replicas
    Standalone,
    /// A Sentinel
    Sentinel,
}

impl From<Expect> for Kind {
    fn from(expect: Expect) -> Kind {
        match expect {
            Expect::Cluster => Kind::Cluster,
            Expect::Standalone => Kind::Standalone,
            Expect::Sentinel => Kind::Sentinel,
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

/// Where to look, and how. Named as redis-cli names it, so that a pasted line works.
#[derive(Debug, Args)]
pub struct Connection {
    /// rediss://, redis://, valkeys://, valkey://, host:port, [v6]:port (no scheme: the wire decides), or lab://SCENE
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Server host
    #[arg(short = 'h', value_name = "HOST", conflicts_with = "endpoint", help_heading = "Connection (as redis-cli)")]
    pub host: Option<String>,
    /// Server port [default: 6379]
    #[arg(short = 'p', value_name = "PORT", conflicts_with = "endpoint", help_heading = "Connection (as redis-cli)")]
    pub port: Option<u16>,
    /// Server URI, the same as ENDPOINT
    #[arg(short = 'u', value_name = "URI", conflicts_with_all = ["endpoint", "host", "port"], help_heading = "Connection (as redis-cli)")]
    pub uri: Option<String>,
    /// Password; REDISCLI_AUTH in the environment keeps it out of the process list
    #[arg(
        short = 'a',
        long = "pass",
        value_name = "PASSWORD",
        allow_hyphen_values = true,
        help_heading = "Connection (as redis-cli)"
    )]
    pub password: Option<String>,
    /// ACL user
    #[arg(long = "user", value_name = "USER", allow_hyphen_values = true, help_heading = "Connection (as redis-cli)")]
    pub username: Option<String>,
    /// Ask for the password on the terminal
    #[arg(long, help_heading = "Connection (as redis-cli)")]
    pub askpass: bool,
    /// Speak TLS
    #[arg(long, help_heading = "Connection (as redis-cli)")]
    pub tls: bool,
    /// CA certificates to trust, PEM [default: the system's trust store]
    #[arg(long, value_name = "FILE", help_heading = "Connection (as redis-cli)")]
    pub cacert: Option<PathBuf>,
    /// A directory of CA certificates to trust
    #[arg(long, value_name = "DIR", conflicts_with = "cacert", help_heading = "Connection (as redis-cli)")]
    pub cacertdir: Option<PathBuf>,
    /// Client certificate, PEM
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "Connection (as redis-cli)")]
    pub cert: Option<PathBuf>,
    /// Client key, PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "Connection (as redis-cli)")]
    pub key: Option<PathBuf>,
    /// Server name to send (SNI), on every connection; what is verified stays
    #[arg(long, value_name = "NAME", help_heading = "Connection (as redis-cli)")]
    pub sni: Option<String>,
    /// Name to verify on every connection (and to send as SNI), for clients that are configured with one
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub server_name: Option<String>,
    /// Use this address for a host and port, as curl does; repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR", help_heading = "Connection")]
    pub resolve: Vec<String>,
    /// Dial HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts match or keep everything; repeatable
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", help_heading = "Connection")]
    pub connect_to: Vec<String>,
    /// Taken from pasted redis-cli lines without effect: -c, -n, -2, -3, --no-auth-warning, --insecure (nothing is
    /// refused while looking; what a verifying client would do is what is reported)
    #[command(flatten)]
    pub pasted: Pasted,
}

/// redis-cli flags that change nothing here.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "redis-cli has that many switches")]
pub struct Pasted {
    #[arg(short = 'c', hide = true)]
    cluster: bool,
    #[arg(short = 'n', hide = true, value_name = "DB")]
    database: Option<u32>,
    #[arg(short = '2', hide = true)]
    resp2: bool,
    #[arg(short = '3', hide = true)]
    resp3: bool,
    #[arg(long, hide = true)]
    no_auth_warning: bool,
    #[arg(long, hide = true)]
    insecure: bool,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One object, for machines
    Json,
    /// Annotations and a step summary of GitHub Actions
    Github,
}

/// Where the line between success and failure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Exit 1 on errors
    Error,
    /// Exit 1 on warnings too
    Warning,
    /// Exit 0 whatever is found
    Never,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What all commands share.
#[derive(Debug, Args)]
pub struct Global {
    /// How to print
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    pub format: Format,
    /// Save what was seen (no credentials are in it) for --from
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Think about a saved snapshot instead of looking
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub from: Option<PathBuf>,
    /// What makes the exit code 1
    #[arg(long, global = true, value_name = "SEVERITY", default_value = "error", help_heading = "Output")]
    pub fail_on: FailOn,
    /// Only the summary and the findings' titles
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Everything that is known
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: When,
    /// The longest that one attempt (connect, handshake and answers) may take
    #[arg(long, global = true, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// The longest that the whole look may take
    #[arg(long, global = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub deadline: Duration,
    /// Nodes looked at side by side
    #[arg(long, global = true, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096), help_heading = "Limits")]
    pub concurrency: u16,
    /// Nodes looked at in all; the rest are only counted
    #[arg(long, global = true, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=20_000), help_heading = "Limits")]
    pub max_nodes: u32,
    /// Print help (-h is the host, as in redis-cli)
    #[arg(long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

/// The whole command line as clap knows it, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

/// `500ms`, `3s`, `2m`, or seconds without a unit; more than nothing and at most a day.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| "write it as 500ms, 3s or 2m".to_owned())?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err("write it as 500ms, 3s or 2m".to_owned()),
    };
    if (0.001..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("more than nothing and at most a day (24h)".to_owned())
    }
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

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        for bad in ["", "s", "-1s", "0", "1d", "NaN", "inf", "1e9h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
