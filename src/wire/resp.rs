//! RESP2 and RESP3 replies, decoded in place from a buffer, every bound checked before anything is allocated.
//!
//! Our own because the probe needs what no codec crate gives: values that borrow from the buffer (a view of 1,000 nodes is
//! folded, not kept), a count of elements refused before it is believed, and a nesting limit instead of a stack overflow.
//! Types: <https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md>.

use std::borrow::Cow;

/// One reply. Maps are flattened into arrays of key, value, key, value, as RESP2 writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Null in any of its three spellings.
    Nil,
    /// Integer, boolean (0 or 1).
    Int(i64),
    /// Simple, bulk or verbatim string (without its `txt:`), double and big number as text.
    Text(&'a [u8]),
    /// Error reply, simple or bulk.
    Error(&'a [u8]),
    /// Array, set, push or map.
    Array(Vec<Value<'a>>),
}

/// What decoding came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded<T> {
    /// A value, and how many bytes it took.
    Done(T, usize),
    /// More bytes are needed: at least this many in all.
    Incomplete(usize),
}

/// Why bytes are not a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The first byte is no RESP type.
    Type(u8),
    /// A length or number that is none.
    Number,
    /// A line or a length over the limit.
    TooLong,
    /// Nested deeper than the limit.
    TooDeep,
    /// CR LF missing where the protocol wants it.
    Terminator,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Malformed::Type(byte) => write!(f, "byte {:?} starts no RESP reply", char::from(*byte)),
            Malformed::Number => f.write_str("a length that is no number"),
            Malformed::TooLong => f.write_str("a reply longer than the limit"),
            Malformed::TooDeep => f.write_str("a reply nested deeper than the limit"),
            Malformed::Terminator => f.write_str("a reply without its line end"),
        }
    }
}

impl<'a> Value<'a> {
    /// Text or number as text; `None` for the rest.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(bytes) => Some(String::from_utf8_lossy(bytes)),
            Value::Int(n) => Some(Cow::Owned(n.to_string())),
            _ => None,
        }
    }

    /// Integer or numeric text: some servers send ports as either (Redis 7.0.0 SHARDS).
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            Value::Text(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// A TCP port: 1 to 65535.
    pub fn port(&self) -> Option<u16> {
        self.int().and_then(|n| u16::try_from(n).ok()).filter(|n| *n != 0)
    }

    /// Elements of an array.
    pub fn array(&self) -> Option<&[Value<'a>]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key (compared without case) in a map or flat array.
    pub fn field(&self, key: &str) -> Option<&Value<'a>> {
        let pairs = self.array()?.chunks_exact(2);
        pairs.into_iter().find_map(|pair| match pair {
            [Value::Text(k), value] if k.eq_ignore_ascii_case(key.as_bytes()) => Some(value),
            _ => None,
        })
    }
}

/// What the first line of a reply announces; `elements` and `bulk` bodies follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// Null.
    Nil,
    /// A number.
    Int(i64),
    /// The whole text.
    Line(&'a [u8]),
    /// The whole error.
    ErrorLine(&'a [u8]),
    /// A body of so many bytes, then CR LF; the first flag: an error, the second: verbatim, with a four-byte prefix.
    Bulk(usize, bool, bool),
    /// So many elements.
    Array(usize),
    /// So many elements of attributes to skip before the reply itself.
    Attributes(usize),
}

/// Longest line without a body that is believed.
const MAX_LINE: usize = 64 * 1024;

/// Decodes one whole reply from the start of `input`.
pub fn decode(input: &[u8], depth: usize, max: usize) -> Result<Decoded<Value<'_>>, Malformed> {
    let (header, mut used) = match header(input, max)? {
        Decoded::Done(header, used) => (header, used),
        Decoded::Incomplete(n) => return Ok(Decoded::Incomplete(n)),
    };
    let value = match header {
        Header::Nil => Value::Nil,
        Header::Int(n) => Value::Int(n),
        Header::Line(text) => Value::Text(text),
        Header::ErrorLine(text) => Value::Error(text),
        Header::Bulk(len, error, verbatim) => {
            let end = used + len + 2;
            let Some(body) = input.get(used..end) else { return Ok(Decoded::Incomplete(end)) };
            let body = body.strip_suffix(b"\r\n").ok_or(Malformed::Terminator)?;
            used = end;
            match (error, verbatim) {
                (true, _) => Value::Error(body),
                (false, true) => Value::Text(body.get(4..).unwrap_or(body)),
                (false, false) => Value::Text(body),
            }
        }
        Header::Array(count) | Header::Attributes(count) => {
            let depth = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
            let mut items = Vec::with_capacity(count.min(input.len() / 3));
            for _ in 0..count {
                match decode(&input[used..], depth, max.saturating_sub(used))? {
                    Decoded::Done(item, n) => {
                        items.push(item);
                        used += n;
                    }
                    Decoded::Incomplete(n) => return Ok(Decoded::Incomplete(used + n)),
                }
            }
            if matches!(header, Header::Attributes(_)) {
                return match decode(&input[used..], depth, max.saturating_sub(used))? {
                    Decoded::Done(value, n) => Ok(Decoded::Done(value, used + n)),
                    Decoded::Incomplete(n) => Ok(Decoded::Incomplete(used + n)),
                };
            }
            Value::Array(items)
        }
    };
    Ok(Decoded::Done(value, used))
}

