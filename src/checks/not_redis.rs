//! Something answers at the endpoint that is neither TLS nor Redis.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Connection, Endpoint, FailureKind, Refusal, Service, Spoke, Stranger, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "not-redis",
    severity: Severity::Error,
    expects: "What answers at the endpoint speaks RESP.",
    explain: "The port belongs to another service, or to a listener that wants something else first. Services that give \
              themselves away are named: HTTP and HTTPS (with the `Server` header), SSH, mail, FTP, MySQL, PostgreSQL, \
              memcached, AMQP, NATS. Clients tell of it by what they read first: `Protocol error, got \"H\" as reply type byte` \
              (hiredis and redis-cli), `Unknown RESP type`, `wrong version number`, or a closed connection.\n\n\
              Two ports of Redis itself look like nobody's: the cluster bus (10000 above the port for clients) closes on whoever \
              speaks to it, and so does a listener that waits for a PROXY protocol header. redis-doctor tells both by \
              asking once more: with a header in front, and 10000 ports below. (The encrypted side of spiped has a finding of \
              its own, spiped-port.)",
    transient: false,
    explains: &[
        "endpoint-unreachable",
        "credentials-refused",
        "reply-out-of-bounds",
        "discovery-impossible",
        "discovery-refused",
    ],
    examine,
};

/// What was found in place of Redis.
struct Found {
    title: String,
    presented: String,
    remedy: Remedy,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    let Some(connection) = seed.opened() else { return };
    let endpoint = &context.snapshot.target.endpoint;
    let found = match (&seed.spoke, to_a_header(connection)) {
        (Some(Spoke::Other(stranger)), _) => of_a_stranger(endpoint, stranger),
        (Some(Spoke::ProxyHeader(transport)), _) => of_a_header(endpoint, *transport),
        (Some(Spoke::ClusterBus(transport)), _) => of_the_bus(endpoint, *transport),
        (_, Some(answer)) => of_a_sent_header(endpoint, answer),
        (other, None) => match nameless(connection, other.as_ref()) {
            Some(presented) => of_nobody(endpoint, presented),
            None => return verdicts.pass(),
        },
    };
    verdicts.fail(Problem {
        title: found.title,
        subjects: vec![context.endpoint()],
        expected: "RESP, in plaintext or over TLS".to_owned(),
        presented: found.presented,
        clients: context.affected_at_the_endpoint(),
        remedies: vec![found.remedy],
    });
}

/// What is presented where nobody knows what it is; `None` where it speaks.
fn nameless(connection: &Connection, spoke: Option<&Spoke>) -> Option<String> {
    let failure = connection.tls.failure().or(connection.identity.failure());
    match (failure.filter(|f| f.kind == FailureKind::NotSpoken), spoke) {
        (_, Some(spoke)) if spoke.is_redis() => None,
        (Some(_), Some(Spoke::Unknown(start))) => Some(format!("it answers an inline PING with \"{start}\"")),
        (Some(failure), _) => Some(in_words(failure)),
        (None, _) if is_nonsense(connection) => {
            Some("its answers are RESP, and none is what the command gives".to_owned())
        }
        (None, _) => None,
    }
}

/// Nothing that was asked got an answer with a meaning, not even an error.
fn is_nonsense(connection: &Connection) -> bool {
    let learnt = connection.identity.seen().is_some() || connection.server.seen().is_some();
    !learnt && !connection.refusals.is_empty() && connection.refusals.iter().all(Refusal::is_odd)
}

fn of_nobody(endpoint: &Endpoint, presented: String) -> Found {
    let text = "Give the port that Redis listens on; if this is a tunnel or proxy, dial the end that speaks Redis.";
    let title = format!("what answers at {endpoint} is not Redis");
    Found { title, presented, remedy: remedy(Audience::Network, text, Vec::new()) }
}

