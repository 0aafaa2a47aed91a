//! The questions, sent in one write, and the answers, folded as they arrive. A refusal is an answer.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{
    attempt::Dial,
    connect::Missed,
    questions::{Ask, Command, Manners, questions},
    refusal::{excuse, in_the_middle, refuse},
    sentinel::{self, Ledger, Question},
    shared::Shared,
    talk::{Streamed, Talk},
    tls, troubled,
};
use crate::{
    facts::{
        AuthOutcome, Connection, Difference, Failure, FailureKind, Limits, NodeId, Observed, Refusal, Server, Sight,
        Stage, Transport,
    },
    wire::{
        cluster::Draft,
        comparison::{Comparison, Reference},
        info,
        resp::{self, Value},
        sentinel::Draft as Groups,
    },
};

/// What was learnt beside the connection itself.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    /// From the seed: the topology so far, and what other views are compared with.
    pub(super) draft: Option<(Draft, Reference)>,
    /// From the others: how their view departs from the seed's, and by how much more; and what they complain of.
    pub(super) view: Option<(Vec<Difference>, usize, Option<Sight>)>,
    /// From a seed that is a Sentinel: its groups so far.
    pub(super) groups: Option<Groups>,
    /// How many commands were answered.
    pub(super) answers: usize,
    /// The beginning of what came in place of the first answer.
    pub(super) said: Vec<u8>,
    /// The addresses that failed before one of them was open.
    pub(super) missed: Vec<Missed>,
}

/// Asks everything and notes what is answered. On failure, the command that was being answered is told where leaving it
/// out may help.
pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    shared: &Shared,
    dial: &Dial,
    manners: &Manners,
    stream: S,
    withheld: Option<String>,
    connection: &mut Connection,
    learnt: &mut Learnt,
) -> Result<(), (Failure, Option<Command>)> {
    let mut packed = Vec::with_capacity(256);
    let mut commands = Vec::with_capacity(8);
    // Where the bytes of each end.
    let mut ends = Vec::with_capacity(8);
    match (shared.credentials_for(dial), withheld) {
        (Some(_), Some(why)) => connection.auth = Observed::NotTried(why),
        (Some(credentials), None) => {
            let password = credentials.password.reveal();
            match &credentials.username {
                Some(user) => resp::pack(&mut packed, &["AUTH", user, password]),
                None => resp::pack(&mut packed, &["AUTH", password]),
            }
            commands.push(Command::Auth);
            ends.push(packed.len());
        }
        (None, _) => connection.auth = Observed::Seen(AuthOutcome::NotNeeded),
    }
    let database = shared.target.database;
    for command in questions(dial.ask, shared.kind(), &manners.skipped, database != 0) {
        match command {
            Command::Select => resp::pack(&mut packed, &["SELECT", &database.to_string()]),
            _ => resp::pack(&mut packed, command.words()),
        }
        commands.push(command);
        ends.push(packed.len());
    }
    let pinged = commands.contains(&Command::Ping);
    let further = if dial.ask == Ask::Sentinel { shared.scope().questions() } else { Vec::new() };
    for question in &further {
        question.pack(&mut packed);
    }
    let mut talk = Talk::new(stream, shared.limits_for(dial.ask), &shared.room);
    let began = Instant::now();
    // Where the write fails, the peer's last words (an alert) say why, so reading goes on.
    let first = ends.first().filter(|_| manners.one_by_one);
    let mut written = first.map_or(packed.len(), |end| *end);
    let mut sent = timeout_at(dial.until, talk.send(&packed[..written])).await.unwrap_or(Ok(()));
    let mut answers = Answers::new(shared, dial.ask, dial.transport);
    let mut result = Ok(());
    for (command, end) in commands.into_iter().zip(ends) {
        if written < end {
            sent = timeout_at(dial.until, talk.send(&packed[written..end])).await.unwrap_or(Ok(()));
            written = end;
        }
        // The time ends here and not around it all, so that what was understood until then is kept.
        let read = timeout_at(dial.until, answers.read(&mut talk, command, connection)).await;
        if let Err(failure) = read.unwrap_or_else(|_| Err(in_the_middle(&command.words().join(" ")))) {
            let failure = match sent {
                Err(error) if failure.kind == FailureKind::Closed => tls::io_failure(&error, Stage::Command),
                _ => failure,
            };
            if learnt.answers == 0 {
                learnt.said = talk.said().to_vec();
            }
            result = Err((failure, (command != Command::Auth).then_some(command)));
            break;
        }
        learnt.answers += 1;
        if (dial.ask, command) == (Ask::Everything, Command::Slots) {
            connection.slots_ms = u64::try_from(began.elapsed().as_millis()).ok();
        }
    }
    if result.is_ok() {
        // On the heap: of all conversations it is the Sentinels' alone.
        let asked = Box::pin(answers.of_sentinel(&mut talk, further, dial, connection)).await;
        result = asked.map_err(|failure| (failure, None));
    }
    if result.is_ok() && dial.ask != Ask::Behind {
        let limits = answers.limits;
        // On the heap: hardly any server is asked.
        let asked =
            Box::pin(troubled::ask(&mut talk, &mut answers.server, (pinged, limits), dial.until, connection)).await;
        result = asked.map_err(|failure| (failure, None));
    }
    answers.finish(shared, connection, learnt);
    result
}

