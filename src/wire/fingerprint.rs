//! What a port is by the first bytes that come from it, as far as they leave no doubt.

use memchr::memmem;

use crate::facts::{Service, Stranger, Transport};

/// More of a beginning than this is never looked at.
pub const ENOUGH: usize = 1024;

/// How much of it is told.
const SHOWN: usize = 120;

/// The service that begins like this; `None` for Redis, for what is too short to tell, and for everything else.
pub fn service(bytes: &[u8]) -> Option<Service> {
    let bytes = &bytes[..bytes.len().min(ENOUGH)];
    let found = match bytes {
        [b'H', b'T', b'T', b'P', b'/', ..] => Service::Http,
        [b'S', b'S', b'H', b'-', b'1' | b'2', b'.', ..] => Service::Ssh,
        [b'2', b'2', b'0', b' ' | b'-', rest @ ..] => greeting(rest)?,
        [b'*', b' ', b'O', b'K', b' ' | b'\r', ..] => Service::Imap,
        [b'A', b'M', b'Q', b'P', ..] => Service::Amqp,
        [b'I', b'N', b'F', b'O', b' ', b'{', ..] => Service::Nats,
        [b'E', b'R', b'R', b'O', b'R', b'\r', b'\n', ..] => Service::Memcached,
        // Who is asked in HTTP's first version answers without a status line.
        [b'<', ..] if is_html(bytes) => Service::Http,
        _ if is_mysql(bytes) => Service::Mysql,
        _ if is_http2(bytes) => Service::Http2,
        _ if is_postgresql_error(bytes) => Service::Postgresql,
        _ => return None,
    };
    Some(found)
}

/// The same, with its own words.
pub fn stranger(bytes: &[u8], over: Transport) -> Option<Stranger> {
    service(bytes).map(|service| Stranger { service, over, says: says(service, bytes) })
}

/// How it begins, in printable characters.
pub fn start(bytes: &[u8]) -> String {
    bytes.iter().take(SHOWN).flat_map(|b| b.escape_ascii()).map(char::from).collect()
}

/// Mail servers say so; what says 220 and nothing of mail transfers files.
fn greeting(rest: &[u8]) -> Option<Service> {
    let end = memchr::memchr(b'\n', rest)?;
    let line = rest[..end].to_ascii_uppercase();
    Some(if memmem::find(&line, b"SMTP").is_some() { Service::Smtp } else { Service::Ftp })
}

fn is_html(bytes: &[u8]) -> bool {
    let begins = |with: &[u8]| bytes.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// A packet of its own length, number 0, protocol 10, and a version that begins with a digit and ends with NUL; or packet 0
/// with an error that comes before the handshake (1129, 1130: this host is not allowed to connect).
fn is_mysql(bytes: &[u8]) -> bool {
    let [low, middle, high, 0, protocol, rest @ ..] = bytes else { return false };
    let length = usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16;
    let plausible = (16..512).contains(&length);
    match protocol {
        10 => plausible && rest.first().is_some_and(u8::is_ascii_digit) && rest.iter().take(64).any(|b| *b == 0),
        0xff => plausible && matches!(rest, [0x69 | 0x6a, 0x04, ..]),
        _ => false,
    }
}

/// The first frame of a server: SETTINGS on stream 0, whose length is a multiple of six; or GOAWAY.
fn is_http2(bytes: &[u8]) -> bool {
    let [0, high, low, kind, flags, 0, 0, 0, 0, ..] = bytes else { return false };
    let length = usize::from(*high) << 8 | usize::from(*low);
    match kind {
        4 => *flags == 0 && length % 6 == 0 && length <= 20 * 6,
        7 => *flags == 0 && (8..256).contains(&length),
        _ => false,
    }
}

/// `ErrorResponse`: `E`, a length, and fields that begin with the severity.
fn is_postgresql_error(bytes: &[u8]) -> bool {
    matches!(bytes, [b'E', 0, 0, _, _, b'S', b'F' | b'E' | b'P', ..])
}

fn says(service: Service, bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(ENOUGH)];
    let first = bytes.split(|b| *b == b'\r' || *b == b'\n').next().unwrap_or_default();
    match service {
        Service::Http if is_html(bytes) => start(title(bytes).unwrap_or(first)),
        Service::Http => match server_header(bytes) {
            Some(server) => format!("{} (Server: {})", start(first), start(server)),
            None => start(first),
        },
        Service::Mysql if bytes[4] == 10 => start(bytes[5..].split(|b| *b == 0).next().unwrap_or_default()),
        _ => start(first),
    }
}

/// What a page is called.
fn title(bytes: &[u8]) -> Option<&[u8]> {
    let from = memmem::find(bytes, b"<title>")? + b"<title>".len();
    let end = memmem::find(&bytes[from..], b"</title>")?;
    Some(bytes[from..from + end].trim_ascii())
}

