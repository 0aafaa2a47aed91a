//! A proxy answers, and has no server that it can pass commands on to.

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Failure, FailureKind},
};

pub(super) const CHECK: Check = Check {
    code: "backend-unavailable",
    severity: Severity::Error,
    expects: "A proxy has a live server behind it.",
    explain: "A proxy that speaks Redis (Envoy, twemproxy, predixy, redis-cluster-proxy, Codis, dynomite, a hosted service's own) \
              takes connections and answers PING by itself, also where every server behind it is down, unreachable from there, or \
              missing from its configuration: health checks that send PING call it well. What has to be passed on is answered \
              with an error of the proxy's own: \"no upstream host\" (Envoy knows no server), \"upstream failure\" (it cannot \
              connect, or lost the connection), \"no server connection avaliable\" (predixy), \"Cluster node disconnected\" \
              (redis-cluster-proxy), the operating system's words (twemproxy).",
    transient: true,
    explains: &[
        "discovery-refused",
        "discovery-impossible",
        "command-unsupported",
        "privileges-missing",
        "credentials-refused",
        "credentials-superfluous",
    ],
    examine,
};

/// Who is spoken of, in words of proxies that were read in their sources.
const PLACES: [&str; 8] = ["upstream", "backend", "server", "storage", "cluster", "node", "proxy", "shard"];

/// What has become of it. One proxy spells it so.
const STATES: [&str; 14] = [
    "no upstream",
    "no healthy",
    "no server",
    "no backend",
    "not available",
    "avaliable",
    "unavailable",
    "failure",
    "failed to",
    "disconnect",
    "refused",
    "close",
    "timed out",
    "conn reset",
];

/// What the operating system says of a connection: twemproxy, Codis and dynomite pass it on.
const SYSTEM: [&str; 8] = [
    "connection refused",
    "connection timed out",
    "operation timed out",
    "no route to host",
    "host is down",
    "connection reset",
    "broken pipe",
    "dial tcp",
];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let seed = (Some(&context.snapshot.seed), context.endpoint());
    // The server behind a node's address was asked at the endpoint already.
    let others = context.nodes().filter_map(|(node, attempts)| {
        let attempt = context.announced(attempts).filter(|attempt| attempt.socket != context.snapshot.seed.socket);
        Some((Some(attempt?), context.node(node)))
    });
    for (attempt, subject) in std::iter::once(seed).chain(others) {
        match attempt.and_then(said) {
            Some(said) => found.add(&said, subject),
            None => verdicts.pass(),
        }
    }
    let title = if is_answered(&context.snapshot.seed) {
        "a proxy answers, and one of the servers behind it does not: a part of all commands is lost"
    } else {
        "a proxy answers, and the server behind it does not: nothing can be passed on"
    };
    for (presented, subjects) in found {
        verdicts.fail(Problem {
            title: title.to_owned(),
            subjects,
            expected: "an answer of the server behind the proxy".to_owned(),
            presented,
            remedies: vec![behind()],
            ..Problem::default()
        });
    }
}

/// The command and the answer that says so.
fn said(attempt: &Attempt) -> Option<String> {
    let connection = attempt.opened()?;
    let refused = connection.refusals.iter().map(|refusal| (refusal.command.as_str(), refusal.answer.as_str()));
    let answered = |failure: &&Failure| failure.kind == FailureKind::Refusal;
    let auth = connection.auth.failure().filter(answered).map(|failure| ("AUTH", failure.detail.as_str()));
    let lost = refused.chain(auth).find(|(_, answer)| is_of_a_proxy(answer));
    lost.map(|(command, answer)| format!("{command}: {answer}"))
}

/// Something came from a server. A version and a role do not tell: Envoy answers HELLO by itself.
fn is_answered(attempt: &Attempt) -> bool {
    let Some(connection) = attempt.opened() else { return false };
    let known = connection.server.seen().is_some_and(|server| server.run_id.is_some());
    let told = connection.refusals.iter().any(|refusal| refusal.answer.contains("cluster support disabled"));
    known || told || connection.identity.seen().is_some()
}

/// True for an error of a proxy about what is behind it; what Redis says of itself has a code of its own before it.
fn is_of_a_proxy(answer: &str) -> bool {
    let code = answer.split([' ', ':']).next().unwrap_or_default();
    let coded = code.len() > 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let text = answer.to_ascii_lowercase();
    let fetched = text.contains("failed to fetch cluster configuration");
    let about = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let unknown = about(&["unknown", "unsupported", "not supported", "disabled", "max number", "password"]);
    fetched || !coded && !unknown && (about(&SYSTEM) || about(&PLACES) && about(&STATES))
}

fn behind() -> Remedy {
    let text = "See which servers the proxy is told of, whether they run, and whether the proxy's own machine reaches them, with the \
                TLS and password that they want: Envoy, /clusters of its admin port (no line of a host: none is known; cx_connect_fail: \
                it cannot connect); twemproxy, predixy and others, the list of servers in their file, and their log; Kubernetes, \
                kubectl get endpoints of the service that it points at; Redis Enterprise, rladmin status.";
    Remedy { audience: Audience::Network, text: text.to_owned(), lines: Vec::new(), proof: None }
}

#[cfg(test)]
mod tests {
    use super::is_of_a_proxy;

    #[test]
    fn proxies_speak_of_what_is_behind_them() {
        for answer in [
            "no upstream host",
            "upstream failure",
            "upstream protocol error: no healthy host",
            "ERR no server avaliable",
            "ERR no server connection avaliable",
            "ERR server connection close",
            "Cluster node disconnected: 10.0.0.1:6379",
            "-CLUSTERDOWN Failed to fetch cluster configuration",
            "Failed to read from cluster",
            "ERR proxy upstream connection not available",
            "ERR Connection refused",
            "ERR Storage: Connection refused",
            "ERR handle response, backend conn reset",
        ] {
            assert!(is_of_a_proxy(answer), "{answer}");
        }
    }

    #[test]
    fn servers_speak_of_themselves() {
        for answer in [
            "ERR unknown command 'INFO'",
            "ERR This instance has cluster support disabled",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "CLUSTERDOWN The cluster is down",
            "NOPERM this user has no permissions to run the 'info' command",
            "LOADING Redis is loading the dataset in memory",
            "ERR max number of clients reached",
            "ERR cluster subcommand 'myid' is not supported",
            "ERR Client sent AUTH, but no password is set",
            "NOPROTO unsupported protocol version",
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "MISCONF Errors writing to the AOF file: No space left on device",
            "READONLY You can't write against a read only replica.",
            "ERR operation not permitted",
        ] {
            assert!(!is_of_a_proxy(answer), "{answer}");
        }
    }
}
