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
    /// So many elements, of which only the last is the reply: the pairs before it are attributes.
    Attributes(usize),
}

/// Longest line without a body that is believed.
const MAX_LINE: usize = 64 * 1024;

/// Longest line that holds a number: sign, digits of an `i64`, and some more to say that they are too many.
const MAX_NUMBER: usize = 32;

/// Most values in one reply or element: a shard with every second slot has 16,384, a thousand replicas another 16,000.
const MAX_VALUES: usize = 64 * 1024;

/// How far a reply has come in. Every byte is looked at once, however slowly they arrive, and nothing is built before the
/// reply is whole: decoding again from the start after each read would cost the square of its length.
#[derive(Debug)]
pub struct Scan {
    /// Bytes that are understood.
    at: usize,
    /// Bytes after `at` that are known to hold no line end.
    searched: usize,
    /// Bytes of the body that begins at `at`, its line end included; 0 between values.
    body: usize,
    /// Elements still to come, one entry a level.
    open: Vec<usize>,
    values: usize,
    depth: usize,
    max: usize,
}

impl Scan {
    /// Begins at the first byte of a reply of at most `max` bytes, nested at most `depth` deep.
    pub fn new(depth: usize, max: usize) -> Self {
        Scan { at: 0, searched: 0, body: 0, open: Vec::new(), values: 0, depth, max }
    }

    /// The length of the reply, once `input` holds all of it; `input` always begins where the reply does, and only grows.
    ///
    /// # Errors
    /// What [`decode`] would say of it.
    pub fn advance(&mut self, input: &[u8]) -> Result<Option<usize>, Malformed> {
        loop {
            if self.body == 0 && !self.header(input)? {
                return Ok(None);
            }
            if self.body > 0 {
                let Some(body) = input.get(self.at..self.at + self.body) else { return Ok(None) };
                if !body.ends_with(b"\r\n") {
                    return Err(Malformed::Terminator);
                }
                self.at += std::mem::take(&mut self.body);
                self.close();
            }
            if self.open.is_empty() {
                return Ok(Some(self.at));
            }
        }
    }

    /// Takes in the next line; false while it is not whole.
    fn header(&mut self, input: &[u8]) -> Result<bool, Malformed> {
        let rest = input.get(self.at..).unwrap_or_default();
        let Decoded::Done(header, used) = header_after(rest, self.max.saturating_sub(self.at), self.searched)? else {
            self.searched = rest.len();
            return Ok(false);
        };
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Malformed::TooLong);
        }
        self.at += used;
        self.searched = 0;
        match header {
            Header::Bulk(len, ..) => self.body = len + 2,
            Header::Array(count) | Header::Attributes(count) => {
                if self.open.len() >= self.depth {
                    return Err(Malformed::TooDeep);
                }
                if count == 0 { self.close() } else { self.open.push(count) }
            }
            _ => self.close(),
        }
        Ok(true)
    }

    /// A value is whole, and with it every level that it was the last of.
    fn close(&mut self) {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            self.open.pop();
        }
    }
}

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
            // Grown as elements are found: nested claims would multiply what each of them may reserve.
            let mut items = Vec::with_capacity(count.min(16));
            for _ in 0..count {
                match decode(&input[used..], depth, max.saturating_sub(used))? {
                    Decoded::Done(item, n) => {
                        items.push(item);
                        used += n;
                    }
                    Decoded::Incomplete(n) => return Ok(Decoded::Incomplete(used + n)),
                }
            }
            match header {
                Header::Attributes(_) => items.pop().unwrap_or(Value::Nil),
                _ => Value::Array(items),
            }
        }
    };
    Ok(Decoded::Done(value, used))
}

/// Reads the first line of a reply. `max` bounds what a body or an element count may claim.
pub fn header(input: &[u8], max: usize) -> Result<Decoded<Header<'_>>, Malformed> {
    header_after(input, max, 0)
}

