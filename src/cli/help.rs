//! What `--help` and the man pages say beyond the options: examples, exit codes, environment.

use std::fmt::Write as _;

/// A command, and what it is for.
pub type Example = (&'static str, &'static str);

/// Every exit code.
pub const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "nothing at or above --fail-on was found"),
    ("1", "something was"),
    ("2", "redis-doctor could not do its work (bad arguments, unreadable file)"),
];

/// Every variable that is read.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("REDISCLI_AUTH", "the password, so that it stays out of the process list; -a beats it"),
    ("REDISCLI_AUTH_USER", "the ACL user; --user beats it"),
    ("REDISCLI_SENTINEL_AUTH", "the password at the Sentinels; --sentinel-pass beats it"),
    ("REDISCLI_SENTINEL_AUTH_USER", "the ACL user at the Sentinels; --sentinel-user beats it"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "in place of the system trust store"),
    ("NO_COLOR", "no colour, unless --color always"),
    ("CLICOLOR_FORCE, CLICOLOR=0", "colour even into a pipe, no colour at all"),
    ("TERM=dumb", "no colour, no progress bar, ASCII only"),
    ("COLUMNS", "the width, where stdout is no terminal"),
    ("GITHUB_STEP_SUMMARY", "the file that --format github appends a summary to"),
];

/// What to try first.
pub const EXAMPLES: &[Example] = &[
    ("redis-doctor check lab://azure-enterprise", "no Redis needed: a sick cluster in a box"),
    ("redis-doctor check rediss://redis.example.com:6380 --cacert ca.pem", "the usual case"),
    ("redis-doctor check -h 10.0.0.5 -p 6379 --tls", "as you would type it for redis-cli"),
    ("redis-doctor address-map rediss://redis.example.com:10000 --for node-redis", "the way out, to paste"),
    ("redis-doctor check rediss://redis:6379 --at 2027-03-15", "will it still work in March?"),
    ("redis-doctor check rediss://redis:6379 --format github --wait 60s", "as a step of CI"),
];

/// The examples of a subcommand.
pub fn examples(subcommand: &str) -> &'static [Example] {
    match subcommand {
        "check" => CHECK,
        "topology" => TOPOLOGY,
        "tls-check" => TLS_CHECK,
        "cert" => CERT,
        "address-map" => ADDRESS_MAP,
        "ca-request" => CA_REQUEST,
        "tunnel" => TUNNEL,
        "clients" => CLIENTS,
        "explain" => EXPLAIN,
        "list" => LIST,
        "lab" => LAB,
        "completions" => COMPLETIONS,
        _ => EXAMPLES,
    }
}

const CHECK: &[Example] = &[
    ("redis-doctor check rediss://redis.example.com:6380 --cacert ca.pem", "TLS, with your own CA"),
    ("redis-doctor check -h 10.0.0.5 -p 6379 --tls --user app --askpass", "a line from redis-cli; no command is run"),
    ("redis-doctor check redis.example.com:6379", "no scheme: the wire decides, and the report says which"),
    (
        "redis-doctor check redis+sentinel://s1.example.com,s2.example.com/mymaster",
        "Sentinels, and all that they hand out",
    ),
    (
        "redis-doctor check redis://10.0.0.21:6379 --node 10.0.0.22:6379 --node 10.0.0.23:6379",
        "nodes that came back with new addresses: the lines that introduce them",
    ),
    (
        "redis-doctor check redis://redis.example.com:6379 --idle 10m --deadline 11m",
        "who closes idle connections, and when?",
    ),
    ("redis-doctor check rediss://redis:6379 --save seen.json", "inside a locked network; then, outside:"),
    ("redis-doctor check --from seen.json -v", "the same report, without access"),
    ("redis-doctor check rediss://redis:6379 --format github --wait 60s", "as a step of CI"),
    ("redis-doctor check rediss://r:6379 --ignore announced-private", "what is known and accepted"),
    (
        "redis-doctor check rediss://r.example.com:6379 --connect-to r.example.com:6379:127.0.0.1:7000",
        "through a tunnel",
    ),
    (
        "redis-doctor check rediss://redis.example.com:6380 --map map.json --fail-on warning",
        "through the map that the application has",
    ),
];

const TOPOLOGY: &[Example] = &[
    ("redis-doctor topology rediss://redis.example.com:6380", "who is who, and where each says it is"),
    ("redis-doctor topology redis+sentinel://s1.example.com,s2.example.com/mymaster", "what each Sentinel hands out"),
    (
        "redis-doctor topology redis://10.0.0.21:6379 --node 10.0.0.22:6379",
        "a node is asked that the others no longer find",
    ),
    ("redis-doctor topology lab://split-view --draw mermaid", "as a drawing, to paste into an issue"),
    ("redis-doctor topology lab://healthy --draw dot | dot -Tsvg -o cluster.svg", "with Graphviz"),
];

const TLS_CHECK: &[Example] = &[
    ("redis-doctor tls-check rediss://redis.example.com:6380", "against the system trust store"),
    (
        "redis-doctor tls-check rediss://10.0.0.5:6380 --server-name redis.example.com",
        "as a client that verifies a set name",
    ),
    ("redis-doctor tls-check rediss://redis:6380 --cert app.pem --key app.key", "is this client certificate accepted?"),
];

