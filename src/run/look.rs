//! From what was typed to a snapshot: by looking, or from a file.

use std::{cell::OnceCell, fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::runtime::Runtime;

use super::{
    later::judged_at,
    map_file::MapFile,
    next::quoted,
    saved::{load, save},
    screen::Bar,
    target, trust,
};
use crate::{
    address_map::written::Entry,
    cli::{Connection, Global},
    facts::{Also, Endpoint, Kind, Limits, Snapshot, Target},
    probe::Probe,
};

/// Nodes at which `tls-check` looks further: up to 500 connections beside those of the nodes, however many there are.
const TLS_LOOKS: usize = 128;

/// Where the snapshot comes from.
enum Source {
    /// A server.
    Server(Box<Target>),
    /// The lab: the scene's text.
    #[cfg(feature = "lab")]
    Lab(crate::lab::Request),
    /// A file.
    File,
}

/// A look that can be taken, again and again with `--wait`.
pub(super) struct Look<'a> {
    source: Source,
    pub(super) connection: &'a Connection,
    pub(super) global: &'a Global,
    map: Option<MapFile>,
    also: Vec<Also>,
    /// Nodes at which further handshakes are made.
    tls_looks: usize,
    /// How long a connection is left alone.
    idle: Option<Duration>,
    /// What the chains were judged by: known once it was looked.
    anchors: OnceCell<Vec<Vec<u8>>>,
}

impl<'a> Look<'a> {
    /// Reads the arguments and the files they name; nothing is dialled yet.
    pub(super) fn prepare(connection: &'a Connection, global: &'a Global) -> Result<Self> {
        let map = connection.map.as_deref().map(|file| MapFile::read("--map", file)).transpose()?;
        let source = if global.from.is_some() {
            if names_a_place(connection) {
                bail!("--from takes the place of an endpoint: give one of the two");
            }
            if map.is_some() {
                bail!(
                    "--map needs a look: what was saved holds the map that was looked through then, if there was one"
                );
            }
            if !connection.node.is_empty() {
                bail!("--node says what is looked at, and --from shows what was; give one of the two");
            }
            if connection.group.is_some() {
                bail!("--group says what is looked at, and --from shows what was; give one of the two");
            }
            Source::File
        } else {
            match target::asked(connection, map.as_ref())? {
                target::Asked::Server(target) => Source::Server(target),
                #[cfg(feature = "lab")]
                target::Asked::Lab(request) => Source::Lab(request),
            }
        };
        Ok(Look {
            source,
            connection,
            global,
            map,
            also: Vec::new(),
            tls_looks: 0,
            idle: None,
            anchors: OnceCell::new(),
        })
    }

    /// A look through `map`, with all of its targets beside the nodes. Where no endpoint is given, it begins at the first of
    /// them.
    pub(super) fn through(connection: &'a Connection, global: &'a Global, map: MapFile) -> Result<Self> {
        if connection.map.is_some() {
            bail!("--check looks through the map that it proves: --map is too much");
        }
        let also = map.written.entries.iter().map(Entry::also).collect();
        let source = match (&global.from, names_a_place(connection)) {
            (Some(_), _) => return Ok(Look::prepare(connection, global)?.beside(also)),
            (None, true) => match target::asked(connection, Some(&map))? {
                target::Asked::Server(target) => Source::Server(target),
                #[cfg(feature = "lab")]
                target::Asked::Lab(request) => Source::Lab(request),
            },
            (None, false) => {
                let first = map.written.entries.first().context("a map has entries")?;
                Source::Server(Box::new(target::through(connection, &map, first.target.clone())?))
            }
        };
        Ok(Look {
            source,
            connection,
            global,
            map: Some(map),
            also,
            tls_looks: 0,
            idle: None,
            anchors: OnceCell::new(),
        })
    }

    /// True where the user said where to begin, or what was seen was saved.
    pub(super) fn is_placed(&self) -> bool {
        self.is_saved() || names_a_place(self.connection)
    }

    /// Looks at the first target of the map, within `left`. Nothing is saved.
    pub(super) fn first_target(&self, left: Duration) -> Result<Snapshot> {
        match &self.source {
            Source::Server(target) => self.gather(left, || async { Ok(((**target).clone(), ())) }),
            _ => self.snapshot(),
        }
    }

    /// Looks once, from another endpoint of the map on; `None` where there is no time left. Nothing is saved.
    pub(super) fn at_target(&self, endpoint: &Endpoint, left: Duration) -> Result<Option<Snapshot>> {
        let Some(map) = self.map.as_ref().filter(|_| !left.is_zero()) else { return Ok(None) };
        let target = target::through(self.connection, map, endpoint.clone())?;
        self.gather(left, || async { Ok((target, ())) }).map(Some)
    }

    /// Saves what was seen where `--save` asks for it.
    pub(super) fn keep(&self, snapshot: &Snapshot) -> Result<()> {
        self.global.save.as_ref().map_or(Ok(()), |file| save(snapshot, file))
    }

    /// The same, with endpoints beside those that are announced.
    pub(super) fn beside(self, also: Vec<Also>) -> Self {
        Look { also, ..self }
    }

    /// The same, with further handshakes at each node, and at so many of many.
    pub(super) fn at_length(self) -> Self {
        Look { tls_looks: TLS_LOOKS, ..self }
    }

    /// The same, with one more connection that is left alone for so long.
    pub(super) fn idly(self, idle: Option<Duration>) -> Self {
        Look { idle, ..self }
    }

