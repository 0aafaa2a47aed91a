//! One attempt: connect, handshake, decide about credentials, ask, all within one `--timeout`.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::client::TlsStream;

use super::{
    connect,
    converse::{Learnt, converse},
    hello, kind, mute,
    questions::{Ask, Command, Manners},
    raced,
    shared::Shared,
    tls::{self, Manner, Recorded},
};
use crate::{
    facts::{
        Attempt, Candidate, ClientCertRequest, Connection, Endpoint, Failure, FailureKind, Host, Observed, Refusal,
        ServerHello, Spoke, Stage, TlsSession, Transport,
    },
    wire::{certificate, fingerprint, tls_names},
};

/// How often a server that hangs up on a command is asked again without it: twemproxy does so on HELLO, CLUSTER (twice, then
/// it has none), INFO, ROLE, CONFIG and SELECT.
const RECONNECTS: usize = 10;

/// What to dial, and as what.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    /// The announced forms that lead here.
    pub(super) candidates: Vec<(Candidate, Endpoint)>,
    /// The name that the map in use has for them.
    pub(super) named: Option<Host>,
    /// Where they lead; several only for a name with several addresses.
    pub(super) sockets: Vec<SocketAddr>,
    /// What to speak.
    pub(super) transport: Transport,
    /// The name for SNI.
    pub(super) server_name: Host,
    /// How much to ask.
    pub(super) ask: Ask,
    /// Try the other protocol at once: nobody said which it is.
    pub(super) undecided: bool,
    /// When it must be over.
    pub(super) until: Instant,
}

/// What is known so far; survives the time-out.
#[derive(Default)]
struct Notes {
    socket: Option<SocketAddr>,
    connection: Option<Connection>,
    spoke: Option<Spoke>,
    tls_port: Option<u16>,
    hello: Option<Observed<ServerHello>>,
    learnt: Learnt,
    /// What ended the conversation, while something else is tried to explain it.
    failure: Option<Failure>,
    /// The server closed the connection when it met this command.
    hung_up_on: Option<Command>,
    /// What else the port may speak was looked into on an earlier connection.
    looked: bool,
}

