//! Nothing opens at the endpoint the user gave.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{FailureKind, Observed, Stage},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-unreachable",
    severity: Severity::Error,
    expects: "The endpoint resolves, accepts a connection and answers.",
    explain: "Nothing can be said about a deployment whose endpoint does not answer. \"Refused\" means that the host is there \
              and nobody listens on the port; \"timed out\" that packets are dropped on the way (a firewall, a security \
              group, a private network) or that the server accepts and stays silent; \"closed\" is what a tunnel or proxy does \
              that accepts first and then finds its far end dead, or is refused by it; \"does not resolve\" that this \
              machine's resolver does not know the name. All of it is seen from the place redis-doctor runs at.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    let failure = match &seed.connection {
        Observed::Failed(failure) => failure,
        Observed::Seen(connection) => match connection.tls.failure().or(connection.identity.failure()) {
            Some(failure) if failure.kind == FailureKind::TimedOut && seed.spoke.is_none() => failure,
            Some(failure) if failure.kind == FailureKind::Closed && seed.spoke.is_none() => failure,
            _ => return verdicts.pass(),
        },
        Observed::NotTried(_) => return,
    };
    let endpoint = &context.snapshot.target.endpoint;
    let silent = failure.kind == FailureKind::TimedOut && failure.stage != Stage::Connect;
    let (title, text) = match failure.kind {
        FailureKind::NoSuchName => (
            format!("{} does not resolve here", endpoint.host),
            "Check the spelling, and that this machine asks the name server (VPC, private zone, VPN) that knows the name.",
        ),
        FailureKind::Refused => (
            format!("nobody listens at {endpoint}"),
            "Start the server, or give the port it listens on; a server bound to 127.0.0.1 refuses connections from outside.",
        ),
        FailureKind::TimedOut if silent => (
            format!("{endpoint} accepts connections and stays silent"),
            "A proxy or tunnel without its far end, spiped at its limit of connections (-n, 100 unless told otherwise), a hung \
             server, or a half-open connection: look at what listens there.",
        ),
        FailureKind::TimedOut => (
            format!("{endpoint} does not answer"),
            "Packets are dropped on the way: allow this machine's address in the firewall or security group, or run inside the network.",
        ),
        FailureKind::Unreachable => (
            format!("there is no route to {endpoint}"),
            "The address belongs to a network that this machine is not connected to.",
        ),
        FailureKind::Closed if context.is_near() => (
            format!("{endpoint} accepts connections and closes them without a word"),
            "This is what the near end of a tunnel looks like whose far end is dead or refuses it. Its log says which: spiped, \
             another key at the other end, or nobody listening there; stunnel, ghostunnel or haproxy, a certificate that is \
             expired, untrusted or of another name, or a client certificate that is wanted; ssh or kubectl, a target that \
             refuses or is not permitted. Without a tunnel: an address filter, or a TLS server at its maxclients.",
        ),
        FailureKind::Closed => (
            format!("{endpoint} accepts connections and closes them without a word"),
            "A proxy without a backend, an address filter, a TLS server at its maxclients, or another service: look at the server's log.",
        ),
        _ => (format!("{endpoint} cannot be reached"), "Look at what listens there."),
    };
    let clients = match failure.kind {
        FailureKind::Refused => context.affected(&Symptom::Refused(endpoint.clone()), Where::Seed),
        FailureKind::TimedOut => context.affected(&Symptom::TimedOut(endpoint.clone()), Where::Seed),
        _ => Vec::new(),
    };
    verdicts.fail(Problem {
        title,
        subjects: vec![context.endpoint()],
        expected: format!("an answer at {endpoint}, seen from {}", context.vantage()),
        presented: in_words(failure),
        clients,
        remedies: vec![Remedy { audience: Audience::Network, text: text.to_owned(), lines: Vec::new(), proof: None }],
    });
}
