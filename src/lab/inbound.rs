//! Requests out of the bytes a client sent: RESP arrays and inline commands, bounded.

use crate::wire::resp::{self, Decoded, Header, Malformed, Value};

/// Bytes of one request.
const MAX_REQUEST: usize = 1 << 20;
/// Arguments of one request.
const MAX_ARGUMENTS: usize = 1024;
/// Bytes of an inline request (Redis: `PROTO_INLINE_MAX_SIZE`).
const MAX_INLINE: usize = 64 << 10;

/// What the start of the buffer holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inbound<'a> {
    /// A request (empty for an empty line), and how many bytes it took.
    Request(Vec<&'a [u8]>, usize),
    /// Not yet a whole one.
    Partial,
}

/// Takes one request from the start of `input`. An error is Redis's text after `Protocol error: `; the connection ends.
pub(super) fn next(input: &[u8]) -> Result<Inbound<'_>, &'static str> {
    match input.first() {
        None => Ok(Inbound::Partial),
        Some(b'*') => array(input),
        Some(_) => inline(input),
    }
}

fn array(input: &[u8]) -> Result<Inbound<'_>, &'static str> {
    match resp::header(input, MAX_REQUEST) {
        Ok(Decoded::Incomplete(_)) => return Ok(Inbound::Partial),
        Ok(Decoded::Done(Header::Array(n), _)) if n <= MAX_ARGUMENTS => {}
        // Redis takes `*-1` for an empty request.
        Ok(Decoded::Done(Header::Nil, used)) => return Ok(Inbound::Request(Vec::new(), used)),
        _ => return Err("invalid multibulk length"),
    }
    match resp::decode(input, 1, MAX_REQUEST) {
        Ok(Decoded::Incomplete(_)) => Ok(Inbound::Partial),
        Ok(Decoded::Done(Value::Array(items), used)) => {
            let args: Option<Vec<_>> = items.iter().map(text).collect();
            args.map(|args| Inbound::Request(args, used)).ok_or("expected '$'")
        }
        Err(Malformed::Number | Malformed::TooLong) => Err("invalid bulk length"),
        _ => Err("expected '$'"),
    }
}

fn text<'a>(value: &Value<'a>) -> Option<&'a [u8]> {
    match value {
        Value::Text(bytes) => Some(bytes),
        _ => None,
    }
}

/// Redis looks for the newline with `strchr`, which stops at a NUL (7.2 `networking.c`, `processInlineBuffer`). A TLS
/// `ClientHello` has a NUL among its first seven bytes, the high byte of its length: it is waited on and never
/// answered, whatever newlines follow.
fn inline(input: &[u8]) -> Result<Inbound<'_>, &'static str> {
    let stop = input.iter().take(MAX_INLINE).position(|b| matches!(b, b'\n' | 0));
    match stop {
        Some(end) if input[end] == b'\n' => {
            let words = input[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            Ok(Inbound::Request(words.collect(), end + 1))
        }
        _ if input.len() > MAX_INLINE => Err("too big inline request"),
        _ => Ok(Inbound::Partial),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(args: &[&'a str], used: usize) -> Inbound<'a> {
        Inbound::Request(args.iter().map(|a| a.as_bytes()).collect(), used)
    }

    #[test]
    fn arrays_and_lines_are_requests() {
        assert_eq!(next(b"*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n*1"), Ok(request(&["ECHO", "hi"], 22)));
        assert_eq!(next(b"PING  x \r\nPING"), Ok(request(&["PING", "x"], 10)));
        assert_eq!(next(b"\r\n"), Ok(request(&[], 2)));
        assert_eq!(next(b"*0\r\n"), Ok(request(&[], 4)));
        assert_eq!(next(b"*-1\r\n"), Ok(request(&[], 5)));
        assert_eq!(next(b"*1\r\n$4\r\nPI"), Ok(Inbound::Partial));
    }

    #[test]
    fn a_client_hello_is_never_answered() {
        let hello = [0x16, 3, 1, 0, 0xf4, 1, 0, 0, 0xf0, 3, 3, b'\n', b'x', b'\n'];
        assert_eq!(next(&hello), Ok(Inbound::Partial));
    }

    #[test]
    fn hostile_requests_are_refused() {
        assert_eq!(next(b"*1000000\r\n"), Err("invalid multibulk length"));
        assert_eq!(next(b"*x\r\n"), Err("invalid multibulk length"));
        assert_eq!(next(b"*1\r\n$99999999\r\n"), Err("invalid bulk length"));
        assert_eq!(next(b"*1\r\n*1\r\n*1\r\n"), Err("expected '$'"));
        assert_eq!(next(b"*1\r\n:1\r\n"), Err("expected '$'"));
        assert_eq!(next(&vec![b'a'; 70_000]), Err("too big inline request"));
    }
}
