//! A service or a proxy that does not know commands which Redis of its version knows.

use crate::{
    clients::{self, Client, Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, affected_by, is_unsupported},
    facts::{Connection, Observed, Refusal, Server},
};

pub(super) const CHECK: Check = Check {
    code: "command-unsupported",
    severity: Severity::Info,
    expects: "The endpoint knows the commands that Redis of its version knows.",
    explain: "Proxies (twemproxy, Envoy, redis-cluster-proxy, predixy) and hosted services leave commands out: \
              CLUSTER, INFO, ROLE, HELLO, CONFIG. Some answer \"unknown command\", others hang up. redis-doctor goes \
              on with what is left: HELLO falls back to AUTH, SHARDS to SLOTS and NODES, MYID to the line that a node \
              has of itself. Clients that ask such a command while they connect need to be told not to; others never \
              notice.",
    transient: false,
    explains: &[],
    examine,
};

/// What an endpoint is asked.
const ASKED: [&str; 9] = [
    "HELLO",
    "INFO",
    "ROLE",
    "PING",
    "COMMAND COUNT",
    "CLUSTER SLOTS",
    "CLUSTER SHARDS",
    "CLUSTER NODES",
    "CLUSTER MYID",
];

/// What some client asks while it connects; the rest is nobody's trouble by itself.
const MATTERS: [&str; 5] = ["HELLO", "INFO", "PING", "CLUSTER SLOTS", "CLUSTER NODES"];

/// What clients do without a command, in their own words.
const WITHOUT: [(&str, &str); 2] = [
    ("INFO", "without INFO: no ready check (ioredis enableReadyCheck: false)"),
    ("CLUSTER SLOTS", "without CLUSTER: the plain client and not the cluster form"),
];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(connection) = context.snapshot.seed.opened() else { return };
    if context.is_sentinel() || !matches!(connection.auth, Observed::Seen(_)) || connection.cut.is_some() {
        return;
    }
    let missing: Vec<&Refusal> = connection.refusals.iter().filter(|refusal| is_missed(connection, refusal)).collect();
    if !missing.iter().any(|refusal| MATTERS.contains(&refusal.command.as_str())) {
        return verdicts.pass();
    }
    let lacks = |command: &str| missing.iter().any(|refusal| refusal.command == command);
    let (hung, unknown): (Vec<&Refusal>, Vec<&Refusal>) =
        missing.iter().partition(|refusal| refusal.answer == Refusal::HANGS_UP);
    let answered = ASKED.iter().filter(|command| !connection.refusals.iter().any(|r| r.command == **command));
    let table = [
        ("answered", answered.map(|command| (*command).to_owned()).collect()),
        ("unknown", names(&unknown)),
        ("hangs up on", names(&hung)),
    ];
    let table = table.into_iter().filter(|(_, commands): &(_, Vec<String>)| !commands.is_empty());
    let presented: Vec<String> = table.map(|(what, commands)| format!("{what}: {}", commands.join(", "))).collect();
    // Of what is not to be sent at all, the options above are the whole list.
    let helps = |command: &str| lacks(command) && (hung.is_empty() || command == "CLUSTER SLOTS");
    let advice: Vec<&str> = WITHOUT.iter().filter(|(command, _)| helps(command)).map(|(_, advice)| *advice).collect();
    let (clients, options) = match () {
        () if !hung.is_empty() => (affected_by(|client| Some(client.plain.behind_strict_proxy?.text)), Some(quiet())),
        () if lacks("HELLO") => (affected_by(|client| greets(context, client)), Some(without_hello())),
        () => (Vec::new(), None),
    };
    let remedy = (!advice.is_empty()).then(|| Remedy {
        audience: Audience::Client,
        text: format!("Tell the client not to ask: {}.", advice.join("; ")),
        lines: Vec::new(),
        proof: None,
    });
    verdicts.fail(Problem {
        title: title(context, connection, &missing),
        subjects: vec![context.endpoint()],
        expected: "an answer to each, or a client that does not ask".to_owned(),
        presented: presented.join("; "),
        clients,
        remedies: options.into_iter().chain(remedy).collect(),
    });
}

