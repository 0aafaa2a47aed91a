//! A replica has no link to its primary.

use crate::{
    diagnosis::{Audience, Check, Context, CutOff, Problem, Remedy, Severity, Verdicts, in_words, turned_away},
    facts::{Attempt, AuthOutcome, Candidate, Endpoint, Kind, Node, Observed, Role, Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "primary-link-down",
    severity: Severity::Warning,
    expects: "Every replica has a link to its primary.",
    explain: "A replica without a link (`master_link_status:down`) serves data that grows old, and would lose writes if it were \
              promoted. The primary's password missing in `masterauth`, TLS on one side only (`tls-replication`), a CA that \
              the replica does not have, a primary that lets in nobody from outside (protected mode, `bind`), a firewall between \
              the two, or a primary that has itself lost its own: the replica's log says which. What can be told from here \
              is told first.",
    transient: true,
    explains: &["wrong-node"],
    examine,
};

/// Why, as far as it is known; and what to do.
struct Reason {
    why: String,
    remedy: Remedy,
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let cut_off = context.cut_off();
    let is_told = |one: &CutOff<'_>| {
        one.is_copying(context) || is_the_clusters_concern(context, one) || is_the_sentinels_concern(context, one)
    };
    for one in cut_off.iter().filter(|one| !is_told(one)) {
        let name = one.primary.map(|(node, _)| node.address.to_string());
        let name = name.or_else(|| one.said.primary.as_ref().map(ToString::to_string)).unwrap_or_default();
        let Some(Reason { why, remedy }) = reason(context, one) else {
            verdicts.pass();
            continue;
        };
        verdicts.fail(Problem {
            title: format!("a replica has no link to its primary {name}{}: {why}", one.since()),
            subjects: vec![context.node(one.replica)],
            expected: "master_link_status:up".to_owned(),
            presented: "master_link_status:down; what it serves grows old, and it copies nothing".to_owned(),
            clients: Vec::new(),
            remedies: vec![remedy],
        });
    }
    let replicas = context.nodes().filter(|(node, _)| node.role == Role::Replica).count();
    (cut_off.len()..replicas).for_each(|_| verdicts.pass());
}

/// A cluster looks after itself while a primary is gone.
fn is_the_clusters_concern(context: &Context<'_>, one: &CutOff<'_>) -> bool {
    context.topology().is_some_and(|topology| topology.kind == Kind::Cluster)
        && one.primary.is_none_or(|(node, attempts)| {
            node.flags.fail || !attempts.iter().any(|attempt| context.snapshot.leads_to(attempt, node))
        })
}

/// So do Sentinels, of a primary that they call down themselves: `primary-down` tells of it.
fn is_the_sentinels_concern(context: &Context<'_>, one: &CutOff<'_>) -> bool {
    let is_down = |(node, attempts): (&Node, &[Attempt])| {
        (node.flags.fail || node.flags.pfail) && !attempts.iter().any(|attempt| attempt.opened().is_some())
    };
    context.is_sentinel() && one.primary.is_some_and(is_down)
}

/// `None` where one of the two has just started, and nothing else speaks against the link.
fn reason(context: &Context<'_>, one: &CutOff<'_>) -> Option<Reason> {
    let unknown =
        || Some(reasoned("the replica's log says why".to_owned(), "See the replica's log, and the primary's.", &[]));
    let Some((primary, attempts)) = one.primary else { return unknown() };
    if let Some(reason) = by_another_primary(context, one, primary) {
        return Some(reason);
    }
    let Some(attempt) = attempts.iter().find(|a| a.is_for(Candidate::Preferred)) else { return unknown() };
    let known = by_what_is_there(context, one)
        .or_else(|| by_old_address(context, one, primary))
        .or_else(|| by_refusal(attempt))
        .or_else(|| by_kind(one, attempt))
        .or_else(|| by_state(primary, attempt))
        .or_else(|| by_password(context, attempt))
        .or_else(|| by_trust(context, one, attempt));
    if known.is_some() {
        return known;
    }
    if let Some(failure) = attempt.failure().filter(|_| attempt.identity().is_none()) {
        return Some(reasoned(
            format!("it does not answer here either ({})", in_words(failure)),
            "See that the primary runs, and that the replica has its present address.",
            &["REPLICAOF HOST PORT"],
        ));
    }
    let starts = [one.replica, primary].iter().any(|node| context.has_just_started(&node.id));
    (!starts).then(|| {
        reasoned(
            "it answers here, so look between the two".to_owned(),
            "See the replica's log; then the firewall between the two, and whether the primary lets in others than its own \
             machine (bind, protected-mode with a password).",
            &[],
        )
    })
}

/// Behind Sentinels a replica that copies from somebody else than they say.
fn by_another_primary(context: &Context<'_>, one: &CutOff<'_>, primary: &Node) -> Option<Reason> {
    let dials = one.said.primary.as_ref().filter(|_| context.is_sentinel())?;
    let told = primary.address.preferred_endpoint()?;
    let same = |endpoint: &Endpoint| {
        let socket = |at: &Endpoint| context.attempt_at(at).and_then(|attempt| attempt.socket);
        *endpoint == told || socket(endpoint).is_some() && socket(endpoint) == socket(&told)
    };
    // A name stands for an address that is not looked up here, and the other way round.
    let comparable = dials.host.ip().is_some() == told.host.ip().is_some();
    (comparable && !same(dials)).then(|| {
        reasoned(
            format!("it copies from {dials}, and the Sentinels name {told}"),
            "Have it copy from the primary that the Sentinels name. They do so by themselves within some seconds, where they may: \
             if it comes back, see who sets it (an operator, a start script, replicaof in redis.conf).",
            &[&format!("REPLICAOF {} {}", told.host, told.port)],
        )
    })
}

