//! What a Sentinel is asked beyond what everybody is: its groups. The seed is asked in one more exchange on its connection,
//! its peers, of whom it is known which groups matter, in the same flight as everything else.

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
    facts::{Connection, Failure, FailureKind, Limits, NodeId, Observed, Refusal, Stage, Watch},
    wire::{
        resp::{self, Value},
        sentinel::{Draft, WatchDraft, lists_replicas},
    },
};

/// A question, and for a group its name.
pub(super) enum Question {
    MyId,
    Groups,
    Options,
    Replicas(&'static str, String),
    Peers(String),
}

impl Question {
    fn words(&self) -> Vec<&str> {
        match self {
            Question::MyId => Command::SentinelMyId.words().to_vec(),
            Question::Groups => vec!["SENTINEL", "MASTERS"],
            // `announce-*` and `resolve-hostnames`, and never `sentinel-pass`; several patterns are for 7.2 only.
            Question::Options => vec!["SENTINEL", "CONFIG", "GET", "[ar]*"],
            Question::Replicas(command, group) => vec!["SENTINEL", command, group],
            Question::Peers(group) => vec!["SENTINEL", "SENTINELS", group],
        }
    }

    /// Without the group: every group is refused alike.
    fn command(&self) -> String {
        self.words()[..2].join(" ")
    }

    pub(super) fn pack(&self, packed: &mut Vec<u8>) {
        resp::pack(packed, &self.words());
    }
}

/// Which groups the Sentinels are asked about, and how.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) groups: Vec<String>,
    lists: &'static str,
    /// How many nodes are kept of what each of them says.
    pub(super) nodes: usize,
}

/// Of all Sentinels together.
const NODES: usize = 20_000;

impl Scope {
    /// Those of the seed, a Sentinel of this version with so many peers.
    pub(super) fn new(groups: Vec<String>, version: Option<&str>, peers: usize) -> Self {
        Scope { groups, lists: lists_replicas(version), nodes: NODES / (peers + 1) }
    }

    /// Everything that one of its peers is asked, beside who it is.
    pub(super) fn questions(&self) -> Vec<Question> {
        let of_group = |name: &String| [Question::Replicas(self.lists, name.clone()), Question::Peers(name.clone())];
        [Question::Groups, Question::Options].into_iter().chain(self.groups.iter().flat_map(of_group)).collect()
    }
}

/// Where a Sentinel's answers go: into its own view, and of the seed into the topology.
pub(super) struct Ledger {
    pub(super) draft: Option<Box<Draft>>,
    pub(super) watch: WatchDraft,
}

impl Ledger {
    pub(super) fn new(limits: &Limits, draft: Option<Box<Draft>>) -> Self {
        Ledger { draft, watch: WatchDraft::new(limits) }
    }

    /// For a peer of the seed, of which it is known what matters.
    pub(super) fn of_peer(limits: &Limits, scope: &Scope) -> Self {
        let limits = Limits { nodes: limits.nodes.min(scope.nodes), ..limits.clone() };
        let mut watch = WatchDraft::new(&limits);
        watch.only(scope.groups.clone());
        Ledger { draft: None, watch }
    }

    /// The view of these groups.
    pub(super) fn into_watch(self, names: &[String]) -> Watch {
        self.watch.finish(names)
    }

    fn take(&mut self, question: &Question, entry: &Value<'_>) {
        match question {
            Question::Groups => self.watch.primary(entry),
            Question::Replicas(_, group) => self.watch.replica(group, entry),
            Question::Peers(group) => self.watch.peer(group, entry),
            Question::MyId | Question::Options => {}
        }
        let Some(draft) = &mut self.draft else { return };
        match question {
            Question::Groups => draft.primary(entry),
            Question::Replicas(_, group) => draft.replica(group, entry),
            Question::Peers(group) => draft.sentinel(group, entry),
            Question::MyId | Question::Options => {}
        }
    }
}

/// Asks the seed for everything; a refusal is an answer. ROLE has named the groups as a rule, so that one exchange is enough;
/// where it was refused, SENTINEL MASTERS names them, and another one follows.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    ledger: &mut Ledger,
    version: Option<&str>,
    until: Instant,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let told = ledger.draft.as_ref().map(|draft| draft.names()).filter(|names| !names.is_empty());
    if let Some(names) = told {
        ledger.watch.only(names);
    }
    let mut questions = vec![Question::MyId, Question::Groups, Question::Options];
    loop {
        for group in ledger.draft.as_mut().map(|draft| draft.unasked()).unwrap_or_default() {
            questions.push(Question::Replicas(lists_replicas(version), group.clone()));
            questions.push(Question::Peers(group));
        }
        if questions.is_empty() {
            return Ok(());
        }
        let mut packed = Vec::with_capacity(questions.len() * 64);
        for question in &questions {
            question.pack(&mut packed);
        }
        let sent = timeout_at(until, talk.send(&packed)).await.unwrap_or(Ok(()));
        hear(talk, ledger, std::mem::take(&mut questions), until, connection).await.map_err(|failure| match &sent {
            Err(error) if failure.kind == FailureKind::Closed => tls::io_failure(error, Stage::Command),
            _ => failure,
        })?;
    }
}

/// Reads the answers to questions that were sent.
pub(super) async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    ledger: &mut Ledger,
    questions: Vec<Question>,
    until: Instant,
    connection: &mut Connection,
) -> Result<(), Failure> {
    for question in questions {
        let read = timeout_at(until, read(talk, ledger, &question, connection)).await;
        read.unwrap_or_else(|_| Err(in_the_middle(&question.command())))?;
    }
    Ok(())
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    ledger: &mut Ledger,
    question: &Question,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let came = match question {
        Question::MyId => return my_id(talk, connection).await,
        Question::Options => return options(talk, ledger).await,
        asked => talk.each_element(|_, _| 0, |entry, _| ledger.take(asked, entry)).await?,
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

/// How it treats host names: unknown before 6.2, and whoever refuses it refuses nothing that clients need.
async fn options<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    ledger: &mut Ledger,
) -> Result<(), Failure> {
    talk.reply(|value| ledger.watch.options(value)).await.map(|_| ())
}
