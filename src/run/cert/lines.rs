//! Lines of a stream, none longer than a bound.

use std::io::{self, BufRead};

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As it stands.
    Whole(Vec<u8>),
    /// Longer than the bound, and thrown away.
    TooLong,
}

/// The next line; `None` at the end. What is longer than `longest` octets is read and not kept.
pub(super) fn next_line(from: &mut impl BufRead, longest: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut seen = 0_usize;
    loop {
        let piece = match from.fill_buf() {
            Ok(piece) => piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if piece.is_empty() {
            return Ok((seen > 0).then(|| whole(line, seen, longest)));
        }
        let end = memchr::memchr(b'\n', piece);
        let part = &piece[..end.unwrap_or(piece.len())];
        seen = seen.saturating_add(part.len());
        if seen <= longest {
            line.extend_from_slice(part);
        } else {
            line = Vec::new();
        }
        let used = part.len() + usize::from(end.is_some());
        from.consume(used);
        if end.is_some() {
            return Ok(Some(whole(line, seen, longest)));
        }
    }
}

fn whole(line: Vec<u8>, seen: usize, longest: usize) -> Line {
    if seen > longest { Line::TooLong } else { Line::Whole(line) }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_of_any_length() {
        for capacity in [1, 3, 64] {
            let mut from = BufReader::with_capacity(capacity, &b"one\n\nmuch too long\r\nfour\nlast"[..]);
            let mut all = Vec::new();
            while let Some(line) = next_line(&mut from, 4).unwrap() {
                all.push(line);
            }
            let whole = |text: &[u8]| Line::Whole(text.to_vec());
            assert_eq!(all, [whole(b"one"), whole(b""), Line::TooLong, whole(b"four"), whole(b"last")]);
        }
    }
}
