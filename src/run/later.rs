//! `--at`: how what was seen will look at another time.

use anyhow::{Result, bail};

use crate::{
    facts::{CertificateChain, Snapshot},
    names::trust::{Anchors, Purpose, judge},
};

/// Judges every chain as of `at` (seconds since 1970), by the anchors that were kept. What was looked at stays: which
/// connections were safe for credentials was decided by the real time.
pub(super) fn judged_at(mut snapshot: Snapshot, at: Option<i64>) -> Result<Snapshot> {
    let Some(at) = at else { return Ok(snapshot) };
    if !kept_its_anchors(&snapshot) {
        bail!(
            "--at: the snapshot was saved by redis-doctor {}, which kept no trust anchors to judge by: look again",
            snapshot.tool_version
        );
    }
    let (anchors, _) = Anchors::from_der(snapshot.anchors.iter().map(|anchor| anchor.der.clone()).collect());
    for chain in &mut snapshot.chains {
        judge(chain, &anchors, at, Purpose::Server);
    }
    if let Some(client) = &mut snapshot.target.client_certificate {
        judge_clients_own(&mut client.chain, &anchors, snapshot.taken_at, at);
    }
    snapshot.judged_at = Some(at);
    Ok(snapshot)
}

/// Only the anchors around the servers' chains were kept: where the client's own comes to something else by them, it stays as
/// it was judged.
fn judge_clients_own(chain: &mut CertificateChain, anchors: &Anchors, taken_at: i64, at: i64) {
    let mut again = chain.clone();
    judge(&mut again, anchors, taken_at, Purpose::Client);
    if again.verdict == chain.verdict {
        judge(chain, anchors, at, Purpose::Client);
    }
}

/// A chain can be trusted by an anchor alone, and where none is trusted there may be none to keep.
fn kept_its_anchors(snapshot: &Snapshot) -> bool {
    let old = snapshot.chains.iter().any(|chain| chain.is_trusted() || chain.judgements.is_empty());
    !(snapshot.anchors.is_empty() && old)
}
