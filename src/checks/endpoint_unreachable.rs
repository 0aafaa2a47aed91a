//! Nothing opens at the endpoint the user gave.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Behind, Check, Context, NoRoute, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Attempt, Endpoint, Failure, FailureKind, Observed, Outcome, Spoke, Stage, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-unreachable",
    severity: Severity::Error,
    expects: "The endpoint resolves, accepts a connection and answers.",
    explain: "Nothing can be said about a deployment whose endpoint does not answer. \"Refused\" means that the host is there \
              and nobody listens on the port; \"timed out\" that packets are dropped on the way (a firewall, a security \
              group, a private network) or that the server accepts and stays silent; \"closed\" is what a tunnel or proxy does \
              that accepts first and then finds its far end dead, or is refused by it (whether it closes at once, only when spoken \
              to, or behind a TLS handshake is told); \"does not resolve\" that this machine's resolver does not know the name, and DNS was asked why: there is no such name (NXDOMAIN), \
              it has no address, its name server fails (SERVFAIL) or does not answer. All of it is seen from the place redis-doctor runs at.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if let Some((given, attempt)) = context.given() {
        return began_elsewhere(context, given, attempt, verdicts);
    }
    let seed = &context.snapshot.seed;
    let failure = match &seed.connection {
        Observed::Failed(failure) => failure,
        Observed::Seen(connection) => {
            let nothing_else = seed.spoke.as_ref().is_none_or(Spoke::is_nothing);
            let is_silent =
                |f: &&Failure| matches!(f.kind, FailureKind::TimedOut | FailureKind::Closed) && nothing_else;
            match connection.tls.failure().or(connection.identity.failure()).filter(is_silent) {
                Some(failure) => failure,
                None => return verdicts.pass(),
            }
        }
        Observed::NotTried(_) => return,
    };
    let endpoint = &context.snapshot.target.endpoint;
    if let Some(problem) = of_a_slow_resolver(context, failure) {
        return verdicts.fail(problem);
    }
    let (title, text) = match failure.kind {
        _ if failure.stage == Stage::Resolve => of_a_name(context),
        FailureKind::TimedOut if failure.stage != Stage::Connect => owned(of_silence(context)),
        FailureKind::Closed => owned(of_a_close(context)),
        _ => {
            let (title, text) = of_a_connection(endpoint, failure);
            (of_several(context).unwrap_or(title), text.to_owned())
        }
    };
    let clients = match failure.kind {
        FailureKind::Refused => context.affected(&Symptom::Refused(endpoint.clone()), Where::Seed),
        FailureKind::TimedOut if failure.stage != Stage::Resolve => {
            context.affected(&Symptom::TimedOut(endpoint.clone()), Where::Seed)
        }
        FailureKind::Closed => context.affected(&Symptom::Closed(endpoint.clone()), Where::Seed),
        FailureKind::Unreachable => {
            let clients = context.affected(&Symptom::Unreachable(endpoint.clone()), Where::Seed);
            NoRoute::of(failure).as_printed(clients)
        }
        FailureKind::NoSuchName if is_denied(context) => {
            context.affected(&Symptom::NoSuchName(endpoint.host.to_string()), Where::Seed)
        }
        _ => Vec::new(),
    };
    verdicts.fail(Problem {
        title,
        subjects: vec![context.endpoint()],
        expected: format!("an answer at {endpoint}, seen from {}", context.vantage()),
        presented: each(context).unwrap_or_else(|| in_words(failure)),
        clients,
        remedies: vec![Remedy { audience: Audience::Network, text, lines: lines(endpoint, failure), proof: None }],
    });
}

/// The system's resolver said nothing in time, and DNS has the name.
fn of_a_slow_resolver(context: &Context<'_>, failure: &Failure) -> Option<Problem> {
    let is_slow = failure.stage == Stage::Resolve && failure.kind == FailureKind::TimedOut;
    let endpoint = &context.snapshot.target.endpoint;
    let answer = context.answered_by_dns_alone(&endpoint.host).filter(|_| is_slow)?;
    Some(Problem {
        title: format!("the resolver of this machine does not answer for {} in time; DNS has it", endpoint.host),
        subjects: vec![context.endpoint()],
        expected: format!("an answer at {endpoint}, seen from {}", context.vantage()),
        presented: format!("{}; asked for A and AAAA one by one, DNS says {answer}", in_words(failure)),
        clients: Vec::new(),
        remedies: vec![context.slow_resolver_remedy()],
    })
}

