//! A server refuses commands by which clients learn the topology.

use crate::{
    diagnosis::{
        Audience, Check, Context, ON_EVERY_NODE, Problem, Remedy, Severity, Subject, SubjectKind, Verdicts, answers,
        as_clients_ask, is_denied, outlook::Step,
    },
    facts::{Refusal, Role},
};

pub(super) const CHECK: Check = Check {
    code: "discovery-refused",
    severity: Severity::Warning,
    expects: "The commands by which clients discover the deployment are allowed, on every node.",
    explain: "Clients ask CLUSTER SLOTS (most), SHARDS (Ruby) or NODES (Lettuce, Redisson, StackExchange.Redis), and some of them \
              INFO, COMMAND or PING besides. Rules such as `-@dangerous` take INFO away, hosted services remove more, and \
              proxies may hang up on HELLO. ACLs are not replicated: a user may be allowed on one node what another one \
              denies. redis-doctor goes on with what is allowed; `redis-doctor clients ENDPOINT --client ID` has the least \
              that one library needs.",
    transient: false,
    explains: &["privileges-missing", "command-unsupported"],
    examine,
};

/// Servers that refuse the same in the same words.
struct Group<'a> {
    refused: Vec<&'a Refusal>,
    subjects: Vec<Subject>,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if context.snapshot.seed.opened().is_none() || context.is_plain_front() {
        return;
    }
    let groups = groups(context);
    if groups.is_empty() {
        return verdicts.pass();
    }
    for Group { refused, subjects } in groups {
        let everywhere = subjects.iter().any(|s| s.kind == SubjectKind::Endpoint);
        verdicts.fail(Problem {
            title: title(context, &refused, everywhere, subjects.len()),
            subjects,
            expected: "an answer to each".to_owned(),
            presented: answers(&refused),
            clients: if everywhere { context.affected_at_the_seed(&[Step::Acl, Step::Protocol]) } else { Vec::new() },
            remedies: remedies(context, &refused),
        });
    }
}

/// The endpoint first. Of other nodes only what the ACL denies there and not at the endpoint: less is asked of them.
fn groups<'a>(context: &Context<'a>) -> Vec<Group<'a>> {
    let seed = &context.snapshot.seed;
    let at_seed = context.refusals();
    let mut groups: Vec<Group<'a>> = Vec::new();
    if !at_seed.is_empty() {
        groups.push(Group { refused: at_seed.clone(), subjects: vec![context.endpoint()] });
    }
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts).filter(|a| a.socket != seed.socket) else { continue };
        let mut refused = context.refusals_of(attempt);
        refused.retain(|r| is_denied(r) && !at_seed.iter().any(|known| known.command == r.command));
        if refused.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|group| group.refused == refused) {
            Some(group) => group.subjects.push(context.node(node)),
            None => groups.push(Group { refused, subjects: vec![context.node(node)] }),
        }
    }
    groups
}

fn title(context: &Context<'_>, refused: &[&Refusal], everywhere: bool, many: usize) -> String {
    let commands = refused.iter().map(|r| r.command.as_str()).collect::<Vec<_>>().join(", ");
    let denied = refused.iter().all(|r| is_denied(r));
    // What a Sentinel answers it answers to another user, or to nobody.
    if denied && !everywhere && context.is_sentinel() {
        let refusing = format!("user \"{}\" may not run {commands}", context.user());
        let servers = context.nodes().filter(|(node, _)| node.role != Role::Sentinel);
        let answering =
            servers.filter(|(_, attempts)| context.announced(attempts).is_some_and(|a| a.opened().is_some()));
        return if answering.count() > many {
            format!("the servers' ACLs differ: {refusing} on {many} of those behind the Sentinels")
        } else {
            format!("{refusing} on the servers behind the Sentinels")
        };
    }
    match (denied, everywhere) {
        (false, _) => format!("the server refuses {commands}"),
        (true, true) => format!("user \"{}\" may not run {commands}", context.user()),
        (true, false) => {
            format!(
                "the nodes' ACLs differ: user \"{}\" may run {commands} at the endpoint, and not here",
                context.user()
            )
        }
    }
}

fn remedies(context: &Context<'_>, refused: &[&Refusal]) -> Vec<Remedy> {
    let server = |text: String, lines| Remedy { audience: Audience::Server, text, lines, proof: None };
    let denied: Vec<&str> = refused.iter().filter(|r| is_denied(r)).map(|r| as_clients_ask(&r.command)).collect();
    let Some(line) = context.grant(denied.iter().copied()) else {
        let renamed = refused.iter().all(|r| r.answer.to_ascii_lowercase().contains("unknown"));
        let text = "Give the commands their names back, on every node: take the rename-command lines out of redis.conf and \
                    restart. Where a proxy or a hosted service lacks them, a client that can do without is the way.";
        return if renamed { vec![server(text.to_owned(), Vec::new())] } else { Vec::new() };
    };
    let mut remedies = vec![server(format!("Grant what clients ask, {ON_EVERY_NODE}"), vec![line])];
    let besides = context.missing().into_iter().filter(|command| !denied.contains(command));
    if let Some(line) = context.grant(besides) {
        let text = "Besides, for redis-doctor to check everything; all of it reads state and no data.";
        remedies.push(server(text.to_owned(), vec![line]));
    }
    remedies
}
