//! The Sentinels watch no group of the name that was asked for, or none at all.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::Topology,
};

pub(super) const CHECK: Check = Check {
    code: "sentinel-group-unknown",
    severity: Severity::Error,
    expects: "The Sentinel watches the group that the application names.",
    explain: "An application asks a Sentinel for a primary by the name of its group (service name, master name, master id), upper \
              and lower case told apart. A Sentinel that knows no such group answers nil or `ERR No such master with that name`, \
              and libraries often make \"all sentinels are unreachable\" of that. Either the name is another one \
              (`SENTINEL MASTERS` lists those that are watched; `mymaster` is no default of the server, only the name in its \
              sample file), or this is the Sentinel of another deployment, or it lost its file: whoever is started from an \
              empty one watches nothing.",
    transient: false,
    explains: &["sentinel-unreachable", "discovery-refused"],
    examine,
};

/// Names that are told before the rest is counted.
const TOLD: usize = 8;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(topology) = context.topology().filter(|_| context.is_sentinel()) else { return };
    let asked = context.snapshot.target.group.as_deref();
    if !topology.groups.is_empty() {
        return verdicts.pass();
    }
    let refused = context.snapshot.seed.opened().into_iter().flat_map(|connection| &connection.refusals);
    if topology.other_groups.is_empty() && refused.into_iter().any(|refusal| refusal.command.starts_with("SENTINEL")) {
        return verdicts.skip(context.endpoint(), "it does not tell which groups it watches");
    }
    verdicts.fail(problem(context, topology, asked));
}

fn problem(context: &Context<'_>, topology: &Topology, asked: Option<&str>) -> Problem {
    let mut subjects: Vec<Subject> = context.witnesses().into_iter().map(|witness| witness.subject).collect();
    if subjects.is_empty() {
        subjects.push(context.endpoint());
    }
    let who = if subjects.len() > 1 { "the Sentinels watch" } else { "the Sentinel watches" };
    let others = &topology.other_groups;
    Problem {
        title: match asked {
            Some(name) if !others.is_empty() => format!("{who} no group called \"{name}\""),
            _ => format!("{who} no group at all"),
        },
        subjects,
        expected: asked.map_or_else(|| "a group".to_owned(), |name| format!("a group called \"{name}\"")),
        presented: if others.is_empty() {
            "none is watched".to_owned()
        } else {
            format!("watched: {}", listed(others))
        },
        clients: context.affected(&Symptom::NoSuchGroup(asked.unwrap_or("mymaster").to_owned()), Where::Seed),
        remedies: named(context, others).into_iter().chain([watched(context, asked)]).collect(),
    }
}

fn listed(names: &[String]) -> String {
    let told: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
    let more = names.len().saturating_sub(TOLD);
    if more > 0 { format!("{} and {more} more", told.join(", ")) } else { told.join(", ") }
}

/// The names that there are, each as a command that looks at its group.
fn named(context: &Context<'_>, others: &[String]) -> Option<Remedy> {
    let usable = others.iter().filter(|name| Context::group_in_commands(name) == **name);
    let lines: Vec<String> =
        usable.take(TOLD).map(|name| format!("redis-doctor check {}", context.endpoint_of_group(name))).collect();
    let text = match others {
        [] => return None,
        [only] => format!("Give the application the name that the Sentinel knows, {only}, in the place of its own."),
        _ => "Give the application the name of its group as the Sentinel has it: one of these.".to_owned(),
    };
    Some(Remedy { audience: Audience::Client, text, lines, proof: None })
}

/// The other way round: what makes it watch the group.
fn watched(context: &Context<'_>, asked: Option<&str>) -> Remedy {
    let name = asked.unwrap_or("mymaster");
    let text = "Have each Sentinel of this deployment watch it, if it should: at the address at which clients reach the \
                primary, with how many Sentinels have to agree that it is down.";
    let lines = context.watching(name, "ADDRESS-OF-THE-PRIMARY", "PORT", None).into_iter().skip(1).collect();
    Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }
}