fn lines(endpoint: &Endpoint, failure: &Failure) -> Vec<String> {
    match failure.kind {
        FailureKind::Unreachable => NoRoute::of(failure).lines(&[endpoint.port]),
        _ => Vec::new(),
    }
}

/// The endpoint is dead, and a node that was named beside it is not.
fn began_elsewhere(context: &Context<'_>, given: &Endpoint, attempt: &Attempt, verdicts: &mut Verdicts) {
    let Observed::Failed(failure) = &attempt.connection else { return verdicts.pass() };
    let instead = &context.snapshot.target.endpoint;
    let (title, text) = of_a_connection(given, failure);
    let network = Remedy { audience: Audience::Network, text: text.to_owned(), lines: Vec::new(), proof: None };
    let client = Remedy {
        audience: Audience::Client,
        text: "Give clients several nodes to begin at, so that one may be down; this one is up.".to_owned(),
        lines: vec![instead.to_string()],
        proof: None,
    };
    verdicts.fail(Problem {
        title,
        subjects: vec![context.given_endpoint(given)],
        expected: format!("an answer at {given}, seen from {}", context.vantage()),
        presented: format!("{}; all that follows was seen from {instead} (--node)", in_words(failure)),
        remedies: vec![network, client],
        ..Problem::default()
    });
}

/// A name with several addresses, none of which answers.
fn of_several(context: &Context<'_>) -> Option<String> {
    let lookup = context.lookup().filter(|lookup| lookup.addresses().len() > 1)?;
    let (name, tried) = (&lookup.name, lookup.addresses().len());
    let more = lookup.system.seen().map_or(0, |answer| answer.more);
    Some(match more {
        0 => format!("none of the {tried} addresses of {name} answers"),
        more => format!("none of the first {tried} addresses of {name} answers, of {}", tried.saturating_add(more)),
    })
}

/// What came of each of several addresses, where they differ.
fn each(context: &Context<'_>) -> Option<String> {
    let behind = context.behind_the_name();
    let failed = |behind: &Behind<'_>| Some((behind.ip, behind.attempt?.failure()?.clone()));
    let failures: Vec<_> = behind.iter().filter(|behind| !behind.by_dns_alone).filter_map(failed).collect();
    let (first, rest) = failures.split_first()?;
    let differ = rest.iter().any(|(_, failure)| failure.kind != first.1.kind);
    let told = |(ip, failure): &(std::net::IpAddr, Failure)| format!("{ip}: {}", in_words(failure));
    differ.then(|| failures.iter().take(4).map(told).collect::<Vec<_>>().join("; "))
}

/// True unless name servers could not say: clients have other words for that (`EAI_AGAIN`).
fn is_denied(context: &Context<'_>) -> bool {
    let outcome = context.lookup().and_then(|lookup| lookup.dns.as_ref()).map(|dns| dns.outcome);
    outcome.is_none_or(|outcome| matches!(outcome, Outcome::NoSuchName | Outcome::NoAddress | Outcome::Answered))
}

fn owned((title, text): (String, &str)) -> (String, String) {
    (title, text.to_owned())
}

/// There is no address to connect to.
fn of_a_name(context: &Context<'_>) -> (String, String) {
    let name = &context.snapshot.target.endpoint.host;
    match context.why_unresolved(name) {
        Some((why, advice)) => (format!("{name} does not resolve here: {why}"), advice),
        None => (
            format!("{name} does not resolve here"),
            "Check the spelling, and that this machine asks the name server (VPC, private zone, VPN) that knows the name.".to_owned(),
        ),
    }
}

/// No connection came about.
fn of_a_connection(endpoint: &Endpoint, failure: &Failure) -> (String, &'static str) {
    match failure.kind {
        FailureKind::Refused if endpoint.host.is_loopback() => (
            format!("nobody listens at {endpoint}"),
            "This address leads to where redis-doctor runs, and nowhere else: in a container or pod to that one alone. Start the server, \
             or give its port; where it runs beside, dial the service's name of the compose file or Kubernetes, and for one on the \
             machine that runs the container host.docker.internal (with Docker on Linux: --add-host \
             host.docker.internal:host-gateway, and a server that listens on that address, too).",
        ),
        FailureKind::Refused => (
            format!("nobody listens at {endpoint}"),
            "Start the server, or give the port it listens on; a server bound to 127.0.0.1 refuses connections from outside, and \
             so does a Kubernetes service without a ready pod (kubectl get endpoints).",
        ),
        FailureKind::TimedOut => (
            format!("{endpoint} does not answer"),
            "Packets are dropped on the way: allow this machine's address in the firewall or security group, or run inside the network. \
             Where others get in: a server that hangs, with its queue of new connections (tcp-backlog) full.",
        ),
        FailureKind::Unreachable => (NoRoute::of(failure).title(endpoint), NoRoute::of(failure).advice()),
        _ => (format!("{endpoint} cannot be reached"), "Look at what listens there."),
    }
}