    /// True when there is nothing to look at again.
    pub(super) fn is_saved(&self) -> bool {
        matches!(self.source, Source::File)
    }

    /// The CA file that was given.
    pub(super) fn ca_file(&self) -> Option<&str> {
        self.connection.cacert.as_ref().and_then(|path| path.to_str())
    }

    /// The client certificate and its key, as they were given.
    pub(super) fn client_certificate(&self) -> Option<(String, String)> {
        let path = |path: &Option<std::path::PathBuf>| path.as_ref()?.to_str().map(str::to_owned);
        Some((path(&self.connection.cert)?, path(&self.connection.key)?))
    }

    /// The anchors that the chains were judged by, DER; for a saved look those of `--cacert`, where it is given.
    pub(super) fn anchors(&self) -> Result<Vec<Vec<u8>>> {
        match self.anchors.get() {
            Some(anchors) => Ok(anchors.clone()),
            None => trust::given_anchors(self.connection),
        }
    }

    /// The files of the client certificate and its key, one behind the other.
    pub(super) fn client_certificate_pem(&self) -> Result<Option<String>> {
        let (Some(cert), Some(key)) = (&self.connection.cert, &self.connection.key) else { return Ok(None) };
        let read = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
        Ok(Some(format!("{}\n{}", read(cert)?.trim_end(), read(key)?)))
    }

    /// Looks, saves what was seen where `--save` asks for it, and judges it as of `--at`.
    pub(super) fn snapshot(&self) -> Result<Snapshot> {
        let snapshot = match &self.source {
            Source::File => return self.later(load("--from", self.global.from.as_deref().unwrap_or(Path::new("-")))?),
            Source::Server(target) => self.gather(self.global.deadline, || async { Ok(((**target).clone(), ())) })?,
            #[cfg(feature = "lab")]
            Source::Lab(request) => self.gather(self.global.deadline, || super::practise::target(request))?,
        };
        self.keep(&snapshot)?;
        self.is_where_groups_are(&snapshot)?;
        self.later(snapshot)
    }

    /// What was seen, as of `--at`.
    pub(super) fn later(&self, snapshot: Snapshot) -> Result<Snapshot> {
        judged_at(snapshot, self.global.at)
    }

    /// A group of what is no Sentinel is no finding: the command line contradicts itself.
    fn is_where_groups_are(&self, snapshot: &Snapshot) -> Result<()> {
        let asked = match &self.source {
            Source::Server(target) => &target.group,
            _ => &self.connection.group,
        };
        let (Some(name), Some(topology)) = (asked, snapshot.deployment()) else { return Ok(()) };
        if topology.kind != Kind::Sentinel && self.connection.group.is_some() {
            bail!("--group {name}: a Sentinel has groups, and this is none: {} is what it says", topology.kind);
        }
        Ok(())
    }

    /// `start` gives the target, and what must live as long as the look.
    fn gather<K, F: Future<Output = Result<(Target, K)>>>(
        &self,
        deadline: Duration,
        start: impl FnOnce() -> F,
    ) -> Result<Snapshot> {
        let limits = Limits {
            timeout: self.global.timeout,
            deadline,
            concurrency: usize::from(self.global.concurrency),
            nodes: self.global.max_nodes as usize,
            tls_looks: self.tls_looks,
            idle: self.idle,
            ..Limits::default()
        };
        let runtime = runtime()?;
        let bar = Bar::new(self.global);
        let snapshot = runtime.block_on(async {
            let (mut target, keep) = start().await?;
            target.also.clone_from(&self.also);
            target.detours = self.map.as_ref().map(MapFile::detours);
            let _ = self.anchors.set(target.trust.anchors.clone());
            let probe = Probe::new(target, limits).map_err(anyhow::Error::msg)?;
            let snapshot = probe.gather(|event| bar.tell(event)).await;
            drop(keep);
            anyhow::Ok(snapshot)
        });
        // A resolver that hangs must not hold up the end.
        runtime.shutdown_background();
        snapshot
    }

    /// Another command at the same place.
    pub(super) fn command(&self, command: &str) -> String {
        format!("redis-doctor {command} {}", self.place())
    }

    /// `cert` on a file, for what clients verify at this place; `None` where the place is in more than one piece.
    pub(super) fn judging(&self, file: &str) -> Option<String> {
        let place = self.place();
        let place = place.strip_prefix("--from ").unwrap_or(&place);
        let given = self.connection.cacert.is_some() || self.connection.cacertdir.is_some();
        let ca = if given { "" } else { " --ca ca.crt" };
        (!place.starts_with('-')).then(|| format!("redis-doctor cert {file} --for {place}{ca}"))
    }

    /// `check` through a map, from `endpoint` on where none was given.
    pub(super) fn check_through(&self, endpoint: &Endpoint, map: &Path) -> String {
        let place = self.place();
        let begin = if self.is_placed() { String::new() } else { format!("{endpoint} ") };
        format!("redis-doctor check {begin}{place} --map {}", quoted(&map.display().to_string())).replace("  ", " ")
    }
}

fn names_a_place(connection: &Connection) -> bool {
    let Connection { endpoint, host, port, uri, .. } = connection;
    endpoint.is_some() || host.is_some() || port.is_some() || uri.is_some()
}

/// A runtime for looking: a few threads, since handshakes are arithmetic, and few for the blocking resolver.
pub(super) fn runtime() -> Result<Runtime> {
    // Sockets are what looking takes; more of them than the soft limit allows are had by asking.
    let _ = rlimit::increase_nofile_limit(16_384);
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("starting the runtime")
}
