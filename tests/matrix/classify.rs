//! From what a client said to the stage at which it failed: words, whatever was predicted.

/// A stage and the words of one of which the text must hold; the first that fits wins, so the most specific come first.
type Words = (&'static str, &'static [&'static str]);

/// Words that mean the same whatever else was said.
const CLEAR: &[Words] = &[
    (
        "tls-name",
        &[
            "not match certificate's altnames",
            "certificate is not valid for '",
            "certificate not valid for name",
            "notvalidforname",
            "cannot validate certificate for",
            "certificate is valid for",
            "not valid for any names",
            "relies on legacy common name",
            "no subject alternative",
            "no name matching",
            "did not match expected",
            "unable to locate peer certificate cn",
            "hostname mismatch",
            "ip address mismatch",
        ],
    ),
    (
        "tls-other",
        &[
            "first record does not look",
            "invalidcontenttype",
            "certificate required",
            "certificaterequired",
            "certificate_required",
            "failed to parse server certificates",
            "violation of protocol",
        ],
    ),
    (
        "tls-chain",
        &[
            "causedasendentity",
            "unknownissuer",
            "badsignature",
            "unknown authority",
            "unable to verify the first certificate",
            "unable to get local issuer",
            "unable to get issuer",
            "self-signed certificate",
            "self signed certificate",
            "expired",
            "pkix path",
            "certificate verify failed",
        ],
    ),
    (
        "auth",
        &[
            "authentication failed",
            "noauth",
            "wrongpass",
            "invalid username-password",
            "authentication required",
            "hello must be called",
        ],
    ),
    ("acl", &["noperm", "no permissions", "permissiondenied", "permission denied"]),
    (
        "resolve",
        &[
            "enotfound",
            "no such host",
            "name or service not known",
            "failed to lookup address",
            "getaddrinfo",
            "(socketerror)",
            "unknownhost",
            "failed to resolve",
        ],
    ),
    ("connect", &["econnrefused", "connection refused", "network is unreachable", "enetunreach", "no route to host"]),
    (
        "protocol",
        &[
            "cluster support disabled",
            "cluster mode is not enabled",
            "wrong version number",
            "first record does not look",
            "no topology views found",
            "redis: nil",
            "clusterconnectionnotfound",
            "clusterdown",
            "invalid or missing cluster state",
            "nullpointerexception",
            "is null",
            "for nil:nilclass",
            "crashed",
        ],
    ),
];

const TIMEOUTS: &[&str] = &["timed out", "timeout", "etimedout", "deadline", "temporarily unavailable"];
const HANG_UPS: &[&str] =
    &["econnreset", "reset by peer", "connection reset", "broken pipe", "eof", "unexpected end of", "closed"];
/// What hides the reason: texts that are the same whatever it was.
const MASKS: &[&str] = &[
    "All the root nodes are unavailable",
    "Failed to refresh slots cache.",
    "No connections found - ClusterConnectionNotFound",
    "Couldn't map cluster keyspace using any provided seed",
    "Can't communicate with any node in the cluster",
    "No connections available in the pool",
    "Not all slots covered!",
];
/// All that PHP says where it has no name to compare, as of an IPv6 address; of everything else it says more.
const NAMELESS: &[&str] = &["failed to enable crypto", "error while switching to encrypted communication"];
/// What stands around a reason, and says where and nothing of the stage.
const FRAMES: &[&str] = &["failed to connect to each cluster node", "failed to connect to node"];
/// What a driver says in place of a library that never comes back.
const SILENCE: &str = "no answer";

/// The stage; `hidden` where nothing but masks was shown, `?` where no word is known.
pub fn stage(texts: &[&str], tls: bool) -> &'static str {
    let said = FRAMES.iter().fold(texts.join("\n").to_lowercase(), |said, frame| said.replace(frame, ""));
    let holds = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if let Some((stage, _)) = CLEAR.iter().find(|(_, words)| holds(words)) {
        return stage;
    }
    // A server that hangs up on plaintext speaks TLS; clients try again until their time is up. One that hangs up on TLS
    // has refused; and clients hang up themselves, and say so, on one that is silent.
    let timeouts = holds(TIMEOUTS).then_some("timeout");
    let hang_ups = holds(HANG_UPS).then_some(if tls { "tls-other" } else { "protocol" });
    let weak = if tls { timeouts.or(hang_ups) } else { hang_ups.or(timeouts) };
    let is_mask = |text: &str| MASKS.iter().any(|mask| text.contains(mask));
    let hidden =
        || texts.iter().any(|text| is_mask(text)) && texts.iter().all(|text| is_mask(text) || *text == SILENCE);
    match weak {
        Some(stage) => stage,
        None if hidden() => "hidden",
        None if texts.contains(&SILENCE) => "timeout",
        None if holds(NAMELESS) => "tls-name",
        None => "?",
    }
}
