//! From what a client said to the stage at which it failed: words, whatever was predicted.

/// A stage and the words of one of which the text must hold; the first that fits wins, so the most specific come first.
const WORDS: &[(&str, &[&str])] = &[
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
            "does not match the server certificate",
            "hostname mismatch",
            "ip address mismatch",
        ],
    ),
    ("tls-other", &["certificate required", "certificaterequired", "certificate_required", "violation of protocol"]),
    (
        "tls-chain",
        &[
            "caused as end entity",
            "causedasendentity",
            "unknownissuer",
            "badsignature",
            "unknown authority",
            "unable to verify the first certificate",
            "unable to get local issuer",
            "unable to get issuer",
            "self-signed certificate",
            "self signed certificate",
            "certificate has expired",
            "certificate expired",
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
            "name resolution",
            "failed to lookup address",
            "getaddrinfo",
            "unknownhost",
            "failed to resolve",
        ],
    ),
    (
        "connect",
        &[
            "econnrefused",
            "connection refused",
            "network is unreachable",
            "enetunreach",
            "no route to host",
            "failed to connect to",
            "addrnotavail",
        ],
    ),
    (
        "protocol",
        &[
            "econnreset",
            "reset by peer",
            "connection reset",
            "cluster support disabled",
            "cluster mode is not enabled",
            "wrong version number",
            "unexpected end of",
            "eof",
            "redis: nil",
            "clusterconnectionnotfound",
            "first record does not look",
            "nullpointerexception",
            "crashed",
        ],
    ),
    ("timeout", &["timed out", "timeout", "etimedout", "deadline", "no answer", "temporarily unavailable"]),
    ("protocol", &["connection is closed", "closed", "broken pipe"]),
];

/// The stage, or `?` where no word is known.
pub fn stage(said: &str) -> &'static str {
    let said = said.to_lowercase().replace("failed to connect to each cluster node", "");
    WORDS.iter().find(|(_, words)| words.iter().any(|word| said.contains(word))).map_or("?", |(stage, _)| stage)
}
