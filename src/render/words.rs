//! The sentences that several formats share: the verdict in one line, the vantage point, counts, dates, subjects.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Page, places};
use crate::{
    diagnosis::{Aftermath, Finding, Left, Report, Severity, Subject, SubjectKind, outlook::Outlook},
    facts::{
        Asked, Attempt, AuthOutcome, Candidate, ChainProblem, ChainVerdict, Detours, Failure, FailureKind, Idle,
        IdleEnd, Kind, Observed, Role, Service, Snapshot, Spoke, Topology, Transport, Vantage,
    },
};

/// Codes of what still fails that are listed before the rest is counted.
const CODES: usize = 4;

/// How an outlook is known: the library was `run`, or its source `read`.
pub(super) fn evidence(outlook: &Outlook) -> &'static str {
    if outlook.was_run { "run" } else { "read" }
}

/// `3 nodes`, `1 node`.
pub(super) fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// The worst there is. A run that was cut short or in which no check passed is no good news, whatever it found.
pub(super) fn worst(page: &Page<'_>) -> Option<Severity> {
    let silent = page.snapshot.cut_short || page.report.summary.passed == 0;
    page.report.worst().into_iter().chain(silent.then_some(Severity::Warning)).min()
}

/// The sign of the whole report: `✗` with an error, `!` with a warning, `✓` otherwise.
pub(super) fn sign(page: &Page<'_>) -> &'static str {
    match worst(page) {
        Some(Severity::Error) => "✗",
        Some(Severity::Warning) => "!",
        Some(Severity::Info) | None => "✓",
    }
}

/// The report in one line, without its sign: verdict, deployment, vantage point, what limits the verdict, endpoint.
pub(super) fn summary(page: &Page<'_>) -> Vec<String> {
    let snapshot = page.snapshot;
    let mut parts = vec![verdict(page.report)];
    parts.extend(snapshot.topology.seen().map(shape));
    if page.report.worst() != Some(Severity::Error) {
        parts.extend(let_in(snapshot));
    }
    parts.push(format!("seen from {}", vantage(&snapshot.vantage)));
    parts.extend(as_of(snapshot));
    if snapshot.cut_short {
        parts.push("cut short by the deadline".to_owned());
    }
    if page.report.ignored > 0 {
        parts.push(format!("{} ignored", page.report.ignored));
    }
    if let Some(Idle { held_ms, end: IdleEnd::Open }) = snapshot.idle {
        parts.push(format!("an idle connection was still open after {} s", held_ms / 1000));
    }
    parts.extend(snapshot.target.detours.as_ref().map(through));
    parts.push(endpoint(snapshot));
    parts
}

/// `looks like Azure Managed Redis: the endpoint ends in .redis.azure.net, certificate for …`, where it looks like somebody's.
pub(super) fn provider(report: &Report) -> Option<String> {
    let recognised = &report.recognised;
    let signals: Vec<&str> = recognised.signals.iter().map(|signal| signal.text.as_str()).collect();
    Some(format!("looks like {}: {}", recognised.provider?.name, signals.join(", ")))
}

/// That every node accepted the credentials: what an application still meets then is its client's doing.
fn let_in(snapshot: &Snapshot) -> Option<String> {
    let nodes = &snapshot.topology.seen()?.nodes;
    let accepted = |attempt: &Attempt| {
        matches!(attempt.opened().map(|c| &c.auth), Some(Observed::Seen(AuthOutcome::Accepted)))
            && attempt.is_for(Candidate::Preferred)
    };
    let all = snapshot.target.password_given
        && nodes.len() > 1
        && snapshot.nodes.iter().all(|probe| probe.attempts.iter().any(accepted));
    all.then(|| format!("credentials accepted by all {} nodes", nodes.len()))
}

/// That a map was looked through.
fn through(map: &Detours) -> String {
    let entries = if map.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", map.len()) };
    format!("through {entries} of {}", map.label)
}

/// The endpoint; where no scheme was given, with what the wire decided.
fn endpoint(snapshot: &Snapshot) -> String {
    let endpoint = &snapshot.target.endpoint;
    match (snapshot.target.asked, spoken(snapshot)) {
        (Asked::Either, Some(transport)) => format!("{endpoint} speaks {transport} (no scheme was given)"),
        _ => endpoint.to_string(),
    }
}

/// What the endpoint was found to speak.
pub(super) fn spoken(snapshot: &Snapshot) -> Option<Transport> {
    let seed = &snapshot.seed;
    let connection = seed.opened()?;
    let answered = match seed.transport {
        Transport::Tls => connection.tls.seen().is_some(),
        Transport::Plaintext => {
            connection.server.seen().is_some() || connection.auth.failure().is_some() || !connection.refusals.is_empty()
        }
    };
    answered.then_some(seed.transport)
}

fn verdict(report: &Report) -> String {
    let of = |severity| report.findings.iter().filter(|f| f.severity == severity).count();
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning"), (of(Severity::Info), "note")];
    let mut parts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)).collect();
    if parts.is_empty() {
        parts.push(format!("{} passed", count(report.summary.passed, "check")));
        if report.summary.skipped > 0 {
            parts.push(format!("{} could not be made", report.summary.skipped));
        }
    }
    parts.join(", ")
}