/// A library as it comes, at a server that does not know HELLO.
fn greets(context: &Context<'_>, client: &Client) -> Option<String> {
    let plain = client.plain.without_hello?.text;
    let in_cluster = || (client.text)(&Symptom::UnknownCommand("HELLO"), Where::Seed);
    Some(if context.is_cluster() { in_cluster() } else { None }.unwrap_or_else(|| plain.to_owned()))
}

/// The options with which libraries begin with AUTH.
fn without_hello() -> Remedy {
    let text = "Tell the client to speak RESP2, without HELLO; libraries that are not named do so by themselves.";
    set_up(text, |client| Some(client.plain.without_hello?.option))
}

/// The options with which libraries keep to themselves what they are.
fn quiet() -> Remedy {
    let text = "What hangs up on one command that it does not know does so on CLIENT SETINFO, too, which libraries of today send as they \
               connect. Tell yours not to; those without such an option do not get through.";
    set_up(text, |client| client.plain.behind_strict_proxy?.options)
}

/// Options, library by library.
fn set_up(text: &str, options: impl Fn(&Client) -> Option<&'static str>) -> Remedy {
    let told = |client: &Client| Some(format!("{} {}: {}", client.id, client.versions, options(client)?));
    let lines = clients::ALL.iter().filter_map(|client| told(client)).collect();
    Remedy { audience: Audience::Client, text: text.to_owned(), lines, proof: None }
}

fn title(context: &Context<'_>, connection: &Connection, missing: &[&Refusal]) -> String {
    let commands = names(missing).join(", ");
    let version = connection.server.seen().and_then(|server| server.version.as_deref());
    if let ([only], Some(version)) = (missing, version)
        && only.command == "HELLO"
        && is_too_old(connection, only)
    {
        return format!(
            "Redis {version} does not know HELLO, with which some libraries begin: it is there from 6.0 on"
        );
    }
    match context.provider() {
        Some(provider) if missing.iter().all(|refusal| provider.is_refused(&refusal.command)) => {
            format!("{} does not know {commands}, as is known of it", provider.name)
        }
        Some(provider) => format!("{} does not know {commands}", provider.name),
        None => format!("{commands} unknown here: a proxy, a hosted service, or commands that were renamed"),
    }
}

/// Their names; CLUSTER is one where it has no subcommand that clients discover by.
fn names(refusals: &[&Refusal]) -> Vec<String> {
    let no_cluster = ["CLUSTER SLOTS", "CLUSTER NODES"].iter().all(|c| refusals.iter().any(|r| r.command == **c));
    let mut names: Vec<String> = Vec::new();
    for refusal in refusals {
        let of_cluster = no_cluster && refusal.command.starts_with("CLUSTER ");
        let name = if of_cluster { "CLUSTER" } else { &refusal.command };
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Clients ask it, Redis of this version knows it, and here it is not known.
fn is_missed(connection: &Connection, refusal: &Refusal) -> bool {
    let asked = ASKED.contains(&refusal.command.as_str()) || refusal.command == "CLUSTER INFO";
    // What an old server lacks is no wonder; without HELLO some libraries do not begin all the same.
    asked && is_unsupported(refusal) && (refusal.command == "HELLO" || !is_too_old(connection, refusal))
}

/// A server of this version does not have the command: HELLO came with 6.0, CLUSTER SHARDS with 7.0, ROLE and COMMAND with 2.8.
fn is_too_old(connection: &Connection, refusal: &Refusal) -> bool {
    let since = match refusal.command.as_str() {
        "CLUSTER SHARDS" => 7,
        "HELLO" => 6,
        _ => 3,
    };
    let major = connection.server.seen().and_then(Server::major);
    // The newest of them all is no wonder anywhere.
    major.map_or(refusal.command == "CLUSTER SHARDS", |major| major < since)
}