const CERT: &[Example] = &[
    ("redis-doctor cert fullchain.pem --ca ca.pem --name redis-1.example.com --name 10.0.0.5", "what every stack says"),
    (
        "redis-doctor cert new.pem --ca ca.pem --for rediss://redis.example.com:6380",
        "for all that the cluster announces",
    ),
    (
        "redis-doctor cert redis.pem --chain intermediate.pem --at 2027-03-15 --stack node@20,go@1.23",
        "how it will look then",
    ),
    ("redis-doctor cert app.pem --ca ca.pem --purpose client", "what an application shows to the server"),
    (
        "redis-doctor cert --batch < certificates.jsonl",
        "{\"id\", \"chain\", \"ca\", \"names\"} a line, in PEM; an answer line each",
    ),
];

const ADDRESS_MAP: &[Example] = &[
    ("redis-doctor address-map rediss://redis.example.com:10000 --for ioredis", "to paste into the application"),
    ("redis-doctor address-map --from seen.json --for redis-py", "from what was saved elsewhere"),
    (
        "redis-doctor address-map redis+sentinel://s1.example.com/mymaster --for ioredis",
        "where what Sentinels hand out leads nowhere",
    ),
    ("redis-doctor address-map lab://docker-nat --for json", "for any other program"),
    ("redis-doctor address-map --check map.json rediss://redis.example.com:10000", "the map that the application has"),
];

const CA_REQUEST: &[Example] = &[
    (
        "redis-doctor ca-request rediss://redis.example.com:6380 --cacert ca.pem",
        "the names, what they mend, the commands",
    ),
    ("redis-doctor ca-request rediss://redis.example.com:6380 --as openssl > redis.cnf", "for openssl req -config"),
    (
        "redis-doctor ca-request --from seen.json --per-node --as cert-manager > certificates.yaml",
        "a Certificate for each node, from what was saved elsewhere",
    ),
];

const TUNNEL: &[Example] = &[
    ("redis-doctor tunnel redis://10.0.0.11:6379", "which kind fits, and the command that writes it"),
    (
        "redis-doctor tunnel redis://10.0.0.11:6379 --with spiped --for ioredis --out tunnel",
        "the whole of it in a folder",
    ),
    ("redis-doctor tunnel redis://10.0.0.11:6379 --with ssh --via admin@bastion.example.com", "to stdout"),
    ("redis-doctor tunnel --check tunnels/", "a folder with a map.json; the cluster is asked through its forwards"),
    ("redis-doctor tunnel --check map.json rediss://redis.example.com:6380", "a map; the cluster is asked directly"),
];

const CLIENTS: &[Example] = &[
    ("redis-doctor clients lab://azure-enterprise", "every library, a row each"),
    (
        "redis-doctor clients rediss://redis.example.com:6380 --client redis-py@5 --client redis-py@6",
        "before an upgrade",
    ),
    (
        "redis-doctor clients redis+sentinel://s1.example.com/mymaster --user app --askpass --client jedis",
        "behind Sentinels; with the ACL line that it needs",
    ),
    ("redis-doctor clients --from seen.json --client go-redis --format json", "from what was saved elsewhere"),
];

const EXPLAIN: &[Example] = &[
    ("redis-doctor explain san-mismatch", "what it means and what to do"),
    ("redis-doctor explain \"Hostname/IP does not match certificate's altnames\"", "which findings a text can mean"),
    ("tail -n 50 app.log | redis-doctor explain", "the same of a log; nothing of it is printed again"),
];

const LIST: &[Example] = &[
    ("redis-doctor list checks", "everything that is checked"),
    ("redis-doctor list clients", "the client libraries that reports speak of"),
    ("redis-doctor list tunnels", "what tunnel --with takes, and what each kind is for"),
    ("redis-doctor list scenes", "the lab's clusters that misbehave on purpose"),
];

const LAB: &[Example] = &[
    ("redis-doctor lab azure-enterprise", "until Ctrl-C; prints the endpoint and the CA file"),
    ("redis-doctor lab 'healthy?nodes=100' --ca-out ca.pem", "a large one"),
];

const COMPLETIONS: &[Example] = &[
    ("redis-doctor completions bash > ~/.local/share/bash-completion/completions/redis-doctor", ""),
    ("redis-doctor completions zsh > \"${fpath[1]}/_redis-doctor\"", ""),
    ("redis-doctor completions fish > ~/.config/fish/completions/redis-doctor.fish", ""),
];

/// What stands below the options of `redis-doctor --help`.
pub(super) fn overview() -> String {
    let mut text = after("");
    let sections = [("Exit codes", EXIT_CODES, 4), ("Environment", ENVIRONMENT, 30)];
    for (title, rows, column) in sections {
        let _ = write!(text, "\n\n{title}:");
        for (name, meaning) in rows {
            let _ = write!(text, "\n  {name:<column$}{meaning}");
        }
    }
    text
}

/// What stands below the options of a subcommand: each example under what it is for.
pub(super) fn after(subcommand: &str) -> String {
    let mut text = "Examples:".to_owned();
    for (command, purpose) in examples(subcommand) {
        let remark = if purpose.is_empty() { String::new() } else { format!("\n      {purpose}") };
        let _ = write!(text, "\n  {command}{remark}");
    }
    text
}
