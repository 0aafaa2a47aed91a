//! What was seen, written down: the snapshot.

use std::{collections::HashMap, net::IpAddr};

use super::shared::Shared;
use crate::facts::{
    Alias, Asked, Attempt, BusLook, CertificateChain, Connection, Idle, Names, NodeProbe, Observed, SNAPSHOT_FORMAT,
    Scheme, Snapshot, TargetFacts, Topology, Transport, TrustSource, Vantage,
};

/// What was looked at beside the nodes.
pub(super) struct Beside {
    /// Endpoints that were named and that no node announces.
    pub(super) also: Vec<Attempt>,
    /// The seed's socket.
    pub(super) again: Vec<Attempt>,
    /// Names that lead to others.
    pub(super) aliases: Vec<Alias>,
    /// What names lead to.
    pub(super) names: Names,
    /// A connection that was left alone.
    pub(super) idle: Option<Idle>,
    /// Ports of the cluster bus.
    pub(super) buses: Vec<BusLook>,
}

/// Everything that was seen, as one value.
pub(super) fn snapshot(
    shared: &Shared,
    mut seed: Attempt,
    topology: Observed<Topology>,
    mut nodes: Vec<NodeProbe>,
    Beside { mut also, mut again, mut aliases, mut names, idle, buses }: Beside,
    cut_short: bool,
) -> Snapshot {
    let target = &shared.target;
    let by_alias = aliases.iter_mut().flat_map(|alias| &mut alias.looks);
    let beside = also.iter_mut().chain(&mut again).chain(by_alias).chain(&mut names.behind);
    let chains = in_order_of_use(shared.take_chains(), &mut seed, &mut nodes, beside);
    let anchors = shared.anchors_of(&chains);
    let attempts = || std::iter::once(&seed).chain(nodes.iter().flat_map(|n| &n.attempts)).chain(&also).chain(&again);
    let mut addresses: Vec<IpAddr> = attempts().filter_map(|a| a.opened()?.local).map(|local| local.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let tls = attempts().any(|a| a.transport == Transport::Tls);
    Snapshot {
        format: SNAPSHOT_FORMAT,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: shared.now,
        judged_at: None,
        vantage: Vantage { hostname: hostname(), addresses },
        target: TargetFacts {
            endpoint: target.endpoint.clone(),
            asked: match target.scheme {
                Scheme::Tls => Asked::Tls,
                Scheme::Plaintext => Asked::Plaintext,
                Scheme::Either => Asked::Either,
            },
            server_name: target.server_name.clone(),
            sni: target.sni.clone(),
            username: target.credentials.as_ref().and_then(|c| c.username.clone()),
            password_given: target.credentials.is_some(),
            password_oddity: target.credentials.as_ref().and_then(|c| c.oddity),
            client_certificate_given: target.identity.is_some(),
            client_certificate: shared.client_certificate(),
            trust: tls.then(|| TrustSource { label: target.trust.label.clone(), anchors: target.trust.anchors.len() }),
            detours: target.detours.clone(),
            known: target.known.clone(),
            given: None,
            sentinels: target.sentinels.clone(),
            sentinel_username: target.sentinel_credentials.as_ref().and_then(|c| c.username.clone()),
            sentinel_password_given: target.sentinel_credentials.is_some(),
            group: target.group.clone(),
            database: target.database,
        },
        seed,
        topology,
        nodes,
        also,
        again,
        aliases,
        names,
        buses,
        chains,
        anchors,
        idle,
        cut_short,
    }
}

/// Chains were numbered as they came in; a snapshot numbers them as they are used, so that two runs compare equal.
fn in_order_of_use<'a>(
    chains: Vec<CertificateChain>,
    seed: &'a mut Attempt,
    nodes: &'a mut [NodeProbe],
    beside: impl Iterator<Item = &'a mut Attempt>,
) -> Vec<CertificateChain> {
    let mut chains: Vec<Option<CertificateChain>> = chains.into_iter().map(Some).collect();
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut ordered = Vec::new();
    let attempts = std::iter::once(seed).chain(nodes.iter_mut().flat_map(|n| &mut n.attempts)).chain(beside);
    let mut attempts: Vec<&mut Attempt> = attempts.collect();
    let mut renumber = |number: &mut usize| {
        *number = *numbers.entry(*number).or_insert_with(|| {
            ordered.extend(chains[*number].take());
            ordered.len() - 1
        });
    };
    attempts.iter_mut().filter_map(|attempt| session_chain(attempt)).for_each(&mut renumber);
    attempts.into_iter().flat_map(further_chains).for_each(renumber);
    ordered
}

fn session_chain(attempt: &mut Attempt) -> Option<&mut usize> {
    let Observed::Seen(Connection { tls: Observed::Seen(session), .. }) = &mut attempt.connection else { return None };
    Some(&mut session.chain)
}

/// Those that were seen beside the sessions: they come last.
fn further_chains(attempt: &mut Attempt) -> impl Iterator<Item = &mut usize> {
    let hello = match &mut attempt.hello {
        Some(Observed::Seen(hello)) => hello.chain.as_mut(),
        _ => None,
    };
    let looks = attempt.looks.iter_mut().flat_map(|looks| &mut looks.names);
    let named = looks.chain(&mut attempt.by_name).filter_map(|look| match &mut look.chain {
        Observed::Seen(chain) => Some(chain),
        _ => None,
    });
    hello.into_iter().chain(named)
}

fn hostname() -> Option<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    kernel
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|n| n.trim().to_owned())
}
