//! Sentinels call a server down that answers here.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, is_plain},
    facts::{AuthOutcome, Node, Observed, Role, Transport, Watched},
};

pub(super) const CHECK: Check = Check {
    code: "server-suspected",
    severity: Severity::Warning,
    expects: "Sentinels reach every server that clients reach.",
    explain: "A Sentinel takes only PONG, LOADING and MASTERDOWN for an answer: a password that it was not given (auth-pass), TLS \
              that it does not speak (tls-replication, and tls-ca-cert-file to verify with, in sentinel.conf), or a firewall \
              makes a healthy server look down. With enough such Sentinels a failover comes any moment; with a few, none comes \
              when it should.",
    transient: true,
    explains: &["quorum-unreachable", "sentinel-lists-differ"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let told: Vec<(&Subject, &Watched)> =
            witnesses.iter().filter_map(|witness| Some((&witness.subject, witness.of(&group.name)?))).collect();
        let mut by = Vec::new();
        let mut whom: Vec<&Node> = Vec::new();
        for (subject, watched) in &told {
            let suspects: Vec<&Node> = suspected(context, watched).collect();
            if suspects.is_empty() {
                verdicts.pass();
                continue;
            }
            by.push((*subject).clone());
            whom.extend(suspects);
        }
        let mut places: Vec<String> = whom.iter().map(|node| format!("{} {}", node.role, node.address)).collect();
        places.sort();
        places.dedup();
        let shown = places.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
        verdicts.fail(Problem {
            title: format!(
                "{} of {} Sentinels call servers of {} down that answer here",
                by.len(),
                told.len(),
                group.name
            ),
            expected: "no s_down and no o_down of a server that is up".to_owned(),
            presented: format!("down, as they say: {shown}"),
            clients: heeding(context, &group.name, &whom),
            remedies: remedies(context, &group.name, &whom),
            subjects: by,
        });
    }
}

/// Those that go by what a Sentinel calls its primary.
fn heeding(context: &Context<'_>, group: &str, whom: &[&Node]) -> Vec<Affected> {
    if whom.iter().all(|node| node.role != Role::Primary) {
        return Vec::new();
    }
    context.affected(&Symptom::CalledDown(group.to_owned()), Where::EveryNode)
}

fn suspected<'w>(context: &Context<'_>, watched: &'w Watched) -> impl Iterator<Item = &'w Node> {
    let servers = watched.primary.iter().chain(&watched.replicas);
    servers.filter(|node| (node.flags.pfail || node.flags.fail) && context.server_at(node).is_some_and(|s| !s.loading))
}

fn remedies(context: &Context<'_>, group: &str, whom: &[&Node]) -> Vec<Remedy> {
    let name = Context::group_in_commands(group);
    let attempts = || whom.iter().filter_map(|node| context.attempt_at(&node.address.preferred_endpoint()?));
    let wants =
        |auth: &Observed<AuthOutcome>| matches!(auth, Observed::Seen(AuthOutcome::Accepted) | Observed::Failed(_));
    let password = attempts().any(|attempt| attempt.opened().is_some_and(|connection| wants(&connection.auth)));
    let tls = attempts().any(|attempt| attempt.transport == Transport::Tls && attempt.tls().is_some());
    let server = |text: &str, lines: Vec<String>| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines,
        proof: None,
    };
    let mut remedies = Vec::new();
    if password {
        let user = context.snapshot.target.username.as_deref().filter(|user| is_plain(user));
        let user = user.map(|user| format!("SENTINEL SET {name} auth-user {user}"));
        let pass = format!("SENTINEL SET {name} auth-pass PASSWORD-OF-THE-SERVERS");
        let text = "The servers want a password: see that these Sentinels have it.";
        remedies.push(server(text, user.into_iter().chain([pass]).collect()));
    }
    if tls {
        let text = "The servers speak TLS: see that sentinel.conf of these Sentinels has it, too, and restart them (a Sentinel \
                    cannot load it while it runs).";
        let lines = ["tls-replication yes", "tls-ca-cert-file FILE", "tls-cert-file FILE", "tls-key-file FILE"];
        remedies.push(server(text, lines.map(str::to_owned).into()));
    }
    let text = "See the way from these Sentinels to the servers (firewall, another network, protected mode); their log says when \
                and why it began.";
    remedies.push(server(text, Vec::new()));
    remedies
}
