//! What was seen, in words that a person can act on.

use super::NoRoute;
use crate::facts::{Attempt, Failure, Spoke};

/// The line with which a server turned a connection away before it listened: protected mode, or its connection limit. It
/// comes unasked and in plaintext, also from a TLS port, so it says nothing of what the port speaks.
pub fn turned_away(attempt: &Attempt) -> Option<String> {
    let said = match (&attempt.spoke, attempt.opened().and_then(|c| c.identity.failure())) {
        (Some(Spoke::PlainRedis(line)), _) => line.trim_start_matches('-'),
        (_, Some(failure)) => &failure.detail,
        _ => return None,
    };
    let sentence = said.split_inclusive(". ").next().unwrap_or(said).trim_end();
    (said.starts_with("DENIED") || said.contains("max number of clients")).then(|| sentence.chars().take(160).collect())
}

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
