//! Where to look and how, as redis-cli and curl name it.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which shows no backticks")]

use std::path::PathBuf;

use clap::Args;

/// Where to look, and how. Named as redis-cli names it, so that a pasted line works.
#[derive(Clone, Debug, Args)]
pub struct Connection {
    /// rediss://, redis://, valkeys://, valkey://, host:port, [v6]:port (no scheme: the wire decides),
    /// redis+sentinel://h1,h2/GROUP, rediss+sentinel://, or lab://SCENE; a client's connection string is read, too
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// A redis-cli command at the end of a pasted line, which is not run
    #[arg(hide = true, value_name = "COMMAND")]
    pub words: Vec<String>,
    /// Server host
    #[arg(short = 'h', aliases = ["host", "hostname"], value_name = "HOST", help_heading = "Connection (as redis-cli)")]
    pub host: Option<String>,
    /// Server port [default: 6379]
    #[arg(short = 'p', alias = "port", value_name = "PORT", value_parser = port, help_heading = "Connection (as redis-cli)")]
    pub port: Option<u16>,
    /// Server URI, the same as ENDPOINT
    #[arg(short = 'u', aliases = ["uri", "url"], value_name = "URI", conflicts_with_all = ["host", "port"], help_heading = "Connection (as redis-cli)")]
    pub uri: Option<String>,
    /// Password; REDISCLI_AUTH in the environment keeps it out of the process list
    #[arg(
        short = 'a',
        long = "pass",
        alias = "password",
        value_name = "PASSWORD",
        allow_hyphen_values = true,
        help_heading = "Connection (as redis-cli)"
    )]
    pub password: Option<String>,
    /// ACL user
    #[arg(
        long = "user",
        alias = "username",
        value_name = "USER",
        allow_hyphen_values = true,
        help_heading = "Connection (as redis-cli)"
    )]
    pub username: Option<String>,
    /// Ask for the password on the terminal
    #[arg(long, help_heading = "Connection (as redis-cli)")]
    pub askpass: bool,
    /// Speak TLS
    #[arg(long, alias = "ssl", help_heading = "Connection (as redis-cli)")]
    pub tls: bool,
    /// CA certificates to trust, PEM [default: the system's trust store]
    #[arg(long, aliases = ["cafile", "ca-cert"], value_name = "FILE", help_heading = "Connection (as redis-cli)")]
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
    /// Look through this map, as a client does that is given it: a file in any form that `address-map --check` reads, or a
    /// folder with a map.json
    #[arg(long, value_name = "FILE|DIR", help_heading = "Connection")]
    pub map: Option<PathBuf>,
    /// Where another node of the cluster is, whatever the cluster announces: it is asked, too; repeatable
    #[arg(long, value_name = "HOST:PORT", help_heading = "Connection")]
    pub node: Vec<String>,
    /// The group of a Sentinel to look at [default: mymaster, or all where none is called so]
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub group: Option<String>,
    /// ACL user at the Sentinels, where they have credentials of their own: those of a URL are for the servers
    #[arg(long, value_name = "USER", allow_hyphen_values = true, help_heading = "Connection")]
    pub sentinel_user: Option<String>,
    /// Password at the Sentinels [default: the one of the servers is tried]; REDISCLI_SENTINEL_AUTH in the environment keeps
    /// it out of the process list
    #[arg(long, value_name = "PASSWORD", allow_hyphen_values = true, help_heading = "Connection")]
    pub sentinel_pass: Option<String>,
    /// Ask for the password of the Sentinels on the terminal
    #[arg(long, help_heading = "Connection")]
    pub sentinel_askpass: bool,
    /// What a pasted line may carry besides.
    #[command(flatten)]
    pub pasted: Pasted,
}

/// redis-cli flags that change nothing here: how replies are printed, which protocol; which database is asked for, as a URL does.
/// `--insecure` too: nothing is refused while looking, and what a verifying client would do is what is reported.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "redis-cli has that many switches")]
pub struct Pasted {
    #[arg(short = 'c', alias = "cluster", hide = true)]
    cluster: bool,
    /// Database that clients select
    #[arg(short = 'n', hide = true, value_name = "DB")]
    pub database: Option<u32>,
    #[arg(short = '2', hide = true)]
    resp2: bool,
    #[arg(short = '3', hide = true)]
    resp3: bool,
    #[arg(long, hide = true)]
    no_auth_warning: bool,
    #[arg(long, hide = true)]
    insecure: bool,
    #[arg(short = '4', hide = true)]
    ipv4: bool,
    #[arg(short = '6', hide = true)]
    ipv6: bool,
    #[arg(short = 'e', hide = true)]
    error_code: bool,
    #[arg(long, hide = true)]
    raw: bool,
    #[arg(long, hide = true)]
    no_raw: bool,
    #[arg(long, hide = true)]
    csv: bool,
    #[arg(long, hide = true)]
    quoted_input: bool,
}

/// The number of a database in what stands behind the hosts: `db` or `database` of the query, as redis-py and predis have it, or
/// a segment of the path.
pub fn database(behind: &str) -> Option<u32> {
    let behind = behind.split('#').next().unwrap_or_default();
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let asked = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut asked = asked.filter(|(key, _)| matches!(*key, "db" | "database")).map(|(_, value)| value);
    asked.find_map(|value| value.parse().ok()).or_else(|| path.split('/').find_map(|segment| segment.parse().ok()))
}

/// Says what was wrong and not what was typed: people mean `-p` for the password, too.
fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| "ports go from 1 to 65535".to_owned())
}
