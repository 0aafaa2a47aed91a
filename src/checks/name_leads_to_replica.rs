//! A name leads to a replica, and does not say that it is for reading.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, is_for_one_server, is_for_readers},
    facts::Role,
};

pub(super) const CHECK: Check = Check {
    code: "name-leads-to-replica",
    severity: Severity::Warning,
    expects: "A name that is not one for readers leads to a primary.",
    explain: "After a failover, a name, a Service or a balancer may still lead to the old primary, which is a replica now, and so may \
              a client that resolved the name once and kept the address. Reads work; every write is answered with `READONLY You can't \
              write against a read only replica.` Let the name follow the primary, and let clients resolve it again when they \
              reconnect. With `--expect primary` this is an error, and with `--expect replica` all is well.",
    transient: true,
    explains: &["endpoint-is-replica", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let endpoint = &context.snapshot.target.endpoint;
    match context.seed_role() {
        Some(Role::Replica) if context.role.is_none() => {}
        Some(_) => return verdicts.pass(),
        None => return,
    }
    let floats = context.own_address_of_a_replica();
    if is_for_readers(&endpoint.host) || is_for_one_server(&endpoint.host) && floats.is_none() {
        return verdicts.pass();
    }
    let socket = match floats {
        Some(own) => format!(", which is {own} itself"),
        None => context.snapshot.seed.socket.map(|socket| format!(" ({socket})")).unwrap_or_default(),
    };
    let to = context.primary().map_or_else(|| "the primary".to_owned(), |(node, _)| node.address.to_string());
    let name = endpoint.host.to_string();
    let moved = Remedy {
        audience: Audience::Network,
        text: format!(
            "Let {name} lead to {to} (DNS record, Service selector, balancer or keepalived check for role:master), and let clients \
                       resolve it anew when they reconnect."
        ),
        lines: Vec::new(),
        proof: None,
    };
    let lost = context.primary().is_some_and(|(_, attempts)| attempts.iter().all(|a| a.identity().is_none()));
    let way = lost.then(|| Remedy {
        audience: Audience::Network,
        text: format!("From here {to} does not answer either: open the way there, too (a route or a firewall rule), or write from \
                       inside its network."),
        lines: Vec::new(),
        proof: None,
    });
    verdicts.fail(Problem {
        title: format!("{name} leads to a replica{socket}: writes there are refused (READONLY)"),
        subjects: vec![context.endpoint()],
        expected: "role:master behind a name that is used for writes".to_owned(),
        presented: format!(
            "role:slave; {}; a write is answered \"READONLY You can't write against a read only replica.\"",
            context.primary_in_words()
        ),
        clients: Vec::new(),
        remedies: [moved].into_iter().chain(context.to_the_primary()).chain(way).collect(),
    });
}
