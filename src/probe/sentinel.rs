//! What a Sentinel is asked beyond what everybody is: its groups, in one more exchange on the seed's connection.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{
    questions::Command,
    refusal::{in_the_middle, refuse},
    talk::{Streamed, Talk},
    tls,
};
use crate::{
    facts::{Connection, Failure, FailureKind, NodeId, Observed, Refusal, Stage},
    wire::{
        resp::{self, Value},
        sentinel::{Draft, lists_replicas},
    },
};

/// A question, and for a group its name.
enum Question {
    MyId,
    Groups,
    Replicas(&'static str, String),
    Peers(String),
}

impl Question {
    fn words(&self) -> Vec<&str> {
        match self {
            Question::MyId => Command::SentinelMyId.words().to_vec(),
            Question::Groups => vec!["SENTINEL", "MASTERS"],
            Question::Replicas(command, group) => vec!["SENTINEL", command, group],
            Question::Peers(group) => vec!["SENTINEL", "SENTINELS", group],
        }
    }

    /// Without the group: every group is refused alike.
    fn command(&self) -> String {
        self.words()[..2].join(" ")
    }
}

/// Asks for everything; a refusal is an answer. ROLE has named the groups as a rule, so that one exchange is enough; where it
/// was refused, SENTINEL MASTERS names them, and another one follows.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    draft: &mut Draft,
    version: Option<&str>,
    until: Instant,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let mut questions = vec![Question::MyId, Question::Groups];
    loop {
        for group in draft.unasked() {
            questions.push(Question::Replicas(lists_replicas(version), group.clone()));
            questions.push(Question::Peers(group));
        }
        if questions.is_empty() {
            return Ok(());
        }
        let mut packed = Vec::with_capacity(questions.len() * 64);
        for question in &questions {
            resp::pack(&mut packed, &question.words());
        }
        let sent = timeout_at(until, talk.send(&packed)).await.unwrap_or(Ok(()));
        for question in questions.drain(..) {
            let read = timeout_at(until, read(talk, draft, &question, connection)).await;
            let read = read.unwrap_or_else(|_| Err(in_the_middle(&question.command())));
            read.map_err(|failure| match &sent {
                Err(error) if failure.kind == FailureKind::Closed => tls::io_failure(error, Stage::Command),
                _ => failure,
            })?;
        }
    }
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    draft: &mut Draft,
    question: &Question,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let unknown = |_: usize, _: &[u8]| 0;
    let came = match question {
        Question::MyId => return my_id(talk, connection).await,
        Question::Groups => talk.each_element(unknown, |entry, _| draft.primary(entry)).await?,
        Question::Replicas(_, group) => talk.each_element(unknown, |entry, _| draft.replica(group, entry)).await?,
        Question::Peers(group) => talk.each_element(unknown, |entry, _| draft.sentinel(group, entry)).await?,
    };
    match came {
        Streamed::Whole => Ok(()),
        Streamed::Refused(answer) => refuse(&question.command(), answer, connection),
    }
}

/// A Sentinel's id, by which its peers know it; its run id is another one.
async fn my_id<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let answer = talk.reply(|value| match value {
        Value::Text(id) => NodeId::from_wire(id).ok_or_else(|| Refusal::ODD.to_owned()),
        Value::Error(error) => Err(String::from_utf8_lossy(error).chars().take(512).collect()),
        _ => Err(Refusal::ODD.to_owned()),
    });
    match answer.await? {
        Ok(id) => connection.identity = Observed::Seen(id),
        Err(answer) => refuse(&Question::MyId.command(), answer, connection)?,
    }
    Ok(())
}