/// The same, where the first `searched` bytes are known to hold no line end.
fn header_after(input: &[u8], max: usize, searched: usize) -> Result<Decoded<Header<'_>>, Malformed> {
    let Some(&kind) = input.first() else { return Ok(Decoded::Incomplete(1)) };
    if !b"+-:$*_#,(!=%~>|".contains(&kind) {
        return Err(Malformed::Type(kind));
    }
    let longest = if b"+-,(".contains(&kind) { MAX_LINE } else { MAX_NUMBER }.min(max);
    let within = &input[..input.len().min(longest + 2)];
    let Some(end) = within.iter().skip(searched).position(|b| *b == b'\n').map(|at| searched + at) else {
        return if input.len() > longest + 1 {
            Err(Malformed::TooLong)
        } else {
            Ok(Decoded::Incomplete(input.len() + 1))
        };
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
            n if kind == b'|' => Header::Attributes(bounded(n, 6, max)? * 2 + 1),
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
    use proptest::prelude::*;

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
    fn a_line_as_long_as_may_be_is_no_error_before_its_end() {
        let bytes = [&b"#"[..], &[b'x'; MAX_NUMBER - 1], b"\r\n"].concat();
        assert!(matches!(decode(&bytes, 8, 1 << 20), Ok(Decoded::Done(..))));
        for end in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..end], 8, 1 << 20), Ok(Decoded::Incomplete(_))), "{end}");
        }
    }

    #[test]
    fn nested_claims_reserve_nothing() {
        let bytes = [b"*300000\r\n".repeat(8), b"_\r\n".repeat(300_000)].concat();
        assert!(matches!(decode(&bytes, 8, 1 << 20), Ok(Decoded::Incomplete(_))));
        assert_eq!(Scan::new(8, 1 << 20).advance(&bytes), Err(Malformed::TooLong));
    }

    fn tree() -> impl Strategy<Value = Vec<u8>> {
        let leaf = prop_oneof![
            Just(b"_\r\n".to_vec()),
            any::<i64>().prop_map(|n| format!(":{n}\r\n").into_bytes()),
            "[+-][a-z ]{0,8}".prop_map(|line| format!("{line}\r\n").into_bytes()),
            prop::collection::vec(any::<u8>(), 0..12).prop_map(|body| [
                format!("${}\r\n", body.len()).as_bytes(),
                &body,
                b"\r\n"
            ]
            .concat()),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| [
                    format!("*{}\r\n", items.len()).into_bytes(),
                    items.concat()
                ]
                .concat()),
                (inner.clone(), inner.clone(), inner).prop_map(|(k, v, r)| [b"|1\r\n".to_vec(), k, v, r].concat()),
            ]
        })
    }

    /// Scanned as it grows a byte at a time, and what it came to.
    fn scanned(bytes: &[u8], max: usize) -> (usize, Result<Option<usize>, Malformed>) {
        let mut scan = Scan::new(8, max);
        for end in 0..=bytes.len() {
            match scan.advance(&bytes[..end]) {
                Ok(None) => {}
                done => return (end, done),
            }
        }
        (bytes.len(), Ok(None))
    }

    proptest! {
        #[test]
        fn replies_are_found_whole(bytes in tree(), more in any::<Vec<u8>>()) {
            let longer = [bytes.clone(), more].concat();
            prop_assert_eq!(scanned(&longer, 1 << 16), (bytes.len(), Ok(Some(bytes.len()))));
            let decoded = decode(&longer, 8, 1 << 16);
            prop_assert!(matches!(decoded, Ok(Decoded::Done(_, n)) if n == bytes.len()), "{:?}", decoded);
        }

        #[test]
        fn scanning_says_what_decoding_says(bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..256),
            prop::collection::vec(prop::sample::select(&b"+-:$*_#,(!=%~>|0123456789\r\n\r\n"[..]), 0..256),
        ], max in 0_usize..300) {
            let (end, came_to) = scanned(&bytes, max);
            match decode(&bytes[..end], 8, max) {
                Ok(Decoded::Done(_, n)) => prop_assert_eq!(came_to, Ok(Some(n))),
                Ok(Decoded::Incomplete(n)) => {
                    prop_assert!(n > end);
                    prop_assert_eq!(came_to, Ok(None));
                }
                Err(malformed) => prop_assert_eq!(came_to, Err(malformed)),
            }
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