/// What kind of deployment it is, and how large.
pub(super) fn shape(topology: &Topology) -> String {
    let nodes = topology.nodes.len();
    let looked_at =
        if topology.announced > nodes { format!("{nodes} of {}", topology.announced) } else { nodes.to_string() };
    match topology.kind {
        Kind::Standalone => "standalone server".to_owned(),
        Kind::Sentinel => sentinel(topology),
        Kind::Replication => format!("{} in replication", count(nodes, "server")),
        Kind::Cluster if topology.announced.max(nodes) == 1 => "cluster of 1 node".to_owned(),
        Kind::Cluster => format!("cluster of {looked_at} nodes"),
    }
}

/// A Sentinel with what it watches, as far as it was asked and looked at.
fn sentinel(topology: &Topology) -> String {
    let of = |role| topology.nodes.iter().filter(|node| node.role == role).count();
    let sentinels = match of(Role::Sentinel) {
        1 => "a Sentinel".to_owned(),
        n => format!("{n} Sentinels"),
    };
    let servers = count(of(Role::Primary) + of(Role::Replica), "server");
    match &topology.groups[..] {
        [] => "a Sentinel".to_owned(),
        [only] => format!("{sentinels} of {}, {servers}", only.name),
        groups => format!("{sentinels} of {} groups, {servers}", groups.len()),
    }
}

/// Where from: `10.0.0.9 (ci-runner)`.
pub(super) fn vantage(vantage: &Vantage) -> String {
    let address = vantage.addresses.first().map(|first| match vantage.addresses.len() {
        1 => first.to_string(),
        n => format!("{first} and {} more", n - 1),
    });
    match (address, &vantage.hostname) {
        (Some(address), Some(host)) => format!("{address} ({host})"),
        (Some(address), None) => address,
        (None, Some(host)) => host.clone(),
        (None, None) => "this machine".to_owned(),
    }
}

/// The endpoint as the user would write it again, without credentials.
pub(super) fn target(snapshot: &Snapshot) -> String {
    let endpoint = &snapshot.target.endpoint;
    match snapshot.target.asked {
        Asked::Tls => format!("rediss://{endpoint}"),
        Asked::Plaintext => format!("redis://{endpoint}"),
        Asked::Either => endpoint.to_string(),
    }
}

/// RFC 3339 in UTC; the bare number where a year has more than four digits.
pub(super) fn instant(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    moment.and_then(|m| m.format(&Rfc3339).ok()).unwrap_or_else(|| seconds.to_string())
}

/// `as of 2027-03-15 (looked at 2026-11-21)`; with the time of day where `--at` was no whole day.
pub(super) fn as_of(snapshot: &Snapshot) -> Option<String> {
    let at = instant(snapshot.judged_at?);
    let at = at.strip_suffix("T00:00:00Z").unwrap_or(&at);
    let looked = instant(snapshot.taken_at);
    let looked = looked.split('T').next().unwrap_or(&looked);
    Some(format!("as of {at} (looked at {looked})"))
}

/// How a failure is called in a table cell.
pub(super) fn failure(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::NoSuchName => "no such name",
        FailureKind::Refused => "refused",
        FailureKind::TimedOut => "timed out",
        FailureKind::Unreachable => "no route",
        FailureKind::Closed => "closed",
        FailureKind::NotSpoken => "wrong protocol",
        FailureKind::ClientCertificate => "wants client cert",
        FailureKind::TlsAlert => "TLS alert",
        FailureKind::Refusal => "error reply",
        FailureKind::Hostile => "reply too large",
        FailureKind::Local => "out of resources",
        FailureKind::Other => "failed",
    }
}