/// The `Server` header of an HTTP answer.
fn server_header(bytes: &[u8]) -> Option<&[u8]> {
    let mut lines = bytes.split(|b| *b == b'\n').skip(1).take_while(|line| !line.trim_ascii().is_empty());
    lines.find_map(|line| {
        let (name, value) = line.split_at_checked("server:".len())?;
        name.eq_ignore_ascii_case(b"server:").then(|| value.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_real_services_begin_with() {
        let mysql = b"\x5b\0\0\0\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0\x1e\0\0\0#'pw|bOG\0\xfe\xf7\x2d";
        let refused = b"\x45\0\0\0\xff\x6a\x04Host '10.0.0.9' is not allowed to connect to this MariaDB server";
        let cases: &[(&[u8], Service, &str)] = &[
            (
                b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: x\r\n\r\n<html>",
                Service::Http,
                "HTTP/1.1 400 Bad Request (Server: nginx/1.22.1)",
            ),
            (b"HTTP/1.1 400 Bad Request\r\n\r\nServer: not-a-header", Service::Http, "HTTP/1.1 400 Bad Request"),
            (b"<!DOCTYPE HTML>\n<html><head>\n<title>Error response</title>", Service::Http, "Error response"),
            (b"<HTML>\r\n", Service::Http, "<HTML>"),
            (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", Service::Ssh, "SSH-2.0-OpenSSH_9.2p1 Debian-2"),
            (b"220 mail.example.com ESMTP Postfix\r\n", Service::Smtp, "220 mail.example.com ESMTP Postfix"),
            (b"220 (vsFTPd 3.0.3)\r\n", Service::Ftp, "220 (vsFTPd 3.0.3)"),
            (
                b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n",
                Service::Imap,
                "* OK [CAPABILITY IMAP4rev1] Dovecot ready.",
            ),
            (mysql, Service::Mysql, "5.5.5-10.11.6-MariaDB-0+deb12u1"),
            (
                refused,
                Service::Mysql,
                "E\\x00\\x00\\x00\\xffj\\x04Host \\'10.0.0.9\\' is not allowed to connect to this MariaDB server",
            ),
            (b"ERROR\r\nERROR\r\n", Service::Memcached, "ERROR"),
            (b"AMQP\x00\x00\x09\x01", Service::Amqp, "AMQP\\x00\\x00\\t\\x01"),
            (b"INFO {\"server_id\":\"NA\"}\r\n", Service::Nats, "INFO {\\\"server_id\\\":\\\"NA\\\"}"),
            (
                b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80",
                Service::Http2,
                "\\x00\\x00\\x12\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x03\\x00\\x00\\x00\\x80",
            ),
            (
                b"E\0\0\0\x85SFATAL\0VFATAL\0C0A000\0",
                Service::Postgresql,
                "E\\x00\\x00\\x00\\x85SFATAL\\x00VFATAL\\x00C0A000\\x00",
            ),
        ];
        for (bytes, service, says) in cases {
            let found = stranger(bytes, Transport::Plaintext).unwrap_or_else(|| panic!("{}", start(bytes)));
            assert_eq!((found.service, found.says.as_str()), (*service, *says));
        }
    }

    #[test]
    fn redis_and_what_leaves_doubt_are_nobody_else() {
        let redis: &[&[u8]] = &[
            b"",
            b"+PONG\r\n",
            b"-NOAUTH Authentication required.\r\n",
            b"-DENIED Redis is running in protected mode",
            b"-ERR unknown command 'HTTP/1.1'\r\n",
            b"*2\r\n$5\r\nHTTP/\r\n$3\r\n220\r\n",
            b"%7\r\n$6\r\nserver\r\n",
            b"$3\r\n220\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"SSH",
            b"220 no end of line",
            b"ERROR",
            b"\0\0\0\0",
            &[0x9c; 32],
        ];
        for bytes in redis {
            assert_eq!(service(bytes), None, "{}", start(bytes));
        }
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_they_are_told_in_print_and_no_longer_than_a_line(bytes in any::<Vec<u8>>(), which in 0..6_usize) {
            let begin: &[&[u8]] = &[b"", b"HTTP/", b"220 ", b"\x50\0\0\0\x0a", b"SSH-2.", b"\0\0\x06\x04\0\0\0\0\0"];
            let bytes = [begin[which], &bytes].concat();
            if let Some(found) = stranger(&bytes, Transport::Tls) {
                prop_assert!(found.says.len() <= 2 * (4 * SHOWN) + 12 && found.says.bytes().all(|b| (32..127).contains(&b)));
            }
        }
    }
}