/// A replica in a cluster that learnt of its primary's new address from others goes on dialling the old one (`clusterProcessGossipSection`
/// of Redis 7.0 leaves the replication alone).
fn by_old_address(context: &Context<'_>, one: &CutOff<'_>, primary: &Node) -> Option<Reason> {
    let old = one.said.primary.as_ref().filter(|_| context.is_cluster())?;
    let now = primary.address.ip.host()?;
    (old.host != *now && old.host.ip().is_some() && now.ip().is_some()).then(|| {
        reasoned(
            format!("it dials {old}, and the primary is at {now} now"),
            "Have it copy from the primary where that is now: run this on the replica.",
            &[&format!("CLUSTER REPLICATE {}", primary.id.in_commands())],
        )
    })
}

/// It can never copy from there.
fn by_what_is_there(context: &Context<'_>, one: &CutOff<'_>) -> Option<Reason> {
    if let Some(what) = one.stranger() {
        let (primary, _) = one.primary?;
        return Some(reasoned(
            format!("what answers at {} is {what}", primary.address),
            "Tell the replica where the primary itself listens (and in its redis.conf: CONFIG REWRITE).",
            &["REPLICAOF HOST PORT"],
        ));
    }
    let why = one.unreadable(context)?;
    let text = "Upgrade the replica to the primary's version: replicas come first, primaries last. Its log says \"Can't handle RDB \
                format version\".";
    Some(reasoned(why, text, &[]))
}

/// The primary turns its replica away, as it does us.
fn by_refusal(attempt: &Attempt) -> Option<Reason> {
    let line = turned_away(attempt)?;
    let (why, text) = if line.starts_with("DENIED") {
        (
            "the primary is in protected mode and turns it away",
            "Mend that first; the replica then needs the password, too.",
        )
    } else if line.contains("max number of clients") {
        ("the primary has reached its connection limit", "Mend that first.")
    } else {
        ("the primary turns us away, and so perhaps it", "Mend that first.")
    };
    Some(reasoned(why.to_owned(), text, &[]))
}

/// TLS on one side alone.
fn by_kind(one: &CutOff<'_>, attempt: &Attempt) -> Option<Reason> {
    let speaks = match (&attempt.spoke, attempt.transport) {
        (Some(Spoke::Tls), _) => Transport::Tls,
        (Some(Spoke::PlainRedis(_)), _) => Transport::Plaintext,
        (_, transport) => attempt.identity().map(|_| transport).or(attempt.tls().map(|_| Transport::Tls))?,
    };
    let wants = if one.said.replication.over_tls? { Transport::Tls } else { Transport::Plaintext };
    let setting = if speaks == Transport::Tls { "yes" } else { "no" };
    (speaks != wants).then(|| {
        reasoned(
            format!("it copies over {wants}, and that port speaks {speaks}"),
            "Let the replica copy over what the primary's port speaks, or give it the primary's other port (REPLICAOF).",
            &[&format!("CONFIG SET tls-replication {setting}")],
        )
    })
}

/// The primary is not ready itself.
fn by_state(primary: &Node, attempt: &Attempt) -> Option<Reason> {
    let said = attempt.opened()?.server.seen()?;
    if said.loading {
        return Some(reasoned("the primary is still loading its data".to_owned(), "Wait until it has loaded.", &[]));
    }
    let orphan = primary.role == Role::Replica || said.role.as_deref() == Some("slave");
    (orphan && said.primary_link.as_deref() == Some("down")).then(|| {
        let up = said.primary.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = format!("that one is a replica, too, and has lost its own primary {up}");
        reasoned(why, "Mend the link of the server in between first, or copy from the primary itself.", &[])
    })
}

/// The primary wants a password; whether the replica has the right one only its log tells.
fn by_password(context: &Context<'_>, attempt: &Attempt) -> Option<Reason> {
    let connection = attempt.opened()?;
    let wanted = match &connection.auth {
        Observed::Seen(AuthOutcome::Accepted) => true,
        Observed::Failed(failure) => failure.detail.starts_with("NOAUTH"),
        _ => false,
    };
    let user = context.snapshot.target.username.as_ref().map(|_| "CONFIG SET masteruser USER");
    let lines: Vec<&str> = user.into_iter().chain(["CONFIG SET masterauth PASSWORD"]).collect();
    wanted.then(|| {
        reasoned(
            "it answers here and wants a password, which the replica may lack".to_owned(),
            "Give the replica the primary's password, in redis.conf too. Its log says \"Unable to AUTH to MASTER\" where that is why.",
            &lines,
        )
    })
}

/// Over TLS, the replica may not have the CA.
fn by_trust(context: &Context<'_>, one: &CutOff<'_>, attempt: &Attempt) -> Option<Reason> {
    one.said.replication.over_tls.filter(|over_tls| *over_tls)?;
    let issuer = &context.snapshot.chain(attempt)?.leaf.issuer;
    Some(reasoned(
        "it answers TLS here, so the replica may not trust its certificate, or has none to show it".to_owned(),
        &format!(
            "Give the replica the CA that signed the primary's certificate ({issuer}), and a certificate of its own that the \
             primary's CA file covers. Its log says \"certificate verify failed\" where that is why."
        ),
        &["CONFIG SET tls-ca-cert-file FILE"],
    ))
}

fn reasoned(why: String, text: &str, lines: &[&str]) -> Reason {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Reason { why, remedy: Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None } }
}