/// Where the long replies go.
enum Fold<'s> {
    /// The seed's: into the topology, and into what the others are compared with.
    Topology(Box<Draft>, Reference),
    /// Another node's: into the differences.
    View(Comparison<'s>),
}

/// The answers of one connection while they come in.
struct Answers<'s> {
    fold: Fold<'s>,
    transport: Transport,
    server: Server,
    limits: &'s Limits,
    /// The seed's, should it be a Sentinel, and its peers'.
    ledger: Option<Ledger>,
    /// CLUSTER NODES came in to its end: what it does not name is not known there.
    nodes_whole: bool,
}

impl<'s> Answers<'s> {
    fn new(shared: &'s Shared, ask: Ask, transport: Transport) -> Self {
        let limits = shared.limits_for(ask);
        let fold = match ask {
            Ask::Everything => Fold::Topology(Box::new(Draft::new(limits)), Reference::new(limits.nodes)),
            Ask::Routes | Ask::View | Ask::Known | Ask::Identity | Ask::Behind | Ask::Sentinel => {
                Fold::View(Comparison::new(shared.reference(), limits.differences, limits.sights))
            }
        };
        let groups = (ask == Ask::Everything).then(|| Box::new(Groups::new(limits, shared.target.group.as_deref())));
        // What is asked of all Sentinels is held against each other, so it is bounded alike.
        let asked = groups.is_some() || ask == Ask::Sentinel;
        let ledger = asked.then(|| match groups {
            None => Ledger::of_peer(&shared.limits, shared.scope()),
            own => Ledger::new(&shared.limits, own),
        });
        Answers { fold, transport, server: Server::default(), limits, ledger, nodes_whole: false }
    }

    fn is_sentinel(&self) -> bool {
        self.server.mode.as_deref() == Some("sentinel")
    }

