//! RESP over a stream, bounded: a reply is handed out in place, a long one element by element or line by line.

use std::io;

use memchr::{memchr_iter, memrchr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::{
    facts::{Failure, FailureKind, Limits, Stage},
    wire::resp::{self, Decoded, Header, Malformed, Value},
};

/// One read from the socket asks for this much.
const CHUNK: usize = 16 * 1024;

/// A stream with a buffer of what was read and not yet used.
pub(super) struct Talk<'l, S> {
    stream: S,
    buffer: Vec<u8>,
    start: usize,
    limits: &'l Limits,
}

/// What a streamed reply turned out to be.
pub(super) enum Streamed {
    /// All of it was handed out.
    Whole,
    /// It was an error reply.
    Refused(String),
}

impl<'l, S: AsyncRead + AsyncWrite + Unpin> Talk<'l, S> {
    pub(super) fn new(stream: S, limits: &'l Limits) -> Self {
        Talk { stream, buffer: Vec::new(), start: 0, limits }
    }

    /// Writes packed commands. An error is kept for the read that follows: the peer's alert says more than our EPIPE.
    pub(super) async fn send(&mut self, packed: &[u8]) -> io::Result<()> {
        self.stream.write_all(packed).await?;
        self.stream.flush().await
    }

    /// Reads one reply and hands it to `f`.
    pub(super) async fn reply<T>(&mut self, f: impl FnOnce(&Value<'_>) -> T) -> Result<T, Failure> {
        loop {
            match resp::decode(&self.buffer[self.start..], self.limits.depth, self.limits.element) {
                Ok(Decoded::Done(value, used)) => {
                    let result = f(&value);
                    self.start += used;
                    return Ok(result);
                }
                Ok(Decoded::Incomplete(_)) => self.fill().await?,
                Err(malformed) => return Err(self.spoilt(&malformed)),
            }
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
            loop {
                let input = &self.buffer[self.start..];
                let passed = known(index, input);
                if passed > 0 {
                    self.start += passed;
                    budget = budget.checked_sub(passed).ok_or_else(|| self.spoilt(&Malformed::TooLong))?;
                    break;
                }
                match resp::decode(input, self.limits.depth, self.limits.element) {
                    Ok(Decoded::Done(value, used)) => {
                        f(&value, &input[..used]);
                        self.start += used;
                        budget = budget.checked_sub(used).ok_or_else(|| self.spoilt(&Malformed::TooLong))?;
                        break;
                    }
                    Ok(Decoded::Incomplete(n)) if n > self.limits.element => {
                        return Err(self.spoilt(&Malformed::TooLong));
                    }
                    Ok(Decoded::Incomplete(_)) => self.fill().await?,
                    Err(malformed) => return Err(self.spoilt(&malformed)),
                }
            }
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
        while left > 0 {
            let ready = &self.buffer[self.start..];
            let ready = &ready[..ready.len().min(left)];
            let Some(last) = memrchr(b'\n', ready).or((ready.len() == left).then_some(left - 1)) else {
                if ready.len() > self.limits.element {
                    return Err(self.spoilt(&Malformed::TooLong));
                }
                self.fill().await?;
                continue;
            };
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
            Value::Nil => "a nil reply".to_owned(),
            _ => "a reply of another type than the command gives".to_owned(),
        });
        answer.await.map(Streamed::Refused)
    }

    /// Reads once more.
    async fn fill(&mut self) -> Result<(), Failure> {
        // What is left is a part of one element, and moves at most once: then it begins the buffer until it is whole.
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.len() > self.limits.element + CHUNK {
            return Err(self.spoilt(&Malformed::TooLong));
        }
        self.buffer.reserve(CHUNK);
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err(closed("the server closed the connection")),
            Ok(_) => Ok(()),
            Err(error) => Err(super::tls::io_failure(&error, Stage::Command)),
        }
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
