//! RESP over a stream, bounded: a reply is handed out in place, a long one element by element or line by line.

use std::io;

use memchr::{memchr_iter, memrchr};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::spiped;
use crate::{
    facts::{Failure, FailureKind, Limits, Refusal, Stage},
    wire::{
        fingerprint,
        resp::{self, Decoded, Header, Malformed, Scan, Value},
    },
};

/// One read from the socket asks for this much.
const CHUNK: usize = 16 * 1024;

/// What every conversation may hold without asking.
const SHARE: usize = 4 * CHUNK;

/// What all conversations of a run may hold beyond their shares, in KiB: hundreds of servers that each send a reply that
/// never ends take no more memory than a few of them.
pub(super) struct Room(Semaphore);

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Room(Semaphore::new(bytes / 1024))
    }

    fn take(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire_many(u32::try_from(bytes.div_ceil(1024)).ok()?).ok()
    }
}

/// A stream with a buffer of what was read and not yet used.
pub(super) struct Talk<'l, S> {
    stream: S,
    buffer: Vec<u8>,
    start: usize,
    limits: &'l Limits,
    room: &'l Room,
    /// Room for what the buffer holds beyond its share.
    taken: Option<SemaphorePermit<'l>>,
}

/// What a streamed reply turned out to be.
pub(super) enum Streamed {
    /// All of it was handed out.
    Whole,
    /// It was an error reply.
    Refused(String),
}

impl<'l, S: AsyncRead + AsyncWrite + Unpin> Talk<'l, S> {
    pub(super) fn new(stream: S, limits: &'l Limits, room: &'l Room) -> Self {
        Talk { stream, buffer: Vec::new(), start: 0, limits, room, taken: None }
    }

    /// Writes packed commands. An error is kept for the read that follows: the peer's alert says more than our EPIPE.
    pub(super) async fn send(&mut self, packed: &[u8]) -> io::Result<()> {
        self.stream.write_all(packed).await?;
        self.stream.flush().await
    }

    /// The beginning of what was read and not understood.
    pub(super) fn said(&self) -> &[u8] {
        let left = &self.buffer[self.start..];
        &left[..left.len().min(fingerprint::ENOUGH)]
    }

