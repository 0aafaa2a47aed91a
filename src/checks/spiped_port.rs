//! What is dialled is the encrypted side of spiped.

use crate::{
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Attempt, Endpoint, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "spiped-port",
    severity: Severity::Error,
    expects: "Clients dial the near end of a spiped tunnel, and not its encrypted side.",
    explain: "spiped comes in pairs: `spiped -e` beside the client takes plaintext and encrypts it, `spiped -d` beside the server \
              decrypts it. Whoever dials the `-d` side himself gets 32 random bytes, others on every connection, and is hung up \
              on after 5 s. It is not TLS, so no certificate helps; libraries report an unknown reply type, a wrong TLS version \
              number or a closed connection, according to what the bytes happen to be. Every node needs a pair of its own, and both \
              ends of a pair the same key file: with another key the near end accepts connections and closes them at once.\n\n\
              `redis-doctor tunnel ENDPOINT --with spiped --out DIR` writes all pairs and their keys.",
    transient: false,
    explains: &[
        "endpoint-unreachable",
        "not-redis",
        "tls-not-spoken",
        "tls-handshake-failed",
        "port-kind-mismatch",
        "node-unreachable",
        "reply-out-of-bounds",
        "discovery-impossible",
    ],
    examine,
};

/// Where clients may stop that read bytes which make no sense to them.
const STEPS: [Step; 3] = [Step::TlsOther, Step::Protocol, Step::Timeout];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let is_spiped = |attempt: &Attempt| attempt.spoke == Some(Spoke::Spiped);
    if is_spiped(&context.snapshot.seed) {
        let endpoint = &context.snapshot.target.endpoint;
        verdicts.fail(problem(endpoint, vec![context.endpoint()], context.affected_at_the_endpoint()));
    } else {
        verdicts.pass();
    }
    let mut first = None;
    let (mut subjects, mut ids) = (Vec::new(), Vec::new());
    for (node, attempts) in context.nodes() {
        if context.announced(attempts).is_some_and(is_spiped) {
            first = first.or_else(|| context.followed(node));
            subjects.push(context.node(node));
            ids.push(&node.id);
        } else {
            verdicts.pass();
        }
    }
    if let Some(endpoint) = first {
        verdicts.fail(problem(&endpoint, subjects, context.affected_at_nodes(&ids, &STEPS)));
    }
}

/// `endpoint`: the address of the first subject.
fn problem(endpoint: &Endpoint, subjects: Vec<Subject>, clients: Vec<Affected>) -> Problem {
    let place = match subjects.len() {
        1 => endpoint.to_string(),
        several => format!("the addresses that {several} nodes announce"),
    };
    let near = "Start the near end beside the client, with the same key file as at the far end, and dial that, in plaintext. Every node \
                needs a pair and a port of its own: once one of them works, the second command writes them all.";
    Problem {
        title: format!("what answers at {place} is the encrypted side of spiped"),
        subjects,
        expected: "Redis, or the near end of a tunnel (spiped -e)".to_owned(),
        presented: "32 random bytes at once, others on the next connection, and nothing more".to_owned(),
        clients,
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: near.to_owned(),
            lines: vec![
                format!("spiped -F -e -g -s '[127.0.0.1]:PORT' -t '{}' -k KEYFILE", as_spiped_wants_it(endpoint)),
                "redis-doctor tunnel redis://127.0.0.1:PORT --with spiped --out tunnel".to_owned(),
            ],
            proof: None,
        }],
    }
}

/// Addresses in brackets, of either family; names without.
fn as_spiped_wants_it(endpoint: &Endpoint) -> String {
    endpoint.host.ip().map_or_else(|| endpoint.to_string(), |ip| format!("[{ip}]:{}", endpoint.port))
}
