//! The map of what Sentinels hand out, for one client library.

use anyhow::{Result, bail};

use super::{look::Look, settings};
use crate::{
    diagnosis::Report,
    emitters::{Settings, sentinel, sentinel::Watching},
    facts::{Attempt, AuthOutcome, Candidate, Endpoint, Observed, Role, Snapshot, Transport},
};

/// Sentinels that an application is given: a few lead to all.
const GIVEN: usize = 5;

/// The configuration, or why there is none.
pub(super) fn emit(
    client: &str,
    look: &Look<'_>,
    snapshot: &Snapshot,
    report: &Report,
) -> Result<Result<String, String>> {
    let groups = snapshot.deployment().map_or(&[][..], |topology| &topology.groups);
    if groups.len() > 1 {
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        bail!("an application follows one group: --group NAME says which of {}", names.join(", "));
    }
    let settings = settings(look, snapshot, snapshot.target.endpoint.clone());
    let watching = watching(snapshot, sentinels(snapshot, report), settings);
    Ok(watching.and_then(|watching| sentinel::emit(client, &report.address_map, &watching)))
}

/// What an application is told of the one group that was looked at; `settings` hold what the Sentinels speak.
pub(super) fn watching(
    snapshot: &Snapshot,
    mut sentinels: Vec<Endpoint>,
    settings: Settings,
) -> Result<Watching, String> {
    let groups = snapshot.deployment().map_or(&[][..], |topology| &topology.groups);
    let [group] = groups else {
        return Err(
            "no map can be written for a client: an application follows one group, and --group NAME says which"
                .to_owned(),
        );
    };
    let tls = group.data_nodes().flat_map(|id| snapshot.attempts(id)).any(|attempt| {
        attempt.is_for(Candidate::Preferred) && attempt.transport == Transport::Tls && attempt.opened().is_some()
    });
    let accepted = matches!(snapshot.seed.opened().map(|c| &c.auth), Some(Observed::Seen(AuthOutcome::Accepted)));
    sentinels.truncate(GIVEN);
    Ok(Watching {
        group: group.name.clone(),
        sentinels,
        sentinel_tls: settings.tls,
        sentinel_password: snapshot.target.sentinel_password_given || accepted,
        settings: Settings { tls, ..settings },
    })
}

/// The endpoint, the others that were named and answered, and those that a way was proved to.
fn sentinels(snapshot: &Snapshot, report: &Report) -> Vec<Endpoint> {
    let answers = |attempt: &&Attempt| attempt.opened().is_some_and(|connection| connection.watch.is_some());
    let named = snapshot.also.iter().filter(answers).filter_map(|attempt| Some(attempt.candidates.first()?.1.clone()));
    let named = named.filter(|endpoint| snapshot.target.sentinels.contains(endpoint));
    let is_sentinel = |id| {
        let node = snapshot.deployment().and_then(|topology| topology.node(id));
        node.is_some_and(|node| node.role == Role::Sentinel)
    };
    let proved = report.address_map.mappings.iter().filter(|mapping| is_sentinel(&mapping.node_id));
    let proved = proved.map(|mapping| mapping.reachable.clone());
    let mut all: Vec<Endpoint> = Vec::new();
    for endpoint in [snapshot.target.endpoint.clone()].into_iter().chain(named).chain(proved) {
        if all.len() < GIVEN && !all.contains(&endpoint) {
            all.push(endpoint);
        }
    }
    all
}
