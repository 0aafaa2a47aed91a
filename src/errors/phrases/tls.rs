//! What TLS stacks say besides: of the client's own certificate, of handshakes, of bytes that are no TLS.

use super::{DOTNET, GO, JAVA, MANY, Meaning, NODE, RUBY, RUSTLS, Says, lead, leads};

/// The server's own log, of clients that come in plaintext.
pub(super) const SERVERS_LOG: Meaning = Meaning {
    phrases: &[
        ("Error accepting a client connection … wrong version number", MANY),
        ("Error accepting a client connection … http request", MANY),
    ],
    says: Says::TheCause,
    leads: &[lead("tls-required", "the log of a server: somebody speaks plaintext to its TLS port")],
    tls: false,
};

/// The server wants to see a certificate.
pub(super) const CLIENT_CERTIFICATE: Meaning = Meaning {
    phrases: &[
        ("certificate required", MANY),
        ("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", NODE),
        ("CertificateRequired", RUSTLS),
        ("peer did not return a certificate", MANY),
    ],
    says: Says::TheCause,
    leads: &[leads::OWN],
    tls: true,
};

/// The client's own files are at odds: it does not even start, and no server is heard of.
pub(super) const KEY_MISMATCH: Meaning = Meaning {
    phrases: &[
        ("key values mismatch", MANY),
        ("KEY_VALUES_MISMATCH", MANY),
        ("private key does not match public key", GO),
        ("KeyMismatch", RUSTLS),
    ],
    says: Says::TheCause,
    leads: &[lead("client-certificate-refused", "the key that was given is not the one of the client certificate")],
    tls: true,
};

/// An alert about a certificate: whose, depends on who prints it.
pub(super) const REFUSED_CERTIFICATE: Meaning = Meaning {
    phrases: &[
        ("alert unknown ca", MANY),
        ("tls: unknown certificate authority", GO),
        ("fatal alert: unknown_ca", JAVA),
        ("AlertReceived(UnknownCA)", RUSTLS),
        ("alert bad certificate", MANY),
        ("tls: bad certificate", GO),
        ("fatal alert: bad_certificate", JAVA),
        ("AlertReceived(BadCertificate)", RUSTLS),
        ("alert certificate unknown", MANY),
        ("fatal alert: certificate_unknown", JAVA),
        ("alert unsupported certificate", MANY),
        ("tls: unsupported certificate", GO),
        ("fatal alert: unsupported_certificate", JAVA),
        ("AlertReceived(UnsupportedCertificate)", RUSTLS),
        ("alert certificate expired", MANY),
        ("tls: expired certificate", GO),
        ("fatal alert: certificate_expired", JAVA),
        ("AlertReceived(CertificateExpired)", RUSTLS),
        ("alert decrypt error", MANY),
        ("tls: error decrypting message", GO),
        ("fatal alert: decrypt_error", JAVA),
        ("AlertReceived(DecryptError)", RUSTLS),
    ],
    says: Says::TheCause,
    leads: &[
        leads::REFUSED,
        leads::OWN,
        lead("chain-untrusted", "where a server logs this, its client does not trust its certificate"),
    ],
    tls: true,
};

/// What answered a ClientHello is no TLS.
pub(super) const NOT_TLS: Meaning = Meaning {
    phrases: &[
        ("wrong version number", MANY),
        ("packet length too long", MANY),
        ("record layer failure", MANY),
        ("first record does not look like a TLS handshake", GO),
        ("Unsupported or unrecognized SSL message", JAVA),
        ("not an SSL/TLS record", JAVA),
        ("NotSslRecordException", JAVA),
        ("received corrupt message of type", RUSTLS),
        ("InvalidContentType", RUSTLS),
        ("InvalidMessage(", &["fred"]),
        ("UnknownProtocolVersion", RUSTLS),
        ("Cannot determine the frame size or a corrupted frame was received", DOTNET),
    ],
    says: Says::TheCause,
    leads: &[
        lead("tls-not-spoken", "the client speaks TLS, and what answers does not"),
        leads::AWAY,
        leads::PORT,
        leads::BYPASS,
        leads::SPIPED,
        leads::OTHER,
    ],
    tls: false,
};

/// Nothing in common, or a refusal without a reason.
pub(super) const HANDSHAKE: Meaning = Meaning {
    phrases: &[
        ("alert protocol version", MANY),
        ("fatal alert: protocol_version", JAVA),
        ("protocol version not supported", GO),
        ("AlertReceived(ProtocolVersion)", RUSTLS),
        ("unsupported protocol", MANY),
        ("no protocols available", MANY),
        ("no shared cipher", MANY),
        ("no cipher suites in common", MANY),
        ("handshake failure", MANY),
        ("fatal alert: handshake_failure", JAVA),
        ("HandshakeFailure", RUSTLS),
        ("PeerIncompatible", RUSTLS),
        ("peer is incompatible", RUSTLS),
        ("insufficient security", MANY),
        ("alert internal error", MANY),
        ("remote error: tls: internal error", GO),
        ("unrecognized name", MANY),
        ("fatal alert: unrecognized_name", JAVA),
        ("dh key too small", MANY),
        ("before secure TLS connection was established", NODE),
    ],
    says: Says::TheCause,
    leads: &[leads::HANDSHAKE, leads::OLD, leads::OWN],
    tls: true,
};

/// OpenSSL's call, whose reason may follow or not.
pub(super) const SSL_CONNECT: Meaning = Meaning {
    phrases: &[("SSL_connect failed", &["redis-cli", "hiredis", "libvalkey"]), ("SSL_connect returned", RUBY)],
    says: Says::TheKind,
    leads: &[leads::UNTRUSTED, leads::PLAINTEXT, leads::OTHER, leads::HANDSHAKE, leads::INCOMPLETE, leads::DATES],
    tls: true,
};
