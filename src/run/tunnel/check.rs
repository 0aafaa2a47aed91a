//! `tunnel --check`: dials every forward of a map, and says who answers behind it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{
    super::{look::Look, map_file::MapFile, written_map::print_map_check},
    log::Logs,
};
use crate::{
    address_map::{
        audit::{Audit, Fault, audit_forwards, knows, unanswered},
        written::Written,
    },
    cli::{self, Cli, FailOn},
    exit::Exit,
    facts::{Attempt, Endpoint, Kind, Observed, Snapshot, Spoke},
    render::{Forwards, MapPage},
};

/// How many forwards are tried for one that leads to a server which tells the nodes.
const TRIES: usize = 5;

/// What `tunnel --out` and its scripts put in a folder.
const LOGS: &str = "client/run";
const START: &str = "client/start";
const README: &str = "README";

/// Judges the forwards of the map in a file or folder.
pub(super) fn check(cli: &Cli, tunnel: &cli::Tunnel, given: &Path) -> anyhow::Result<Exit> {
    let map = MapFile::read("--check", given)?;
    let (written, label, folder) = (map.written.clone(), map.label.clone(), map.folder.clone());
    let look = Look::through(&tunnel.connection, &cli.global, map)?;
    let snapshot = if look.is_placed() {
        look.snapshot()?
    } else {
        let found = seen_through(&look, &written, cli.global.deadline)?;
        look.keep(&found)?;
        look.later(found)?
    };
    let mut audit = match audit_forwards(&snapshot, &written) {
        Ok(audit) => audit,
        Err(why) if snapshot.deployment().is_some() => bail!("nothing can be said about the forwards: {why}"),
        Err(_) => unanswered(&snapshot, &written),
    };
    if let Some(run) = in_folder(folder.as_ref(), LOGS) {
        ask_logs(&mut audit, Path::new(&run));
    }
    let well = audit.is_well() && snapshot.deployment().is_some();
    let exit = if well || cli.global.fail_on == FailOn::Never { Exit::Well } else { Exit::Found };
    let next = if well { look.check_through(&snapshot.target.endpoint, given) } else { String::new() };
    let [logs, start, readme] = [LOGS, START, README].map(|name| in_folder(folder.as_ref(), name));
    let page = MapPage {
        snapshot: &snapshot,
        audit: &audit,
        file: &label,
        exit: exit.code(),
        next: &next,
        note: "every check, through the tunnel; then the application",
        forwards: Some(Forwards {
            logs: logs.as_deref(),
            start: start.as_deref(),
            pairs: folder.as_ref().is_some_and(|folder| folder.join("server").is_dir()),
            readme: readme.as_deref(),
        }),
    };
    print_map_check(cli, &page)?;
    Ok(exit)
}

/// Forwards that came to nothing are looked up in the tunnel's log; the map of a folder has its nodes in the order of their
/// numbers.
fn ask_logs(audit: &mut Audit, run: &Path) {
    let logs = Logs::of(run);
    for (number, judged) in (1..).zip(&mut audit.entries) {
        if judged.faults.iter().any(|fault| matches!(fault, Fault::NotAnswering(_))) {
            judged.log = logs.why(number);
        }
    }
}

/// The place of a file, where there is one.
fn in_folder(folder: Option<&PathBuf>, name: &str) -> Option<String> {
    let path = folder?.join(name);
    path.exists().then(|| path.display().to_string())
}

/// The first look begins at the first forward and asks at all the others who is there. Where it was told no nodes, or those
/// of something else, the next ones begin where somebody answered; the last that was told anything counts then.
fn seen_through(look: &Look<'_>, written: &Written, deadline: Duration) -> anyhow::Result<Snapshot> {
    let begun = Instant::now();
    let left = || deadline.saturating_sub(begun.elapsed());
    let mut best = look.first_target(left())?;
    if tells_all(&best, written) {
        return Ok(best);
    }
    let others = answering(&best, written);
    for endpoint in others.iter().take(TRIES - 1) {
        let Some(seen) = look.at_target(endpoint, left())? else { break };
        let fits = tells_all(&seen, written);
        if fits || (best.deployment().is_none() && seen.deployment().is_some()) {
            best = seen;
        }
        if fits {
            break;
        }
    }
    Ok(best)
}

/// True where the map is of what was seen. A server behind Sentinels knows its own replication and no Sentinel, so that one
/// of those has to be asked where one was met.
fn tells_all(seen: &Snapshot, written: &Written) -> bool {
    let is_sentinel = seen.deployment().is_some_and(|topology| topology.kind == Kind::Sentinel);
    knows(seen, written) && (is_sentinel || !seen.all_attempts().any(watches))
}

/// A Sentinel answered.
fn watches(attempt: &Attempt) -> bool {
    attempt.opened().and_then(|c| c.server.seen()).is_some_and(|server| server.mode.as_deref() == Some("sentinel"))
}

/// The targets at which anybody was met, Sentinels first, then those that said who they are.
fn answering(snapshot: &Snapshot, written: &Written) -> Vec<Endpoint> {
    let begun = &snapshot.target.endpoint;
    let mut ranks: HashMap<&Endpoint, u8> = HashMap::new();
    for attempt in snapshot.all_attempts() {
        let Some((rank, (_, endpoint))) = rank(attempt).zip(attempt.candidates.first()) else { continue };
        ranks.entry(endpoint).and_modify(|known| *known = rank.min(*known)).or_insert(rank);
    }
    let targets = written.entries.iter().map(|entry| &entry.target).filter(|target| *target != begun);
    // Taken out, so that of entries with one target the first counts.
    let mut met: Vec<(u8, &Endpoint)> = targets.filter_map(|target| Some((ranks.remove(target)?, target))).collect();
    met.sort_by_key(|(rank, _)| *rank);
    met.into_iter().map(|(_, endpoint)| endpoint.clone()).collect()
}

fn rank(attempt: &Attempt) -> Option<u8> {
    let withheld = attempt.opened().is_some_and(|c| matches!(c.auth, Observed::NotTried(_)));
    match (attempt.identity(), attempt.failure(), &attempt.spoke) {
        _ if watches(attempt) => Some(0),
        (Some(_), ..) => Some(1),
        (None, None, _) if withheld => Some(2),
        (_, _, Some(Spoke::PlainRedis(_))) => Some(3),
        _ => None,
    }
}