    /// What a Sentinel has to say beyond what everybody is asked: the seed is asked for it now, its peers were with all else.
    async fn of_sentinel<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        talk: &mut Talk<'_, S>,
        further: Vec<Question>,
        dial: &Dial,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let is_sentinel = self.is_sentinel();
        let is_mute = self.is_mute(connection);
        let Answers { ledger: Some(ledger), server, .. } = self else { return Ok(()) };
        if ledger.draft.is_none() {
            return sentinel::hear(talk, ledger, further, dial.until, connection).await;
        }
        if is_sentinel {
            return sentinel::ask(talk, ledger, server.version.as_deref(), dial.until, connection).await;
        }
        if is_mute {
            // Redis Enterprise's discovery service knows a few of Sentinel's commands, and no other: not even who it is.
            let _ = sentinel::ask(talk, ledger, None, dial.until, connection).await;
            if ledger.draft.as_ref().is_some_and(|draft| !draft.names().is_empty()) {
                server.mode = Some("sentinel".to_owned());
            } else {
                connection.refusals.retain(|refusal| !refusal.command.starts_with("SENTINEL "));
            }
        }
        Ok(())
    }

    /// It let us in, and refused everything by which a server tells what it is.
    fn is_mute(&self, connection: &Connection) -> bool {
        let nothing = matches!(&self.fold, Fold::Topology(draft, _) if draft.is_empty());
        nothing && self.server == Server::default() && matches!(connection.auth, Observed::Seen(_))
    }

    async fn read<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        talk: &mut Talk<'_, S>,
        command: Command,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let refused = match command {
            Command::Slots | Command::Shards | Command::Nodes => match self.fold(talk, command).await? {
                Streamed::Whole => {
                    self.nodes_whole |= command == Command::Nodes;
                    None
                }
                Streamed::Refused(answer) => Some(answer),
            },
            _ => {
                let answer = talk.reply(|value| match value {
                    Value::Error(error) => Some(self.text(error)),
                    value => (!self.take(command, value, connection)).then(|| Refusal::ODD.to_owned()),
                });
                answer.await?
            }
        };
        refused.map_or(Ok(()), |answer| refuse(&command.words().join(" "), answer, connection))
    }

    fn text(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).chars().take(self.limits.text).collect()
    }

    /// The long replies, folded as they arrive.
    async fn fold<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        talk: &mut Talk<'_, S>,
        command: Command,
    ) -> Result<Streamed, Failure> {
        match (command, &mut self.fold) {
            (Command::Slots, Fold::View(view)) => {
                let reference = view.reference();
                let same = |index, input: &[u8]| reference.same_range(index, input);
                talk.each_element(same, |entry, _| view.slots_entry(entry)).await
            }
            (Command::Slots, Fold::Topology(draft, reference)) => {
                let entry = |entry: &Value<'_>, raw: &[u8]| {
                    draft.slots_entry(entry);
                    reference.slots_entry(entry, raw);
                };
                talk.each_element(|_, _| 0, entry).await
            }
            (Command::Shards, Fold::Topology(draft, _)) => {
                talk.each_element(|_, _| 0, |shard, _| draft.shards_entry(shard, self.transport)).await
            }
            (_, Fold::View(view)) => talk.each_line(|line| view.nodes_line(line)).await,
            (_, Fold::Topology(draft, reference)) => {
                let line = |line: &[u8]| {
                    draft.nodes_line(line);
                    reference.nodes_line(line);
                };
                talk.each_line(line).await
            }
        }
    }

    /// The short replies; false for one that the command never gives.
    fn take(&mut self, command: Command, value: &Value<'_>, connection: &mut Connection) -> bool {
        match (command, value) {
            (Command::Auth, Value::Text(b"OK")) => connection.auth = Observed::Seen(AuthOutcome::Accepted),
            (Command::MyId | Command::SentinelMyId, Value::Text(id)) => match NodeId::from_wire(id) {
                Some(id) => connection.identity = Observed::Seen(id),
                None => return false,
            },
            (Command::Info, Value::Text(text)) => {
                // It knows best: Valkey may call itself redis in HELLO.
                self.server = info::merge(info::info(text, self.limits), std::mem::take(&mut self.server));
                self.ledger.iter_mut().for_each(|ledger| ledger.watch.info(text));
            }
            (Command::Hello, value) => return self.add_told(info::hello(value, self.limits)),
            (Command::Role, value) => {
                if let Some(draft) = self.ledger.as_mut().and_then(|ledger| ledger.draft.as_mut()) {
                    draft.role(value);
                }
                return self.add_told(info::role(value, self.limits));
            }
            (Command::ClusterInfo, Value::Text(text)) => self.server.cluster_state = info::cluster_state(text),
            (Command::ClientInfo, Value::Text(text)) => self.server.accepted_at = info::accepted_at(text),
            (Command::IdleTimeout | Command::Keepalive, value) if value.array().is_some() => {
                self.add(Server { connections: info::config(value), ..Server::default() });
            }
            (Command::Select, value) => return matches!(value, Value::Text(b"OK")),
            // Whatever they say, they may be asked.
            (Command::Count | Command::Ping, _) => {}
            _ => return false,
        }
        true
    }

    /// Adds what was told, if anything was.
    fn add_told(&mut self, server: Server) -> bool {
        let told = server != Server::default();
        self.add(server);
        told
    }

    /// What was told before wins.
    fn add(&mut self, server: Server) {
        self.server = info::merge(std::mem::take(&mut self.server), server);
    }

    /// Settles who it was: CLUSTER or SENTINEL MYID, else the `myself` line, else (of a server outside clusters) the run id.
    fn finish(mut self, shared: &Shared, connection: &mut Connection, learnt: &mut Learnt) {
        // Envoy adds up what INFO says on the servers behind it, and calls them a cluster whatever they are (1.40); CLUSTER is
        // answered by one of them.
        let disabled = |refusal: &Refusal| refusal.answer.contains("cluster support disabled");
        if self.server.mode.as_deref() == Some("cluster") && connection.refusals.iter().any(disabled) {
            self.server.mode = Some("standalone".to_owned());
        }
        let is_sentinel = self.is_sentinel();
        let own = match self.fold {
            Fold::Topology(draft, mut reference) => {
                if !self.nodes_whole {
                    reference.leave_open();
                }
                let own = draft.own.clone();
                learnt.draft = Some((*draft, reference));
                own
            }
            Fold::View(mut view) => {
                let own = view.own.take();
                connection.of_another_cluster = own.is_some() && self.nodes_whole && view.is_of_another_cluster();
                learnt.view = (own.is_some() && self.nodes_whole).then(|| view.finish());
                own
            }
        };
        let (id, address) = own.unzip();
        connection.own_address = address;
        // A Sentinel's run id is not the id by which its peers know it.
        let tells = self.server.mode.as_deref() != Some("cluster") && !is_sentinel;
        let run_id = self.server.run_id.as_ref().filter(|_| tells).and_then(|id| NodeId::from_wire(id.as_bytes()));
        if let (None, Some(id)) = (connection.identity.seen(), id.or(run_id)) {
            connection.identity = Observed::Seen(id);
        }
        if is_sentinel {
            if let Some(mut ledger) = self.ledger {
                let own = ledger.draft.take();
                let names = own.as_ref().map_or_else(|| shared.scope().groups.clone(), |draft| draft.names());
                connection.watch = Some(Box::new(ledger.into_watch(&names)));
                learnt.groups = own.map(|draft| *draft);
            }
            excuse(connection);
        }
        if self.server != Server::default() {
            connection.server = Observed::Seen(self.server);
        }
    }
}
