//! One of the addresses behind the endpoint's name is dead.

use std::net::IpAddr;

use crate::{
    clients::{self, Resolves, Symptom, Where},
    diagnosis::{Affected, Audience, Behind, Check, Context, Problem, Remedy, Severity, Verdicts, in_words},
    facts::{Failure, FailureKind, Stage},
};

pub(super) const CHECK: Check = Check {
    code: "dns-answer-dead",
    severity: Severity::Warning,
    expects: "Every address of the endpoint's name answers.",
    explain: "A name with several addresses is a promise that each of them works. Clients take them in the order in which the \
              resolver gives them: some try the next one when the first is dead (and wait first, where packets are dropped), \
              some take the first and fail. Records that outlive a server (after a failover, a replaced pod, a scale-in) make \
              such an endpoint fail now and then, and for some clients only. A typical one is an AAAA record of a server that \
              listens on IPv4 alone.\n\n\
              Remove the record, or have something listen there. A family to which this machine has no route at all is not \
              counted: the system puts its addresses last.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let endpoint = &context.snapshot.target.endpoint;
    let behind = context.behind_the_name();
    let behind: Vec<&Behind<'_>> = behind.iter().filter(|behind| !behind.by_dns_alone).collect();
    if endpoint.host.is_loopback() || context.snapshot.seed.opened().is_none() || behind.len() < 2 {
        return;
    }
    let dead: Vec<(IpAddr, &Failure)> =
        behind.iter().filter_map(|behind| Some((behind.ip, dead(context, behind)?))).collect();
    if dead.is_empty() {
        return verdicts.pass();
    }
    let alive: Vec<IpAddr> = behind.iter().map(|b| b.ip).filter(|ip| !dead.iter().any(|(at, _)| at == ip)).collect();
    let listed: Vec<String> = dead.iter().map(|(ip, failure)| format!("{ip}: {}", in_words(failure))).collect();
    let is_other_family = dead.iter().all(|(ip, _)| !alive.iter().any(|other| other.is_ipv6() == ip.is_ipv6()));
    let which = match (is_other_family, dead[0].0.is_ipv6()) {
        (true, true) => "the IPv6 address".to_owned(),
        (true, false) => "the IPv4 address".to_owned(),
        (false, _) => format!("{} of {} addresses", dead.len(), behind.len()),
    };
    let name = &endpoint.host;
    let says = if dead.len() == 1 { "does not answer" } else { "do not answer" };
    verdicts.fail(Problem {
        title: format!("{which} of {name} {says}: {}", some_of(&dead.iter().map(|(ip, _)| *ip).collect::<Vec<_>>())),
        subjects: vec![context.endpoint()],
        expected: format!("an answer at every address of {name}, seen from {}", context.vantage()),
        presented: listed.into_iter().take(4).collect::<Vec<_>>().join("; "),
        clients: affected(context, behind[0].ip, &dead),
        remedies: remedies(context, &alive, is_other_family),
    });
}

/// Nothing opens there. Where a whole family has no route from here, its addresses say nothing.
pub(super) fn dead<'a>(context: &Context<'a>, behind: &Behind<'a>) -> Option<&'a Failure> {
    let failure = behind.attempt?.failure()?;
    let seed = context.snapshot.seed.socket?;
    let no_such_family = failure.kind == FailureKind::Unreachable && seed.is_ipv6() != behind.ip.is_ipv6();
    let is_dead = failure.stage == Stage::Connect && failure.kind != FailureKind::Local && !no_such_family;
    is_dead.then_some(failure)
}

/// Those that resolve a seed themselves, to its first address.
fn affected(context: &Context<'_>, first: IpAddr, dead: &[(IpAddr, &Failure)]) -> Vec<Affected> {
    let Some((_, failure)) = dead.iter().find(|(ip, _)| *ip == first).filter(|_| context.is_cluster()) else {
        return Vec::new();
    };
    let endpoint = crate::facts::Endpoint::new(crate::facts::Host::Ip(first), context.snapshot.target.endpoint.port);
    let symptom = match failure.kind {
        FailureKind::Refused => Symptom::Refused(endpoint),
        FailureKind::TimedOut => Symptom::TimedOut(endpoint),
        _ => Symptom::Unreachable(endpoint),
    };
    let all = context.affected(&symptom, Where::Seed);
    let resolves = |affected: &Affected| {
        clients::by_id(affected.id)
            .any(|client| client.versions == affected.versions && client.resolves == Resolves::Seeds)
    };
    all.into_iter().filter(resolves).collect()
}

fn remedies(context: &Context<'_>, alive: &[IpAddr], is_other_family: bool) -> Vec<Remedy> {
    let name = &context.snapshot.target.endpoint.host;
    let in_hosts = context.lookup().is_some_and(|lookup| lookup.in_hosts_file);
    let mut remedies = vec![Remedy {
        audience: Audience::Network,
        text: if in_hosts {
            "Leave only the addresses that answer in /etc/hosts of this machine, which has this name.".to_owned()
        } else {
            format!("Leave only the addresses that answer in DNS ({} of them here).", alive.len())
        },
        lines: context.records(alive, in_hosts),
        proof: Some(format!("dialled: {} of {} answer", alive.len(), alive.len())),
    }];
    if is_other_family {
        remedies.push(Remedy {
            audience: Audience::Server,
            text: "Or have the server listen on both families (redis.conf, 6.2+; a minus lets it start without that address), \
                   and announce both or a name."
                .to_owned(),
            lines: vec![format!("bind {}", bound(context, alive))],
            proof: None,
        });
    }
    if name.name().is_some() {
        remedies.push(Remedy {
            audience: Audience::Client,
            text: "Until then: restart clients that keep the old answer (the JVM caches names), after the time to live of \
                   the record has passed."
                .to_owned(),
            lines: Vec::new(),
            proof: None,
        });
    }
    remedies
}

/// What answers, and what shall.
fn bound(context: &Context<'_>, alive: &[IpAddr]) -> String {
    let behind = context.behind_the_name();
    let all = behind.iter().filter(|behind| !behind.by_dns_alone).map(|behind| behind.ip);
    let word = |ip: IpAddr| if alive.contains(&ip) { ip.to_string() } else { format!("-{ip}") };
    all.map(word).collect::<Vec<_>>().join(" ")
}

fn some_of(ips: &[IpAddr]) -> String {
    let shown: Vec<String> = ips.iter().take(3).map(ToString::to_string).collect();
    let more = ips.len().saturating_sub(3);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
