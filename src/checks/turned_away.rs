//! The server turns every connection away before it listens: protected mode, its connection limit, a list of addresses.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
};

use crate::{
    diagnosis::{
        Affected, Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, SubjectKind, Verdicts,
        refused_everything, turned_away,
    },
    facts::{NodeId, Role, TurnedAway},
};

pub(super) const CHECK: Check = Check {
    code: "turned-away",
    severity: Severity::Error,
    expects: "The server lets clients in.",
    explain: "In protected mode (a default user without a password; up to 6.2 also no explicit bind) a server writes `-DENIED` to every client that is not on its \
              own machine and closes. At its connection limit it writes `-ERR max number of clients reached`. Both lines come \
              unasked and in plaintext, so a TLS client that meets them reports `wrong version number` or nothing at all. \
              Sentinel has a protected mode of its own, set in sentinel.conf. Services that take in listed addresses alone say \
              `illegal address` or `not in the allowlist` to whatever is asked, AUTH included, so that it looks like a wrong \
              password.",
    transient: false,
    explains: &[
        "not-redis",
        "tls-not-spoken",
        "endpoint-unreachable",
        "node-unreachable",
        "credentials-refused",
        "discovery-impossible",
        "discovery-refused",
        "privileges-missing",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut note = |line: Option<String>, subject: Subject| match line {
        Some(line) => found.add(&line, subject),
        None => verdicts.pass(),
    };
    let line = |attempt| turned_away(attempt).or_else(|| refused_everything(attempt));
    note(line(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts).and_then(line), context.node(node));
    }
    for (line, subjects) in found {
        let why = TurnedAway::read(&line);
        let who = who(context, &subjects);
        let title = match (why, who) {
            (Some(TurnedAway::ProtectedMode), Who::Sentinel) => {
                "the Sentinel is in protected mode and turns away clients from other machines"
            }
            (Some(TurnedAway::ProtectedMode), _) => {
                "the server is in protected mode and turns away clients from other machines"
            }
            (Some(TurnedAway::ConnectionLimit), _) => "the server has reached its connection limit",
            (Some(TurnedAway::AddressFilter), _) => {
                "the service takes in listed addresses alone, and not that of this machine"
            }
            (None, _) => "the server refuses whatever it is asked, in the same words",
        };
        let remedies = match why {
            Some(TurnedAway::ProtectedMode) => out_of_protected_mode(who),
            Some(TurnedAway::ConnectionLimit) => below_the_limit(),
            Some(TurnedAway::AddressFilter) => vec![list_it(&line)],
            None => vec![ask_the_service()],
        };
        verdicts.fail(Problem {
            title: title.to_owned(),
            subjects,
            expected: "the server answers commands".to_owned(),
            presented: line,
            clients: affected(context),
            remedies,
        });
    }
}

/// Which kind of process turned everybody away; it does not say so itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Server,
    Sentinel,
    /// One of the two: nothing tells.
    Either,
}

fn who(context: &Context<'_>, subjects: &[Subject]) -> Who {
    let ids: HashSet<&NodeId> = subjects.iter().filter_map(|subject| subject.id.as_ref()).collect();
    let roles: Vec<Role> = context.nodes().map(|(n, _)| n).filter(|n| ids.contains(&n.id)).map(|n| n.role).collect();
    let at_endpoint = subjects.iter().any(|s| s.kind == SubjectKind::Endpoint);
    let target = &context.snapshot.target;
    let named = at_endpoint && (!target.sentinels.is_empty() || target.endpoint.port == SENTINEL_PORT);
    match roles.iter().all(|role| *role == Role::Sentinel) {
        true if !roles.is_empty() || named => Who::Sentinel,
        true if at_endpoint => Who::Either,
        _ => Who::Server,
    }
}

/// Where Sentinels listen unless they are told otherwise.
const SENTINEL_PORT: u16 = 26379;

fn out_of_protected_mode(who: Who) -> Vec<Remedy> {
    let server = |text: &str, lines: &[&str]| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        proof: None,
    };
    let running = server(
        "On the server's own machine (redis-cli -h 127.0.0.1), give the default user a password: protected mode stays on and \
         steps aside then. All nodes and clients need the same one; CONFIG REWRITE keeps it. From 7.0 a bind alone does not lift it.",
        &["CONFIG SET masterauth PASSWORD", "CONFIG SET requirepass PASSWORD"],
    );
    let of_a_sentinel = server(
        "Of a Sentinel, in its own file, sentinel.conf (redis.conf is not read there), and restart it: a password, the same on \
         all Sentinels, which clients give apart from the servers' one (--sentinel-pass here).",
        &["requirepass PASSWORD", "sentinel sentinel-pass PASSWORD"],
    );
    let open = server(
        "Where a firewall already keeps strangers out of a Sentinel, which stores no data: in sentinel.conf, and restart it.",
        &["protected-mode no"],
    );
    match who {
        Who::Server => vec![running],
        Who::Sentinel => vec![of_a_sentinel, open],
        Who::Either => vec![running, of_a_sentinel],
    }
}

fn below_the_limit() -> Vec<Remedy> {
    let lines = ["CLIENT KILL TYPE normal", "CONFIG SET maxclients 10000", "CLIENT LIST TYPE normal"];
    vec![Remedy {
        audience: Audience::Server,
        text: "Stop one application instance, so that you get in; then close all clients (those that run connect again), raise \
               the limit (up to the process's limit of open files; a hosted plan has its own), and look who opens connections \
               without closing them: the list tells by address, name, age and idle time."
            .to_owned(),
        lines: lines.map(str::to_owned).to_vec(),
        proof: None,
    }]
}

/// The address that the service saw, where it tells: behind NAT it is not one of this machine's.
fn list_it(line: &str) -> Remedy {
    let words = line.split_whitespace().map(|word| word.trim_end_matches(['.', ',']));
    let address = |word: &str| word.parse().ok().or_else(|| word.parse::<SocketAddr>().ok().map(|at| at.ip()));
    let seen: Option<IpAddr> = words.into_iter().find_map(address);
    let whole = |ip: IpAddr| format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 });
    Remedy {
        audience: Audience::Network,
        text: "Add the address from which clients come (behind NAT, the one that it shows outside) to the list in the service's \
               console: allow list, whitelist, access control. From inside the service's own network its internal address mostly needs none. \
               The password was not looked at."
            .to_owned(),
        lines: seen.map(whole).into_iter().collect(),
        proof: None,
    }
}

fn ask_the_service() -> Remedy {
    Remedy {
        audience: Audience::Server,
        text: "Its own words say why: a plan's limit that is used up, a database that is paused or being moved, a proxy without a \
               server behind it. Look in the service's console or the proxy's log; credentials and permissions are not it."
            .to_owned(),
        lines: Vec::new(),
        proof: None,
    }
}

/// What TLS clients say of a line of plaintext; others mostly print it.
fn affected(context: &Context<'_>) -> Vec<Affected> {
    let seed = &context.snapshot.seed;
    let garbled = turned_away(seed).is_some() && seed.opened().is_some_and(|c| c.tls.failure().is_some());
    if garbled { context.affected_at_the_endpoint() } else { Vec::new() }
}