/// Dials once and asks. Where the seed hangs up on a command it is asked again without it, and so are all nodes then; a
/// node that hangs up says nothing of the others, and is left at that.
pub(super) async fn look(shared: &Shared, dial: Dial) -> (Attempt, Learnt) {
    let start = Instant::now();
    let rounds = if dial.ask == Ask::Everything { RECONNECTS } else { 0 };
    let mut manners = Manners { skipped: shared.skipped(), one_by_one: false };
    let (mut hung_up, mut reconnects) = (Vec::new(), 0);
    let (mut closes, mut ended_with) = (None, None);
    loop {
        let mut notes = Notes { spoke: closes, looked: reconnects > 0, ..Notes::default() };
        let result = match timeout_at(dial.until, run(shared, &dial, &manners, &mut notes, start)).await {
            Ok(result) => result,
            Err(_) => Err(notes.failure.take().unwrap_or_else(|| notes.timed_out(start.elapsed()))),
        };
        if let Some(command) = notes.hung_up_on.filter(|_| reconnects < rounds && Instant::now() < dial.until) {
            // Of several at once it may have been any.
            let blamed = if manners.one_by_one { command.alike(&manners.skipped) } else { Vec::new() };
            for command in blamed {
                hung_up.push(Refusal { command: command.words().join(" "), answer: Refusal::HANGS_UP.to_owned() });
                manners.skipped.insert(command);
            }
            manners.one_by_one = true;
            reconnects += 1;
            // Looked into once.
            closes = notes.spoke;
            ended_with = result.err();
            continue;
        }
        if notes.learnt.answers > 0 {
            notes.spoke = notes.spoke.filter(|spoke| !spoke.is_nothing());
        } else {
            // It hangs up whatever it is asked.
            hung_up.clear();
        }
        if notes.learnt.answers > 0 && dial.ask == Ask::Everything {
            shared.skip(&manners.skipped);
        }
        // Nothing may be left that it could be asked.
        let result = if notes.learnt.answers == 0 { result.and(ended_with.map_or(Ok(()), Err)) } else { result };
        let connection = notes.conclude(result, hung_up);
        let attempt = Attempt {
            candidates: dial.candidates,
            named: dial.named,
            socket: notes.socket,
            transport: dial.transport,
            server_name: dial.server_name,
            connection,
            spoke: notes.spoke,
            tls_port: notes.tls_port,
            hello: notes.hello,
            looks: None,
            by_name: Vec::new(),
            took_ms: millis(start),
        };
        return (attempt, notes.learnt);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Notes {
    fn timed_out(&self, after: Duration) -> Failure {
        let stage = match &self.connection {
            None => Stage::Connect,
            Some(c) if matches!(&c.tls, Observed::NotTried(why) if why == PENDING) => Stage::Handshake,
            Some(_) => Stage::Command,
        };
        Failure { stage, kind: FailureKind::TimedOut, detail: format!("no answer within {:.1} s", after.as_secs_f64()) }
    }

    /// Puts a failure where it belongs.
    fn conclude(&mut self, result: Result<(), Failure>, mut refusals: Vec<Refusal>) -> Observed<Connection> {
        let Some(mut connection) = self.connection.take() else {
            return Observed::Failed(result.err().unwrap_or_else(|| super::talk::closed("not connected")));
        };
        refusals.append(&mut connection.refusals);
        connection.refusals = refusals;
        if let Err(failure) = result {
            if matches!(&connection.tls, Observed::NotTried(why) if why == PENDING) {
                connection.tls = Observed::Failed(failure);
            } else if connection.identity.seen().is_none() {
                connection.identity = Observed::Failed(failure);
            } else {
                connection.cut = Some(failure);
            }
        }
        if matches!(&connection.tls, Observed::NotTried(why) if why == PENDING) {
            connection.tls = Observed::NotTried("the port does not speak TLS".to_owned());
        }
        Observed::Seen(connection)
    }
}

/// Marks a handshake that has not come to anything yet.
const PENDING: &str = "pending";

async fn run(
    shared: &Shared,
    dial: &Dial,
    manners: &Manners,
    notes: &mut Notes,
    start: Instant,
) -> Result<(), Failure> {
    let dialled = Instant::now();
    // Also for an attempt that is cut off while it waits.
    notes.socket = if let [only] = dial.sockets[..] { Some(only) } else { None };
    let (stream, socket) = match connect::open(&dial.sockets, &mut notes.learnt.missed).await {
        Ok(open) => open,
        Err((failure, socket)) => {
            notes.socket = socket;
            return Err(failure);
        }
    };
    notes.socket = Some(socket);
    let tls = if dial.transport == Transport::Tls { PENDING } else { "plaintext" };
    let connection = notes.connection.insert(Connection {
        local: stream.local_addr().ok(),
        connect_ms: millis(start),
        tls: Observed::NotTried(tls.to_owned()),
        auth: Observed::NotTried("not reached".to_owned()),
        identity: Observed::NotTried("not reached".to_owned()),
        server: Observed::NotTried("not reached".to_owned()),
        own_address: None,
        of_another_cluster: false,
        refusals: Vec::new(),
        cut: None,
        slots_ms: None,
        watch: None,
    });
    if dial.transport == Transport::Plaintext {
        let withheld = shared.withheld_on_plaintext(dial, socket);
        let result = converse(shared, dial, manners, stream, withheld, connection, &mut notes.learnt).await;
        return settle_plaintext(shared, dial, socket, notes, result).await;
    }
    let opened = (stream, socket, dialled.elapsed());
    let (result, mut recorded) = raced::handshake(shared, dial, opened, (&mut notes.spoke, &mut notes.failure)).await;
    let stream = match result {
        Ok(stream) => stream,
        Err(failure) => {
            if let (Some(Spoke::PlainRedis(_)), Ask::Everything, false) = (&notes.spoke, dial.ask, dial.undecided) {
                notes.tls_port = Box::pin(kind::tls_port(&shared.tls, socket, &dial.server_name)).await;
            }
            if hello::may_explain(&failure, &recorded) {
                notes.hello = Some(Box::pin(hello::look(shared, socket, &dial.server_name)).await);
            }
            return Err(failure);
        }
    };
    let session = session(shared, dial, &stream, &recorded)?;
    recorded.chain = Vec::new();
    let withheld = shared.withheld_on_tls(&session, dial);
    connection.tls = Observed::Seen(session);
    let result = converse(shared, dial, manners, stream, withheld, connection, &mut notes.learnt).await;
    let Err((mut failure, command)) = result else { return Ok(()) };
    if failure.kind != FailureKind::TimedOut {
        notes.spoke = fingerprint::stranger(&notes.learnt.said, Transport::Tls).map(Spoke::Other);
    }
    if failure.kind == FailureKind::Closed && recorded.request.is_some() && notes.learnt.answers == 0 {
        // A reset may overtake the alert that says why (RFC 8446 §6.2): whoever writes nothing hears it.
        let words = Box::pin(hello::last_words(shared, socket, Manner::from(&dial.server_name))).await;
        failure = words.unwrap_or(failure);
    }
    let failure = blame_client_certificate(failure, &recorded, shared);
    notes.hung_up_on = command.filter(|_| failure.kind == FailureKind::Closed);
    Err(failure)
}

/// After TLS 1.3 a server that wants a client certificate may be heard of only as a reset.
fn blame_client_certificate(mut failure: Failure, recorded: &Recorded, shared: &Shared) -> Failure {
    let silent = failure.kind == FailureKind::Closed && !shared.has_identity();
    if recorded.request.is_some() && (silent || failure.kind == FailureKind::TlsAlert) {
        failure.kind = FailureKind::ClientCertificate;
    }
    if failure.kind == FailureKind::ClientCertificate {
        failure.stage = Stage::Handshake;
    }
    failure
}

/// A plaintext conversation that came to nothing: is it a TLS port, or does the server hang up on a command?
async fn settle_plaintext(
    shared: &Shared,
    dial: &Dial,
    socket: SocketAddr,
    notes: &mut Notes,
    result: Result<(), (Failure, Option<Command>)>,
) -> Result<(), Failure> {
    let Err((failure, command)) = result else { return Ok(()) };
    if matches!(failure.kind, FailureKind::Closed | FailureKind::NotSpoken) || is_known(&notes.learnt.said) {
        notes.failure = Some(failure.clone());
        if notes.spoke.is_none() && !notes.looked {
            notes.spoke = match notes.learnt.answers {
                0 => {
                    let port = raced::port(shared, dial, socket);
                    // On the heap, since every attempt may come here and hardly any does.
                    Box::pin(mute::instead_of_plaintext(port, &notes.learnt.said)).await
                }
                _ => kind::tls(&shared.tls, socket, &dial.server_name).await,
            };
        }
        let silent = notes.spoke.as_ref().is_none_or(Spoke::is_nothing);
        notes.hung_up_on = command.filter(|_| failure.kind == FailureKind::Closed && silent);
    }
    Err(failure)
}

fn is_known(said: &[u8]) -> bool {
    fingerprint::service(said).is_some()
}

fn session(
    shared: &Shared,
    dial: &Dial,
    stream: &TlsStream<TcpStream>,
    recorded: &Recorded,
) -> Result<TlsSession, Failure> {
    let (_, state) = stream.get_ref();
    let chain = shared.intern(&recorded.chain).map_err(|detail| Failure {
        stage: Stage::Handshake,
        kind: FailureKind::Other,
        detail: format!("the certificate does not parse: {detail}"),
    })?;
    let unknown = || "unknown".to_owned();
    let issuers =
        recorded.request.iter().flatten().map(|der| certificate::distinguished_name(der, shared.limits_for(dial.ask)));
    Ok(TlsSession {
        version: state.protocol_version().map_or_else(unknown, |v| tls_names::version(v.into())),
        suite: state.negotiated_cipher_suite().map_or_else(unknown, |s| tls_names::suite(s.suite().into())),
        group: state.negotiated_key_exchange_group().map(|g| tls_names::group(g.name().into())),
        signature: recorded.scheme.map(|s| tls_names::signature_scheme(s.into())),
        sni: tls::sni(&dial.server_name),
        chain,
        proved_possession: recorded.proved == Some(true),
        client_cert: ClientCertRequest { requested: recorded.request.is_some(), issuers: issuers.collect() },
    })
}
