//! `ca-request`: looks, derives what to ask for, and prints it in the form that was asked for.

use anyhow::Result;

use super::{Look, complain, examined, print};
use crate::{
    cli::{self, Cli, FailOn, Format},
    exit::Exit,
    facts::Snapshot,
    render,
    request::{self, Options, Request},
    request_forms::{self, Key, Sheet},
};

/// Exits with 0 where every client passes by it, or nothing is to be failed on.
pub(super) fn run(cli: &Cli, arguments: &cli::CaRequest) -> Result<Exit> {
    let look = Look::prepare(&arguments.connection, &cli.global)?;
    let (snapshot, report) = examined(&look, None, &[])?;
    let found = if cli.global.fail_on == FailOn::Never { Exit::Well } else { Exit::Found };
    let worst = report.findings.first().map(|f| format!("{}: {}", f.code, f.title)).unwrap_or_default();
    if snapshot.seed.opened().is_none() {
        complain(&format!("nothing was seen that a certificate could be for ({worst})"));
        return Ok(found);
    }
    let options = Options { per_node: arguments.per_node, no_wildcard: arguments.no_wildcard };
    let request = match request::derive(&snapshot, options) {
        Ok(request) => request,
        Err(why) => {
            complain(&why);
            return Ok(found);
        }
    };
    let command = format!("{}{}", look.command("ca-request"), flags(arguments));
    // What was saved stays as it was: it is the servers that have to be looked at again.
    let again = || format!("redis-doctor check rediss://{}", snapshot.target.endpoint);
    let check = if look.is_saved() { again() } else { look.command("check") };
    let key = match arguments.key_type {
        cli::KeyType::Ec => Key::Ec,
        cli::KeyType::Rsa => Key::Rsa,
    };
    let judge = look.judging("redis.crt");
    let sheet = Sheet { request: &request, key, command: &command, judge: judge.as_deref(), check: &check };
    print(&match (cli.global.format, arguments.form) {
        (Format::Json, _) => request_forms::json(&sheet),
        (_, cli::Form::Text) => escaped(&request_forms::text(&sheet)),
        (_, cli::Form::Openssl) => request_forms::openssl(&sheet),
        (_, cli::Form::CertManager) => request_forms::cert_manager(&sheet),
    })?;
    if request.kind.is_none() {
        complain(&format!("the nodes are not known, and this is for the endpoint alone ({worst}); {check} says more"));
    }
    if arguments.form != cli::Form::Text && cli.global.format != Format::Json {
        warn(&request, &snapshot);
    }
    Ok(if request.proof.is_whole() && request.kind.is_some() { Exit::Well } else { found })
}

/// The arguments that change what is asked for.
fn flags(arguments: &cli::CaRequest) -> String {
    let per_node = if arguments.per_node { " --per-node" } else { "" };
    let no_wildcard = if arguments.no_wildcard { " --no-wildcard" } else { "" };
    let rsa = if arguments.key_type == cli::KeyType::Rsa { " --key-type rsa" } else { "" };
    format!("{per_node}{no_wildcard}{rsa}")
}

/// Every line as a terminal can be shown it.
fn escaped(text: &str) -> String {
    text.lines().map(|line| render::escape_terminal(line) + "\n").collect()
}

/// What a configuration does not say, on stderr beside it.
fn warn(request: &Request, snapshot: &Snapshot) {
    if let Some(managed) = request.managed {
        complain(&format!(
            "{} is {}: its certificate is the provider's; address-map writes what clients need there",
            snapshot.target.endpoint, managed.name
        ));
    }
    for failing in &request.proof.failing {
        complain(&format!("{} for {}: {}; {}", failing.host, failing.clients.join(", "), failing.text, failing.advice));
    }
    for left in &request.left_out {
        complain(&format!("not in it: {}: {}", left.host, left.reason));
    }
}