/// Reads the first line of a reply. `max` bounds what a body or an element count may claim.
pub fn header(input: &[u8], max: usize) -> Result<Decoded<Header<'_>>, Malformed> {
    let Some(&kind) = input.first() else { return Ok(Decoded::Incomplete(1)) };
    if !b"+-:$*_#,(!=%~>|".contains(&kind) {
        return Err(Malformed::Type(kind));
    }
    let longest = MAX_LINE.min(max);
    let Some(end) = input.iter().take(longest + 2).position(|b| *b == b'\n') else {
        return if input.len() > longest { Err(Malformed::TooLong) } else { Ok(Decoded::Incomplete(input.len() + 1)) };
    };
    let line = input[1..end].strip_suffix(b"\r").ok_or(Malformed::Terminator)?;
    let header = match kind {
        b'+' | b',' | b'(' => Header::Line(line),
        b'-' => Header::ErrorLine(line),
        b':' => Header::Int(number(line)?),
        b'_' => Header::Nil,
        b'#' => Header::Int(i64::from(line == b"t")),
        b'$' | b'!' | b'=' => match number(line)? {
            -1 => Header::Nil,
            n => Header::Bulk(bounded(n, 1, max)?, kind == b'!', kind == b'='),
        },
        _ => match number(line)? {
            -1 => Header::Nil,
            // An element takes at least three bytes (`_\r\n`), so a count beyond max / 3 cannot be honest.
            n if kind == b'%' => Header::Array(bounded(n, 6, max)? * 2),
            n if kind == b'|' => Header::Attributes(bounded(n, 6, max)? * 2),
            n => Header::Array(bounded(n, 3, max)?),
        },
    };
    Ok(Decoded::Done(header, end + 1))
}

fn number(line: &[u8]) -> Result<i64, Malformed> {
    std::str::from_utf8(line).ok().and_then(|text| text.parse().ok()).ok_or(Malformed::Number)
}

fn bounded(n: i64, each: usize, max: usize) -> Result<usize, Malformed> {
    let n = usize::try_from(n).map_err(|_| Malformed::Number)?;
    if n.checked_mul(each).is_none_or(|bytes| bytes > max) { Err(Malformed::TooLong) } else { Ok(n) }
}

/// Writes a command as an array of bulk strings.
pub fn pack(into: &mut Vec<u8>, command: &[&str]) {
    into.extend_from_slice(format!("*{}\r\n", command.len()).as_bytes());
    for part in command {
        into.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
        into.extend_from_slice(part.as_bytes());
        into.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> Value<'_> {
        match decode(bytes, 8, 1 << 20) {
            Ok(Decoded::Done(value, n)) => {
                assert_eq!(n, bytes.len());
                value
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_protocols_give_the_same_map() {
        let resp2 = whole(b"*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n");
        let resp3 = whole(b"%2\r\n+server\r\n=9\r\ntxt:redis\r\n+proto\r\n:2\r\n");
        assert_eq!(resp2, resp3);
        assert_eq!(resp3.field("SERVER").unwrap().text().unwrap(), "redis");
    }

    #[test]
    fn every_null_is_nil() {
        for bytes in [&b"$-1\r\n"[..], b"*-1\r\n", b"_\r\n"] {
            assert_eq!(whole(bytes), Value::Nil);
        }
    }

    #[test]
    fn attributes_are_skipped() {
        assert_eq!(whole(b"|1\r\n+ttl\r\n:3\r\n+OK\r\n"), Value::Text(b"OK"));
    }

    #[test]
    fn every_prefix_is_incomplete_and_never_an_error() {
        let bytes = b"*2\r\n*3\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:30001\r\n$2\r\nid\r\n*0\r\n$-1\r\n";
        for end in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..end], 8, 1 << 20), Ok(Decoded::Incomplete(n)) if n > end), "{end}");
        }
    }

    #[test]
    fn claims_are_refused_before_they_are_believed() {
        assert_eq!(decode(b"*1000000000\r\n", 8, 1 << 20), Err(Malformed::TooLong));
        assert_eq!(decode(b"$99999999999\r\n", 8, 1 << 20), Err(Malformed::TooLong));
        assert_eq!(decode(b"*-7\r\n", 8, 1 << 20), Err(Malformed::Number));
        assert_eq!(decode(&b"*1\r\n".repeat(100_000), 8, 1 << 20), Err(Malformed::TooDeep));
        assert_eq!(decode(&b"+".repeat(70_000), 8, 1 << 20), Err(Malformed::TooLong));
        assert_eq!(decode(b"HTTP/1.1 400\r\n", 8, 1 << 20), Err(Malformed::Type(b'H')));
    }
}