    /// Reads one reply and hands it to `f`.
    pub(super) async fn reply<T>(&mut self, f: impl FnOnce(&Value<'_>) -> T) -> Result<T, Failure> {
        self.next(|value, _| f(value)).await.map(|(result, _)| result)
    }

    /// Reads one reply or element and hands it to `f`, decoded and as it came; the second value is its length.
    async fn next<T>(&mut self, f: impl FnOnce(&Value<'_>, &[u8]) -> T) -> Result<(T, usize), Failure> {
        // Nearly all are short and there already: those are decoded at once, only the others scanned first.
        let ready = &self.buffer[self.start..];
        let ready = &ready[..ready.len().min(CHUNK)];
        let (result, len) = match resp::decode(ready, self.limits.depth, self.limits.element) {
            Ok(Decoded::Done(value, len)) => (f(&value, &ready[..len]), len),
            Ok(Decoded::Incomplete(_)) => {
                let len = self.whole().await?;
                (f(&self.value(len)?, &self.buffer[self.start..self.start + len]), len)
            }
            Err(malformed) => return Err(self.spoilt(&malformed)),
        };
        self.start += len;
        Ok((result, len))
    }

    /// Reads until a reply or an element is whole; its length.
    async fn whole(&mut self) -> Result<usize, Failure> {
        let mut scan = Scan::new(self.limits.depth, self.limits.element);
        loop {
            match scan.advance(&self.buffer[self.start..]) {
                Ok(Some(len)) => return Ok(len),
                // By chance a nonce begins like a reply, whose end would be waited for until the peer gives up.
                Ok(None) if spiped::is_nonce(&self.buffer[self.start..]) => {
                    match timeout(spiped::QUIET, self.fill()).await {
                        Ok(filled) => filled?,
                        Err(_) => return Err(self.spoilt(&Malformed::Terminator)),
                    }
                }
                Ok(None) => self.fill().await?,
                Err(malformed) => return Err(self.spoilt(&malformed)),
            }
        }
    }

    /// The value that the next `len` bytes hold.
    fn value(&self, len: usize) -> Result<Value<'_>, Failure> {
        match resp::decode(&self.buffer[self.start..self.start + len], self.limits.depth, self.limits.element) {
            Ok(Decoded::Done(value, _)) => Ok(value),
            Ok(Decoded::Incomplete(_)) => Err(self.spoilt(&Malformed::TooLong)),
            Err(malformed) => Err(self.spoilt(&malformed)),
        }
    }

    /// Reads an array and hands out its elements one by one, decoded and as they came. Those that `known` recognises by
    /// their place and their bytes (it says how many they are) are passed over.
    pub(super) async fn each_element(
        &mut self,
        known: impl Fn(usize, &[u8]) -> usize,
        mut f: impl FnMut(&Value<'_>, &[u8]),
    ) -> Result<Streamed, Failure> {
        let mut budget = self.limits.reply;
        let count = loop {
            match resp::header(&self.buffer[self.start..], self.limits.reply) {
                Ok(Decoded::Done(Header::Array(count), used)) => {
                    self.start += used;
                    break count;
                }
                Ok(Decoded::Done(..)) => return self.refusal().await,
                Ok(Decoded::Incomplete(_)) => self.fill().await?,
                Err(malformed) => return Err(self.spoilt(&malformed)),
            }
        };
        for index in 0..count {
            let passed = known(index, &self.buffer[self.start..]);
            self.start += passed;
            let len = if passed > 0 { passed } else { self.next(&mut f).await?.1 };
            budget = budget.checked_sub(len).ok_or_else(|| self.spoilt(&Malformed::TooLong))?;
        }
        Ok(Streamed::Whole)
    }

    /// Reads a bulk string and hands out its lines, without their line feeds.
    pub(super) async fn each_line(&mut self, mut f: impl FnMut(&[u8])) -> Result<Streamed, Failure> {
        let mut left = loop {
            match resp::header(&self.buffer[self.start..], self.limits.reply) {
                Ok(Decoded::Done(Header::Bulk(len, false, verbatim), used)) => {
                    self.start += used;
                    let prefix = if verbatim { 4.min(len) } else { 0 };
                    while self.buffer.len() - self.start < prefix {
                        self.fill().await?;
                    }
                    self.start += prefix;
                    break len - prefix;
                }
                Ok(Decoded::Done(..)) => return self.refusal().await,
                Ok(Decoded::Incomplete(_)) => self.fill().await?,
                Err(malformed) => return Err(self.spoilt(&malformed)),
            }
        };
        // Bytes of the line that is coming in which are known to hold no line feed.
        let mut searched = 0;
        while left > 0 {
            let ready = &self.buffer[self.start..];
            let ready = &ready[..ready.len().min(left)];
            let found = memrchr(b'\n', &ready[searched..]).map(|at| searched + at);
            let Some(last) = found.or((ready.len() == left).then_some(left - 1)) else {
                if ready.len() > self.limits.element {
                    return Err(self.spoilt(&Malformed::TooLong));
                }
                searched = ready.len();
                self.fill().await?;
                continue;
            };
            searched = 0;
            let lines = &ready[..=last];
            let mut from = 0;
            for end in memchr_iter(b'\n', lines).chain((!lines.ends_with(b"\n")).then_some(lines.len())) {
                f(&lines[from..end]);
                from = end + 1;
            }
            self.start += last + 1;
            left -= last + 1;
        }
        while self.buffer.len() - self.start < 2 {
            self.fill().await?;
        }
        self.start += 2;
        Ok(Streamed::Whole)
    }

    /// A reply of another type than the command promises: an error, or nonsense that counts as one.
    async fn refusal(&mut self) -> Result<Streamed, Failure> {
        let text = self.limits.text;
        let answer = self.reply(|value| match value {
            Value::Error(error) => String::from_utf8_lossy(error).chars().take(text).collect(),
            _ => Refusal::ODD.to_owned(),
        });
        answer.await.map(Streamed::Refused)
    }

    /// Reads once more.
    async fn fill(&mut self) -> Result<(), Failure> {
        if self.start == self.buffer.len() && self.taken.take().is_some() {
            self.buffer = Vec::new();
        } else {
            // What is left is a part of one element, and moves at most once: then it begins the buffer until it is whole.
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        if self.buffer.len() > self.limits.element + CHUNK {
            return Err(self.spoilt(&Malformed::TooLong));
        }
        self.make_room()?;
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(closed("the server closed the connection")),
            Ok(_) => Ok(()),
            Err(error) => Err(super::tls::io_failure(&error, Stage::Command)),
        }
    }

    /// Room for one more chunk: the buffer doubles, and what it has beyond its share is taken from the common room.
    fn make_room(&mut self) -> Result<(), Failure> {
        let (len, capacity) = (self.buffer.len(), self.buffer.capacity());
        if capacity - len >= CHUNK {
            return Ok(());
        }
        let grown = (len + CHUNK).max(capacity * 2);
        let more = grown.saturating_sub(capacity.max(SHARE));
        if more > 0 {
            let Some(permit) = self.room.take(more) else {
                let detail = "the servers together send more than is held at once".to_owned();
                return Err(Failure { stage: Stage::Command, kind: FailureKind::Hostile, detail });
            };
            match &mut self.taken {
                Some(taken) => taken.merge(permit),
                None => self.taken = Some(permit),
            }
        }
        self.buffer.reserve_exact(grown - len);
        Ok(())
    }

    fn spoilt(&self, malformed: &Malformed) -> Failure {
        let kind = match malformed {
            Malformed::TooDeep | Malformed::TooLong => FailureKind::Hostile,
            _ => FailureKind::NotSpoken,
        };
        let start: String =
            self.buffer[self.start..].iter().take(24).flat_map(|b| b.escape_ascii()).map(char::from).collect();
        Failure { stage: Stage::Command, kind, detail: format!("{malformed}: \"{start}\"") }
    }
}

/// The peer went away.
pub(super) fn closed(detail: &str) -> Failure {
    Failure { stage: Stage::Command, kind: FailureKind::Closed, detail: detail.to_owned() }
}