/// The connection stands, and nothing comes.
fn of_silence(context: &Context<'_>) -> (String, &'static str) {
    let (endpoint, seed) = (&context.snapshot.target.endpoint, &context.snapshot.seed);
    if seed.tls().is_some() {
        let title = format!("{endpoint} completes TLS handshakes and stays silent behind them");
        let text = "TLS ends in a proxy or tunnel whose far end does not answer, or expects TLS itself: see its log, and what the \
                    server behind it speaks. Without a proxy: a server that is busy (a long script or command, a fork, swapping).";
        return (title, text);
    }
    let title = match seed.transport {
        Transport::Tls => format!("{endpoint} accepts connections and stays silent, to a ClientHello as to a PING"),
        Transport::Plaintext => format!("{endpoint} accepts connections and stays silent"),
    };
    let text = "A proxy or tunnel without its far end, or one that adds TLS (stunnel with client = yes) before a server that speaks \
                plaintext and waits; spiped at its limit of connections (-n, 100 unless told otherwise), a hung server, a balancer \
                that puts a PROXY protocol header (version 2) in front of what it passes on, or a half-open connection: look at \
                what listens there.";
    (title, text)
}

/// The connection is closed before anything is answered.
fn of_a_close(context: &Context<'_>) -> (String, &'static str) {
    let (endpoint, seed) = (&context.snapshot.target.endpoint, &context.snapshot.seed);
    if seed.tls().is_some() {
        let title = format!("{endpoint} completes TLS handshakes and closes behind them without a word");
        let text = "TLS ends in a proxy (stunnel, HAProxy, nginx, a balancer) whose target is down, refuses it, or wants TLS once more, \
                    which the proxy has taken off: give it the server's plaintext port, or have it speak TLS to it (HAProxy `ssl` on \
                    the server line, nginx `proxy_ssl on`). Its log says which. A server that wants a client certificate, or one \
                    at its maxclients, may close like this, too.";
        return (title, text);
    }
    let how = match &seed.spoke {
        Some(Spoke::Closes { unasked: true }) => "closes them at once, before anything is said".to_owned(),
        Some(Spoke::Closes { unasked: false }) => "closes them without a word as soon as it is spoken to".to_owned(),
        _ => "closes them without a word".to_owned(),
    };
    let text = match &seed.spoke {
        _ if context.is_near() => {
            "This is what the near end of a tunnel or proxy looks like whose far end is dead or refuses it. Its log says which: \
             HAProxy, nginx or Envoy, no server that is up; spiped, \
             another key at the other end, or nobody listening there; stunnel, ghostunnel or haproxy, a certificate that is \
             expired, untrusted or of another name, or a client certificate that is wanted; ssh or kubectl, a target that \
             refuses or is not permitted; a port published by docker, nobody who listens inside. Without a tunnel: an address \
             filter, or a TLS server at its maxclients."
        }
        Some(Spoke::Closes { unasked: false }) if endpoint.host.ip().is_some() && seed.transport == Transport::Tls => {
            "A front that routes by the server name (private link, ingress, nginx with ssl_preread) closes like this, for an IP \
             address sends none: dial the name, or send it beside the address: --sni NAME --server-name NAME. Or it is a balancer or \
             proxy without a live backend: look at its targets and its log. Else something that takes neither RESP nor TLS: a \
             cluster bus whose client port is not 10000 below, another binary protocol."
        }
        Some(Spoke::Closes { unasked: false }) => {
            "A balancer or proxy without a live backend (a cloud balancer with no healthy target, HAProxy, Envoy), or a front that \
             routes by a server name that it does not know (--sni NAME): look at its targets and its log. Else something that takes \
             neither RESP nor TLS: a cluster bus whose client port is not 10000 below, another binary protocol."
        }
        _ => {
            "A balancer or proxy without a live backend (HAProxy, a cloud balancer with no healthy target, a published container \
             port that nobody listens on), an address filter, or a TLS server at its maxclients: look at its log."
        }
    };
    (format!("{endpoint} accepts connections and {how}"), text)
}