fn of_a_stranger(endpoint: &Endpoint, stranger: &Stranger) -> Found {
    let inside = match stranger.over {
        Transport::Tls => "inside TLS it says",
        Transport::Plaintext => "it says",
    };
    let (text, lines) = match (stranger.service, stranger.over) {
        (Service::Http, Transport::Tls) => (
            "This is an HTTPS port. Give the TLS port of Redis; where a front routes by server name (an ingress, a mesh, a shared \
             443), it did not know the name that was sent and answered itself: send the one it has for Redis (--sni NAME), \
             on a route that passes TLS or TCP through.",
            Vec::new(),
        ),
        (Service::Http | Service::Http2, _) => (
            "This is an HTTP port. Give the port of Redis; where a proxy, mesh or balancer stands before Redis, let it pass TCP \
             through (HAProxy `mode tcp`, nginx `stream`, a TCP listener or target group).",
            Vec::new(),
        ),
        (Service::Ssh, _) => (
            "This is the port of SSH. To reach Redis by way of this machine, forward a port through it and dial that; with a \
             cluster behind it every node needs a forward of its own.",
            vec![format!("ssh -N -L 127.0.0.1:6379:REDIS-HOST:6379 USER@HOST -p {}", endpoint.port)],
        ),
        (Service::Mysql | Service::Postgresql | Service::Memcached, _) => (
            "This is another data store: two settings of the application may be swapped. Give the port that Redis listens on.",
            Vec::new(),
        ),
        _ => ("Another service listens here: give the port that Redis listens on.", Vec::new()),
    };
    Found {
        title: format!("what answers at {endpoint} is {}, not Redis", stranger.called()),
        presented: format!("{inside} \"{}\"", stranger.says),
        remedy: remedy(Audience::Client, text, lines),
    }
}

fn of_a_header(endpoint: &Endpoint, transport: Transport) -> Found {
    let text = "No Redis client sends such a header: take the option off this listener (HAProxy `accept-proxy`, nginx \
                `proxy_protocol`, Envoy's proxy_protocol filter), or dial the balancer that adds it.";
    Found {
        title: format!("{endpoint} waits for a PROXY protocol header, and speaks {transport} only then"),
        presented:
            "the connection is closed on a command and on a ClientHello; with \"PROXY UNKNOWN\" in front it is answered"
                .to_owned(),
        remedy: remedy(Audience::Network, text, Vec::new()),
    }
}

/// What Redis answers to a PROXY protocol header (version 1), which is a line to it; every further answer comes one too late.
fn to_a_header(connection: &Connection) -> Option<&str> {
    let told = |refusal: &&Refusal| {
        let answer = refusal.answer.to_ascii_lowercase();
        answer.contains("unknown command") && answer.contains("proxy")
    };
    connection.refusals.iter().find(told).map(|refusal| refusal.answer.as_str())
}

fn of_a_sent_header(endpoint: &Endpoint, answer: &str) -> Found {
    let text = "Redis takes the header for a command, and every answer for that of the command before. Take the option off that \
                sends it (HAProxy `send-proxy`, nginx `proxy_protocol on`, the proxy_protocol_v2 attribute of a target group).";
    Found {
        title: format!("what stands at {endpoint} sends the server a PROXY protocol header, which Redis does not know"),
        presented: format!("the first answer is to a command that nobody sent: {answer}"),
        remedy: remedy(Audience::Network, text, Vec::new()),
    }
}

fn of_the_bus(endpoint: &Endpoint, transport: Transport) -> Found {
    let scheme = if transport == Transport::Tls { "rediss" } else { "redis" };
    let port = endpoint.port.saturating_sub(10_000);
    let line = format!("{scheme}://{}", Endpoint::new(endpoint.host.clone(), port));
    let text = format!("Clients belong on port {port}; this one is for the nodes among themselves.");
    Found {
        title: format!("{endpoint} is the cluster bus, not the port for clients"),
        presented: format!(
            "the connection is closed without a word; port {port}, which is 10000 below, speaks {transport} Redis"
        ),
        remedy: Remedy {
            proof: Some(format!("port {port} was asked, and answers as Redis does")),
            ..remedy(Audience::Client, &text, vec![line])
        },
    }
}

fn remedy(audience: Audience, text: &str, lines: Vec<String>) -> Remedy {
    Remedy { audience, text: text.to_owned(), lines, proof: None }
}
