//! Services that are no Redis, and what may stand on a port in place of one.

use serde::{Deserialize, Serialize};

use super::Transport;

/// A service that its first bytes give away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// A status line (RFC 9112 §4).
    Http,
    /// A SETTINGS or GOAWAY frame (RFC 9113 §6.5, §6.8): most often gRPC.
    Http2,
    /// `SSH-2.0-` (RFC 4253 §4.2).
    Ssh,
    /// `220` with a mail server's words (RFC 5321 §4.2).
    Smtp,
    /// `220` without them: most often FTP (RFC 959 §5.4).
    Ftp,
    /// `* OK` (RFC 3501 §7.1.5).
    Imap,
    /// The initial handshake packet, protocol 10 (`MySQL` and `MariaDB`).
    Mysql,
    /// One letter in answer to `SSLRequest`, or an `ErrorResponse` (`PostgreSQL`'s protocol 3.0).
    Postgresql,
    /// `ERROR` to a command that it does not know (memcached's text protocol).
    Memcached,
    /// The protocol header that a broker sends to whoever speaks another version (AMQP 0-9-1 §4.2.2, 1.0 §2.2).
    Amqp,
    /// `INFO {` (NATS).
    Nats,
}

impl Service {
    /// As a sentence has it: `an HTTP server`.
    pub fn called(self) -> &'static str {
        match self {
            Service::Http => "an HTTP server",
            Service::Http2 => "an HTTP/2 server",
            Service::Ssh => "an SSH server",
            Service::Smtp => "a mail server (SMTP)",
            Service::Ftp => "an FTP server",
            Service::Imap => "a mail server (IMAP)",
            Service::Mysql => "a MySQL or MariaDB server",
            Service::Postgresql => "a PostgreSQL server",
            Service::Memcached => "a memcached server",
            Service::Amqp => "an AMQP broker (RabbitMQ)",
            Service::Nats => "a NATS server",
        }
    }
}

/// A service that is no Redis, met on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stranger {
    /// What it is.
    pub service: Service,
    /// It was met inside TLS.
    pub over: Transport,
    /// How it begins: a status line with the `Server` header, a banner; escaped and bounded, untrusted.
    pub says: String,
}

impl Stranger {
    /// As a sentence has it: `an HTTPS server`.
    pub fn called(&self) -> String {
        match (self.over, self.service) {
            (Transport::Tls, Service::Http) => "an HTTPS server".to_owned(),
            (Transport::Tls, other) => format!("{} behind TLS", other.called()),
            (Transport::Plaintext, other) => other.called().to_owned(),
        }
    }
}
