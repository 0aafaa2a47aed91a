//! Replies as bytes, RESP2 or RESP3, with big shared texts referred to instead of copied.

use std::{ops::Range, sync::Arc};

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Shared texts from this size on are written from where they are; smaller ones are copied, to go out in one write.
const WORTH_SHARING: usize = 16 * 1024;

/// The replies to one pipeline, in order, not yet written.
#[derive(Default)]
pub(super) struct Reply {
    /// The client switched to RESP3.
    pub(super) resp3: bool,
    bytes: Vec<u8>,
    shared: Vec<Shared>,
}

/// A part of a shared text, to be written after the first `after` bytes of the reply's own.
struct Shared {
    after: usize,
    text: Arc<[u8]>,
    range: Range<usize>,
}

impl Reply {
    /// An empty one.
    pub(super) fn new(resp3: bool) -> Self {
        Reply { resp3, ..Reply::default() }
    }

    /// Bytes that wait to be written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.shared.iter().map(|s| s.range.len()).sum::<usize>()
    }

    /// The reply's own bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// `+text`.
    pub(super) fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// `-text`; line ends become spaces, as Redis does it (`addReplyErrorFormat`).
    pub(super) fn error(&mut self, text: impl AsRef<[u8]>) {
        let plain = |b: &u8| if matches!(b, b'\r' | b'\n') { b' ' } else { *b };
        let text: Vec<u8> = text.as_ref().iter().map(plain).collect();
        self.line(b'-', &text);
    }

    /// `:n`.
    pub(super) fn int(&mut self, n: i64) {
        self.line(b':', n.to_string().as_bytes());
    }

    /// A null bulk string, `_` in RESP3.
    pub(super) fn nil(&mut self) {
        self.bytes.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// A bulk string.
    pub(super) fn bulk(&mut self, text: impl AsRef<[u8]>) {
        self.head(b'$', text.as_ref().len());
        self.body(text.as_ref());
    }

    /// A verbatim string in RESP3, a bulk string in RESP2.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.verbatim_head(text.len());
        self.body(text.as_bytes());
    }

    /// A verbatim string of parts of a shared text around one part of its own.
    pub(super) fn verbatim_around(&mut self, text: &Arc<[u8]>, cut: Range<usize>, own: &[u8]) {
        self.verbatim_head(text.len() - cut.len() + own.len());
        self.share(text, 0..cut.start);
        self.bytes.extend_from_slice(own);
        self.share(text, cut.end..text.len());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// A whole reply that was encoded before.
    pub(super) fn encoded(&mut self, reply: &Arc<[u8]>) {
        self.share(reply, 0..reply.len());
    }

    /// Announces an array.
    pub(super) fn array(&mut self, elements: usize) {
        self.head(b'*', elements);
    }

    /// Announces a set: an array in RESP2.
    pub(super) fn set(&mut self, elements: usize) {
        self.head(if self.resp3 { b'~' } else { b'*' }, elements);
    }

    /// Announces a map: a flat array in RESP2.
    pub(super) fn map(&mut self, pairs: usize) {
        if self.resp3 { self.head(b'%', pairs) } else { self.head(b'*', pairs * 2) }
    }

    /// Writes everything, and is empty after it. Without shared texts that is one write.
    pub(super) async fn write_to(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        let mut from = 0;
        for Shared { after, text, range } in self.shared.drain(..) {
            stream.write_all(&self.bytes[from..after]).await?;
            stream.write_all(&text[range]).await?;
            from = after;
        }
        stream.write_all(&self.bytes[from..]).await?;
        self.bytes.clear();
        self.bytes.shrink_to(WORTH_SHARING);
        stream.flush().await
    }

    fn share(&mut self, text: &Arc<[u8]>, range: Range<usize>) {
        if range.len() < WORTH_SHARING {
            self.bytes.extend_from_slice(&text[range]);
        } else {
            self.shared.push(Shared { after: self.bytes.len(), text: text.clone(), range });
        }
    }

    fn verbatim_head(&mut self, len: usize) {
        if self.resp3 {
            self.head(b'=', len + 4);
            self.bytes.extend_from_slice(b"txt:");
        } else {
            self.head(b'$', len);
        }
    }

    fn head(&mut self, kind: u8, n: usize) {
        self.line(kind, n.to_string().as_bytes());
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.bytes.push(kind);
        self.body(text);
    }

    fn body(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn shared_texts_land_where_they_belong() {
        for size in [10, 40_000] {
            let text: Arc<[u8]> = vec![b'x'; size].into();
            let mut reply = Reply::new(true);
            reply.simple("OK");
            reply.verbatim_around(&text, 3..5, b"own");
            reply.int(7);
            let mut out = Vec::new();
            let len = reply.len();
            reply.write_to(&mut out).await.unwrap();
            let rest = "x".repeat(size - 5);
            assert_eq!(String::from_utf8(out).unwrap(), format!("+OK\r\n={}\r\ntxt:xxxown{rest}\r\n:7\r\n", size + 5));
            assert_eq!((len > size, reply.len()), (true, 0));
        }
    }

    #[test]
    fn the_two_protocols_differ_where_they_should() {
        let encode = |resp3| {
            let mut reply = Reply::new(resp3);
            reply.map(1);
            reply.verbatim("a");
            reply.nil();
            reply.set(0);
            reply.error("ERR a\r\nb");
            String::from_utf8(reply.into_bytes()).unwrap()
        };
        assert_eq!(encode(false), "*2\r\n$1\r\na\r\n$-1\r\n*0\r\n-ERR a  b\r\n");
        assert_eq!(encode(true), "%1\r\n=5\r\ntxt:a\r\n_\r\n~0\r\n-ERR a  b\r\n");
    }
}
