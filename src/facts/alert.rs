//! TLS alerts: what a server says when it ends a handshake.

use super::Failure;

/// A fatal alert by its number (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert(pub u8);

/// Numbers and names of IANA's registry, as far as servers send them during a handshake.
const NAMES: [(u8, &str); 29] = [
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (112, "unrecognized_name"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
];

/// What stands before the name of an alert in rustls' words.
const RECEIVED: &str = "received fatal alert: ";

impl Alert {
    /// Out of rustls' words (0.23: the name in camel case).
    pub fn read(detail: &str) -> Option<Self> {
        let (_, said) = detail.split_once(RECEIVED)?;
        // It spells one of them the British way.
        let said = said.to_ascii_lowercase().replace("recognised", "recognized");
        NAMES.iter().find(|(_, name)| name.replace('_', "") == said).map(|(number, _)| Alert(*number))
    }

    /// Its name: `unknown_ca`.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(number, _)| *number == self.0).map_or("unassigned", |(_, name)| name)
    }
}

impl std::fmt::Display for Alert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl Failure {
    /// The alert that ended it.
    pub fn alert(&self) -> Option<Alert> {
        Alert::read(&self.detail)
    }
}