/// What stands on a port in place of Redis, in a word; `None` for Redis itself, and where nothing is known.
pub(super) fn instead(spoke: &Spoke) -> Option<&'static str> {
    Some(match spoke {
        Spoke::PlainRedis(_) | Spoke::Tls | Spoke::Closes { .. } => return None,
        Spoke::Spiped => "spiped",
        Spoke::ProxyHeader(_) => "proxy-protocol",
        Spoke::ClusterBus(_) => "cluster-bus",
        Spoke::Unknown(_) => "unknown",
        Spoke::Other(stranger) => match stranger.service {
            Service::Http => "http",
            Service::Http2 => "http2",
            Service::Ssh => "ssh",
            Service::Smtp => "smtp",
            Service::Ftp => "ftp",
            Service::Imap => "imap",
            Service::Mysql => "mysql",
            Service::Postgresql => "postgresql",
            Service::Memcached => "memcached",
            Service::Amqp => "amqp",
            Service::Nats => "nats",
        },
    })
}

/// How a failed attempt is called in a table cell: what answers instead, else how it failed.
pub(super) fn failed(failure: &Failure, spoke: Option<&Spoke>) -> String {
    match spoke.and_then(instead).filter(|word| *word != "unknown") {
        Some(word) => format!("answers {word}"),
        None => self::failure(failure).to_owned(),
    }
}

/// How a chain is called in a table cell, after its sign.
pub(super) fn chain(verdict: &ChainVerdict) -> &'static str {
    match verdict {
        ChainVerdict::Trusted { .. } => "",
        ChainVerdict::Untrusted { problem, .. } => match problem {
            ChainProblem::UnknownIssuer => "unknown CA",
            ChainProblem::Expired => "expired",
            ChainProblem::NotYetValid => "not yet valid",
            ChainProblem::CaAsLeaf => "CA as leaf",
            ChainProblem::Usage => "wrong usage",
            ChainProblem::Other => "refused",
        },
    }
}

/// What a list of subjects is called.
pub(super) fn subjects_label(subjects: &[Subject]) -> &'static str {
    match subjects {
        [one] => match one.kind {
            SubjectKind::Endpoint => "endpoint",
            SubjectKind::Node => "node",
            SubjectKind::Cluster => "cluster",
        },
        many if many.iter().all(|s| s.kind == SubjectKind::Node) => "nodes",
        _ => "on",
    }
}

/// All addresses where they are few or have a form in common, else the first `most`, and how many more there are:
/// `10.0.0.1-100:6379`, `a, b and 4 more`.
pub(super) fn addresses(subjects: &[Subject], most: usize) -> String {
    let all: Vec<&str> = subjects.iter().map(|s| s.address.as_str()).collect();
    let many = all.len().saturating_sub(2) > most;
    many.then(|| places::in_few_words(&all)).flatten().unwrap_or_else(|| and_more(&all, most))
}

/// The first `most` of `all`, and how many more there are; two more are shown rather than counted.
pub(super) fn and_more(all: &[&str], most: usize) -> String {
    if all.len().saturating_sub(2) <= most {
        return all.join(", ");
    }
    format!("{} and {} more", all[..most].join(", "), all.len() - most)
}

/// `4 of 6 failing nodes; still failing then: certificate-expired (2 nodes)`; empty where nothing is left that fails.
pub(super) fn aftermath(finding: &Finding) -> String {
    let Some(Aftermath { failing, mends, left }) = finding.aftermath.as_ref().filter(|after| !after.left.is_empty())
    else {
        return String::new();
    };
    let left: Vec<String> = left.iter().map(still).collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let lead = match (finding.at_the_endpoint, failing, mends) {
        (true, _, 0) => "the endpoint; ".to_owned(),
        (true, ..) => format!("the endpoint, and {mends} of {failing} failing nodes; "),
        (false, 0 | 1, _) => "no node by itself; ".to_owned(),
        (false, _, 0) => format!("none of {failing} failing nodes by itself; "),
        (false, ..) => format!("{mends} of {failing} failing nodes; "),
    };
    format!("{lead}still failing then: {}", and_more(&left, CODES))
}

/// An error that is left, and where.
fn still(left: &Left) -> String {
    let place = match (left.first.kind, left.nodes) {
        (SubjectKind::Node, 2..) => count(left.nodes, "node"),
        (SubjectKind::Cluster, _) => "the whole cluster".to_owned(),
        _ => left.first.address.clone(),
    };
    let both = if left.by_one_certificate { "; one new certificate can mend both" } else { "" };
    format!("{} ({place}{both})", left.code)
}

/// `5 nodes`, `the endpoint`: how many subjects, without their addresses.
pub(super) fn subject_count(subjects: &[Subject]) -> String {
    match subjects {
        [one] => one.address.clone(),
        many if many.iter().all(|s| s.kind == SubjectKind::Node) => count(many.len(), "node"),
        many => count(many.len(), "place"),
    }
}
