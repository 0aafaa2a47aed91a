//! One connection: its bytes in, its answers out, and what the server remembers of it.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{sleep, timeout},
};

use super::{
    cluster::Member,
    commands,
    inbound::{self, Inbound},
    plan::Behaviour,
    reply::Reply,
};

/// A connection without a byte for this long is closed.
pub(super) const IDLE: Duration = Duration::from_secs(300);
/// Replies to a pipeline are written when they come to this, so that a long one does not fill memory.
const BATCH: usize = 256 << 10;
/// Room made for each read.
const READ: usize = 4 << 10;

/// What the server remembers of a connection.
pub(super) struct Session {
    /// The node it is connected to.
    pub(super) member: Arc<Member>,
    /// CLIENT ID.
    pub(super) id: i64,
    /// READONLY was sent.
    pub(super) read_only: bool,
    /// QUIT was sent.
    pub(super) closing: bool,
}

impl Session {
    /// A new connection to a node.
    pub(super) fn new(member: Arc<Member>) -> Self {
        Session { id: member.cluster.next_client(), member, read_only: false, closing: false }
    }

    /// Answers until the client leaves, quits, idles or breaks the protocol.
    pub(super) async fn converse(mut self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut input = Vec::new();
        let mut reply = Reply::default();
        while !self.closing {
            input.reserve(READ);
            if timeout(IDLE, stream.read_buf(&mut input)).await?? == 0 {
                return Ok(());
            }
            let used = self.answer_all(&input, &mut reply, &mut stream).await?;
            input.drain(..used);
            timeout(IDLE, reply.write_to(&mut stream)).await??;
        }
        stream.shutdown().await
    }

    /// Answers every whole request of `input`; says how many bytes they took.
    async fn answer_all(
        &mut self,
        input: &[u8],
        reply: &mut Reply,
        stream: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<usize> {
        let mut used = 0;
        while !self.closing {
            match inbound::next(&input[used..]) {
                Ok(Inbound::Partial) => break,
                Ok(Inbound::Request(args, bytes)) => {
                    used += bytes;
                    if let Behaviour::Slow(delay) = self.member.behaviour {
                        timeout(IDLE, reply.write_to(stream)).await??;
                        sleep(delay).await;
                    }
                    commands::answer(self, &args, reply);
                }
                Err(problem) => {
                    reply.error(format!("ERR Protocol error: {problem}"));
                    self.closing = true;
                }
            }
            if reply.len() > BATCH {
                timeout(IDLE, reply.write_to(stream)).await??;
            }
        }
        Ok(used)
    }
}
