//! What was seen, in words that a person can act on.

use super::NoRoute;
use crate::facts::{Attempt, Failure, Spoke, TurnedAway};

/// The line with which a server turned a connection away before it listened: protected mode, its connection limit, or a
/// list of addresses. It comes unasked and in plaintext, also from a TLS port, so it says nothing of what the port speaks.
pub fn turned_away(attempt: &Attempt) -> Option<String> {
    let said = match (&attempt.spoke, attempt.opened().and_then(|c| c.identity.failure())) {
        (Some(Spoke::PlainRedis(line)), _) => line.trim_start_matches('-'),
        (_, Some(failure)) => &failure.detail,
        _ => return None,
    };
    let sentence = said.split_inclusive(". ").next().unwrap_or(said).trim_end();
    TurnedAway::read(said).map(|_| sentence.chars().take(160).collect())
}

/// The words in which a server refuses whatever is asked, AUTH included, where they are none of Redis's own: a plan's limit that
/// is used up, a database that is paused.
pub fn refused_everything(attempt: &Attempt) -> Option<String> {
    let connection = attempt.opened()?;
    let nothing_told = connection.identity.seen().is_none() && connection.server.seen().is_none();
    let auth = connection.auth.failure().map(|failure| failure.detail.as_str());
    let refused = connection.refusals.iter().map(|refusal| refusal.answer.as_str());
    let mut all = auth.into_iter().chain(refused);
    let first = all.next().filter(|said| nothing_told && said.starts_with("ERR "))?;
    let start = |said: &str| said.split(' ').take(3).map(str::to_owned).collect::<Vec<_>>();
    let (mut alike, mut known) = (0, 0);
    for said in all {
        alike += usize::from(start(said) == start(first));
        known += 1;
    }
    // Which commands a proxy does not know it says of each alike, too.
    let of_commands =
        ["unknown", "support", "not allowed", "not available", "command", "auth", "password", "permitted"];
    let told = known >= REFUSALS
        && alike == known
        && !of_commands.iter().any(|word| first.to_ascii_lowercase().contains(word));
    told.then(|| first.chars().take(160).collect())
}

/// So many refusals of one kind are no accident.
const REFUSALS: usize = 3;

/// A failure in words that a person can act on, without who it happened to.
pub fn in_words(failure: &Failure) -> String {
    use crate::facts::FailureKind::{
        ClientCertificate, Closed, Hostile, Local, NoSuchName, NotSpoken, Other, Refusal, Refused, TimedOut, TlsAlert,
        Unreachable,
    };
    let what = match failure.kind {
        NoSuchName => "the name does not resolve",
        Refused => "connection refused: nobody listens there",
        TimedOut => return format!("timed out at {}: {}", failure.stage, failure.detail),
        Unreachable => NoRoute::of(failure).in_words(),
        Closed => "the connection was closed",
        NotSpoken => "it does not speak the protocol",
        ClientCertificate => "the server refuses the client certificate, or wants one",
        TlsAlert => "TLS alert",
        Refusal => return failure.detail.clone(),
        Hostile => "the reply is beyond all bounds",
        Local => "this machine is out of sockets or file descriptors",
        Other => return format!("{} failed: {}", failure.stage, failure.detail),
    };
    format!("{what} ({})", failure.detail)
}

/// `2027-03-15` from seconds since 1970.
pub fn date(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| format!("{seconds} s"), |t| t.date().to_string())
}

/// What is nearer than this to now is told with its time of day, in seconds.
const NEAR: i64 = 2 * 24 * 3600;

/// The same, and `2027-03-15 17:40 UTC` where that is so near to `now` that days alone do not tell before from after.
pub fn moment(seconds: i64, now: i64) -> String {
    let near = seconds.abs_diff(now) < NEAR.unsigned_abs();
    let told = |t: time::OffsetDateTime| {
        if near { format!("{} {:02}:{:02} UTC", t.date(), t.hour(), t.minute()) } else { t.date().to_string() }
    };
    time::OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| format!("{seconds} s"), told)
}

/// `5 minutes`, `3 hours`: how far two moments are apart, where that is less than two days.
pub fn apart(one: i64, other: i64) -> Option<String> {
    let seconds = i64::try_from(one.abs_diff(other)).ok().filter(|seconds| *seconds < NEAR)?;
    Some(match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_told_to_the_minute() {
        let now = 1_795_282_500;
        assert_eq!(moment(now, now), "2026-11-21 17:35 UTC");
        assert_eq!(moment(now + NEAR, now), "2026-11-23");
        assert_eq!(moment(now - NEAR, now), "2026-11-19");
        let told = [(90, "90 seconds"), (300, "5 minutes"), (-7200, "2 hours")];
        for (seconds, words) in told {
            assert_eq!(apart(now + seconds, now).as_deref(), Some(words));
        }
        assert_eq!(apart(now + NEAR, now), None);
    }
}
