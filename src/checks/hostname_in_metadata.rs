//! Announced host names do not resolve here, and some clients prefer them to the addresses that are announced as well.

use crate::{
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, outlook::Step},
    facts::{Attempt, Candidate, Kind, NodeId, Stage},
};

pub(super) const CHECK: Check = Check {
    code: "hostname-in-metadata",
    severity: Severity::Warning,
    expects: "Host names that are announced beside addresses resolve where the clients are.",
    explain: "A node with a cluster-announce-hostname tells it beside its address (metadata of CLUSTER SLOTS, the end of the \
              address in CLUSTER NODES) even where addresses are preferred. Some libraries go by the name all the same: Lettuce \
              from 6.3, fred, valkey-glide from 2.3. A name that means something only inside then stops these and no others.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.topology().is_some_and(|t| t.kind == Kind::Cluster) {
        return;
    }
    let mut subjects: Vec<Subject> = Vec::new();
    let mut ids: Vec<&NodeId> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (node, attempts) in context.nodes().filter(|(node, _)| !context.is_led(node)) {
        // Where all clients are sent to the name another finding says more.
        let is_led_astray = context.announced(attempts).is_none_or(|attempt| attempt.socket.is_none());
        let Some(name) = attempts.iter().find_map(beside).filter(|_| !is_led_astray) else {
            verdicts.pass();
            continue;
        };
        subjects.push(context.node(node));
        ids.push(&node.id);
        names.push(name);
    }
    if ids.is_empty() {
        return;
    }
    let clients: Vec<Affected> = context.affected_at_nodes(&ids, &[Step::Resolve]);
    let clients: Vec<Affected> = clients.into_iter().filter(|client| client.outcome != "ok").collect();
    // Where nobody goes by them they harm nobody.
    if clients.is_empty() {
        return;
    }
    let (shown, more) = (names.iter().take(3).cloned().collect::<Vec<_>>().join(", "), names.len().saturating_sub(3));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    verdicts.fail(Problem {
        title: format!("the host names that nodes announce beside their addresses do not resolve here: {shown}{more}"),
        subjects,
        expected: format!("names that resolve where clients are, seen from {}", context.vantage()),
        presented: "some client libraries go by the name, and fail; the others go by the address".to_owned(),
        clients,
        remedies: vec![
            Remedy {
                audience: Audience::Server,
                text: "Announce names that resolve where the clients are, or none (on every node).".to_owned(),
                lines: vec!["CONFIG SET cluster-announce-hostname \"\"".to_owned()],
                proof: None,
            },
            Remedy {
                audience: Audience::Network,
                text: "Or have the name servers that the clients ask know these names.".to_owned(),
                lines: Vec::new(),
                proof: None,
            },
        ],
    });
}

/// The name of an attempt that ended at the resolver and that most clients never make.
fn beside(attempt: &Attempt) -> Option<String> {
    attempt.failure().filter(|failure| failure.stage == Stage::Resolve && !attempt.is_for(Candidate::Preferred))?;
    let of_name = attempt.candidates.iter().find(|(candidate, _)| *candidate == Candidate::Hostname);
    of_name.map(|(_, endpoint)| endpoint.host.to_string())
}
