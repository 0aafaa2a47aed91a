//! Nodes talk TLS to each other with certificates that no client may use.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, CertificateChain, Kind, Node, Server, Transport},
    names::weakness::serves_clients,
};

pub(super) const CHECK: Check = Check {
    code: "client-usage-missing",
    severity: Severity::Warning,
    expects: "Where nodes talk TLS to each other, their certificates may be used by clients, too.",
    explain: "A node that connects to another one is a client there, and shows its own certificate unless tls-client-cert-file \
              names another. With the extended key usage serverAuth alone (as public CAs issue them from 2026 on) the other \
              side refuses it with the alert `unsupported_certificate`: on the cluster bus always, since that asks for \
              certificates whatever tls-auth-clients says; in replication where the primary asks for them. Links that are up stay up: it \
              breaks when a node restarts or a link is lost. What runs over TLS between nodes is known in two cases only: \
              servers before 7.2 announce their TLS port only where tls-cluster is on, and a replica names the port of its \
              primary that it copies from. tls-client-cert-file cannot be seen from outside: where it is set, --ignore this.",
    transient: false,
    explains: &["bus-link-down", "primary-link-down", "node-failed", "node-handshake"],
    examine,
};

/// What is known of the links of a node.
enum Links {
    /// This one runs over TLS and asks for certificates.
    Known(&'static str),
    /// Some may; which was not seen.
    Unknown,
    /// There are none, or none that asks.
    None,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found: Vec<(&'static str, &CertificateChain, Vec<Subject>)> = Vec::new();
    let mut unknown = false;
    for (node, attempts) in context.nodes() {
        let Some((attempt, chain)) = attempts.iter().find_map(|a| Some((a, context.snapshot.chain(a)?))) else {
            continue;
        };
        if serves_clients(&chain.leaf) {
            verdicts.pass();
            continue;
        }
        // How a managed service has its nodes talk to each other is its own affair.
        let public = context.is_under_public_cas();
        match links(context, node, attempt) {
            Links::Known(link) if public => verdicts.skip(
                context.node(node),
                format!("{link} runs over TLS and the certificate allows serverAuth alone; whether a service sees to that by other means was not seen"),
            ),
            Links::Known(link) => match found.iter_mut().find(|(known, ..)| *known == link) {
                Some((.., subjects)) => subjects.push(context.node(node)),
                None => found.push((link, chain, vec![context.node(node)])),
            },
            Links::Unknown if !public => unknown = true,
            Links::Unknown | Links::None => verdicts.pass(),
        }
    }
    if unknown {
        let why = "certificates allow serverAuth alone, and whether the nodes talk TLS to each other (tls-cluster, tls-replication) was not seen";
        verdicts.skip(context.whole(), why);
    }
    for (link, chain, subjects) in found {
        verdicts.fail(problem(link, chain, subjects));
    }
}

fn links(context: &Context<'_>, node: &Node, attempt: &Attempt) -> Links {
    let Some(topology) = context.topology().filter(|t| t.nodes.len() > 1) else { return Links::None };
    let over_tls = attempt.transport == Transport::Tls && context.announced(std::slice::from_ref(attempt)).is_some();
    if topology.kind == Kind::Cluster && over_tls && server(attempt).is_some_and(is_before_7_2) {
        return Links::Known("the cluster bus");
    }
    match replicates_over_tls(context, attempt) {
        Some(true) => Links::Known("replication"),
        Some(false) if topology.kind != Kind::Cluster => Links::None,
        _ if topology.kind == Kind::Cluster || node.primary.is_some() => Links::Unknown,
        _ => Links::None,
    }
}

fn server(attempt: &Attempt) -> Option<&Server> {
    attempt.opened()?.server.seen()
}

/// Redis 7.2 was the first to announce the TLS port to whoever asks over TLS (`getNodeClientPort` in its cluster.c); before,
/// the one client port of a node was the TLS port with tls-cluster only (`deriveAnnouncedPorts`).
fn is_before_7_2(server: &Server) -> bool {
    let redis = server.product.as_deref().is_none_or(|product| product == "redis");
    let mut numbers = server.version.as_deref().unwrap_or_default().split('.').map_while(|n| n.parse::<u32>().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if redis && (major, minor) < (7, 2))
}

/// Whether the replica copies from a port at which TLS was spoken and a certificate asked for; `None` where it does not say.
fn replicates_over_tls(context: &Context<'_>, replica: &Attempt) -> Option<bool> {
    let primary = server(replica)?.primary.as_ref()?;
    let at = |attempt: &&Attempt| {
        let there = attempt.candidates.iter().any(|(_, endpoint)| endpoint == primary);
        let socket = attempt.socket.is_some_and(|s| Some(s.ip()) == primary.host.ip() && s.port() == primary.port);
        there || socket
    };
    let met = context.snapshot.all_attempts().find(at)?;
    let session = met.tls();
    (met.transport == Transport::Plaintext || session.is_some())
        .then(|| session.is_some_and(|session| session.client_cert.requested))
}

fn problem(link: &str, chain: &CertificateChain, subjects: Vec<Subject>) -> Problem {
    let leaf = &chain.leaf;
    let usages = leaf.usages.as_deref().unwrap_or_default().join(", ");
    Problem {
        title: format!("the certificates are for servers alone, and {link} shows them as a client's"),
        subjects,
        expected: "serverAuth and clientAuth, or another certificate in tls-client-cert-file (which cannot be seen from here)"
            .to_owned(),
        presented: format!("\"{}\" allows {usages}; links that are up stay up until a restart or a reconnect", leaf.subject),
        remedies: vec![
            Remedy {
                audience: Audience::Certificate,
                text: "Have it issued for both.".to_owned(),
                lines: vec!["extendedKeyUsage = serverAuth, clientAuth".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Server,
                text: "Or give the nodes a certificate of their own for what they connect to (6.2+), where the CA issues no clientAuth: one of a private CA that is in tls-ca-cert-file."
                    .to_owned(),
                lines: vec!["tls-client-cert-file NODE-AS-CLIENT.pem".to_owned(), "tls-client-key-file NODE-AS-CLIENT.key".to_owned()],
                proof: None,
            },
        ],
        ..Problem::default()
    }
}
