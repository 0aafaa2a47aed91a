//! `tunnel --with KIND`: from a look to a folder, or to stdout.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::ErrorKind,
    net::{IpAddr, TcpListener},
};

use anyhow::{Result, anyhow, bail};
use serde_json::json;

use super::{
    super::{
        NEUTRAL, complain, emitter, examined, is_sentinel, look::Look, next::quoted, outlook, print, sentinel_map,
        settings,
    },
    folder,
    made::Maker,
};
use crate::{
    cli::{self, Cli, Format, Listen},
    diagnosis::{Finding, Report, Severity},
    emitters::{
        Emitter, Settings,
        sentinel::{self, Watching},
    },
    exit::Exit,
    facts::{Role, Snapshot, Transport},
    tunnels::{
        self, Content, File, Layout, LeftOut, Mode, Plan, Run, Side, Tunnel,
        folder::{Entry, entries},
        plan::Options,
    },
};

/// Plans the tunnel and writes it.
pub(super) fn write(cli: &Cli, asked: &cli::Tunnel, kind: &str) -> Result<Exit> {
    let kind = tunnels::by_id(kind).ok_or_else(|| {
        let known = outlook::nearest(kind, tunnels::ALL.iter().map(|kind| kind.id));
        anyhow!("no tunnel is called \"{kind}\"; --with takes, the nearest first: {known}")
    })?;
    if asked.via.is_some() && kind.via.is_none() {
        bail!("{} goes straight to its other end: --via is for {}", kind.id, through());
    }
    let emitter = asked.client.as_deref().map(emitter).transpose()?;
    let look = Look::prepare(&asked.connection, &cli.global)?;
    let (snapshot, report) = examined(&look, None, &[])?;
    if let Some(finding) = misleads(&report) {
        let first = finding.remedies.iter().flat_map(|remedy| &remedy.lines).next().map_or("", String::as_str);
        bail!("{}: {}; look at a node itself, from where it can be reached: {first}", finding.code, finding.title);
    }
    let anchors = look.anchors()?;
    let plan = plan(asked, kind, &look, &snapshot, &report, !anchors.is_empty())
        .map_err(|why| anyhow!("{why}{}", found(&report)))?;
    let sides = (kind.write)(&plan).map_err(anyhow::Error::msg)?;
    let map = emitter.map(|emitter| client_map(emitter, &plan, &look, &snapshot));
    let library = match (&map, emitter) {
        (Some(Ok(text)), Some(emitter)) => {
            Some((format!("client/address-map.{}", extension(emitter.client)), text.clone()))
        }
        _ => None,
    };
    let via = asked.via.as_ref().map(|via| format!(" --via {}", quoted(via))).unwrap_or_default();
    let again = format!("redis-doctor tunnel {} --with {}{via}{} --force", look.place(), kind.id, super::rest(asked));
    let all = entries(&plan, kind, &sides, library, &again);
    match &asked.out {
        Some(folder) => {
            let identity = look.client_certificate_pem()?;
            folder::write(folder, &all, asked.force, &mut Maker::new(&plan, &anchors, identity))?;
            if cli.global.format == Format::Json {
                print(&machine(kind, &plan, &all))?;
            } else {
                print(&written(&folder.display().to_string(), kind, &plan, &sides))?;
            }
        }
        None if cli.global.format == Format::Json => print(&machine(kind, &plan, &all))?,
        None => print(&page(kind, &sides, &all))?,
    }
    Ok(remarks(&plan, &report, map.and_then(Result::err)))
}

/// Which kinds have somebody to go through.
fn through() -> String {
    let named = tunnels::ALL.iter().filter(|kind| kind.via.is_some()).map(|kind| kind.id);
    named.collect::<Vec<_>>().join(", ")
}

/// The root cause, where there is one: it may be why nothing can be planned.
fn found(report: &Report) -> String {
    worst(report).map(|f| format!(" (found: {}: {})", f.code, f.title)).unwrap_or_default()
}

/// The first finding, where it is worth mentioning.
pub(super) fn worst(report: &Report) -> Option<&Finding> {
    report.findings.first().filter(|finding| finding.severity != Severity::Info)
}

/// What makes everything wrong that would be written from this look: from before a proxy that adds or removes TLS nobody sees
/// what the nodes speak.
pub(super) fn misleads(report: &Report) -> Option<&Finding> {
    worst(report).filter(|finding| finding.code == "proxy-bypass")
}

fn plan(
    asked: &cli::Tunnel,
    kind: &Tunnel,
    look: &Look<'_>,
    snapshot: &Snapshot,
    report: &Report,
    anchors: bool,
) -> Result<Plan, String> {
    let server = asked.server.as_deref().map(|host| host.parse().map_err(|why| format!("--server {host}: {why}")));
    let options = Options {
        via: asked.via.as_deref(),
        server: server.transpose()?,
        bind: asked.bind,
        layout: match asked.listen {
            Listen::Ports => Layout::Ports,
            Listen::LoopbackAddresses => Layout::LoopbackAddresses,
            Listen::Announced => Layout::Announced,
        },
        kept: asked.out.as_deref().map_or_else(HashMap::new, folder::kept),
        in_use: &in_use,
        connections: asked.connections,
        anchors,
        identity: look.client_certificate().is_some(),
    };
    Plan::of(snapshot, &report.address_map, kind, &options)
}

/// Whether somebody listens there already. An address that this machine does not have yet is free.
fn in_use(ip: IpAddr, port: u16) -> bool {
    TcpListener::bind((ip, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// The map for one library; an error is its sentence about what works in its place.
fn client_map(emitter: &Emitter, plan: &Plan, look: &Look<'_>, snapshot: &Snapshot) -> Result<String, String> {
    if !plan.needs_map() {
        return Err(format!("{} needs no map here: what the nodes announce leads into the tunnel", emitter.client));
    }
    let first = plan.nodes.iter().find(|node| node.role == Role::Primary).or(plan.nodes.first());
    let seed = first.ok_or("there is no node")?.local.endpoint();
    let tls = plan.passes_tls();
    let common = settings(look, snapshot, seed);
    let client_certificate = common.client_certificate.filter(|_| tls);
    let settings = Settings { tls, client_certificate, closed: true, ..common };
    if !is_sentinel(snapshot) || emitter.client == NEUTRAL {
        return (emitter.emit)(&plan.address_map(), &settings);
    }
    // Sentinels are nodes of the tunnel, too: the application begins at their local ends.
    let sentinels = plan.nodes.iter().filter(|node| node.role == Role::Sentinel).map(|node| node.local.endpoint());
    let watching = sentinel_map::watching(snapshot, sentinels.collect(), settings)?;
    // Sentinels and servers may speak differently.
    let passes = plan.mode != Mode::Originate;
    let servers = Settings { tls: passes && watching.settings.tls, ..watching.settings };
    let sentinel_tls = passes && snapshot.seed.transport == Transport::Tls;
    sentinel::emit(emitter.client, &plan.address_map(), &Watching { sentinel_tls, settings: servers, ..watching })
}

/// How a client's map is called in its own language.
fn extension(client: &str) -> &'static str {
    match client {
        "node-redis" | "ioredis" => "mjs",
        "redis-py" | "valkey-py" | "valkey-glide" => "py",
        "go-redis" => "go",
        "lettuce" | "jedis" | "redisson" => "java",
        "redis-rs" | "fred" => "rs",
        "stackexchange-redis" => "cs",
        "phpredis" | "predis" => "php",
        "redis-cluster-client" | "redis-rb" => "rb",
        _ => "json",
    }
}

/// Nodes that are listed before the rest is counted.
const LISTED: usize = 12;

/// What was written, and what comes next.
fn written(folder: &str, kind: &Tunnel, plan: &Plan, sides: &[Side]) -> String {
    let nodes = if plan.nodes.len() == 1 { "1 node".to_owned() } else { format!("{} nodes", plan.nodes.len()) };
    let mut text = format!("{folder}: a tunnel to {nodes} by {}\n", kind.id);
    for node in plan.nodes.iter().take(LISTED) {
        let way = if sides.len() > 1 { format!("{} -> {}", node.far, node.inside) } else { node.inside.to_string() };
        let name = node.server_name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        let _ = writeln!(text, "  {:<8} {} -> {way}{name} ({})", node.name(), node.local.endpoint(), node.role);
    }
    if plan.nodes.len() > LISTED {
        let _ =
            writeln!(text, "  and {} more: {folder}/{} has them all", plan.nodes.len() - LISTED, tunnels::folder::MAP);
    }
    let _ = writeln!(text, "TLS: {}", tunnels::folder::verified(plan));
    let _ = write!(
        text,
        "next: {folder}/README says what runs where; then: redis-doctor tunnel --check {}",
        quoted(folder)
    );
    text
}

/// Everything that is typed or pasted, where nothing is written: configurations, commands, the map.
fn page(kind: &Tunnel, sides: &[Side], all: &[Entry]) -> String {
    let mut text = String::new();
    for side in sides {
        let folder = side.end.folder();
        for File { path, content } in &side.files {
            if let Content::Text(body) = content {
                let _ = writeln!(text, "# {folder}/{path}\n{body}");
            }
        }
        let secrets = side.files.iter().filter(|file| !matches!(file.content, Content::Text(_)));
        for alike in secrets.collect::<Vec<_>>().chunk_by(|a, b| how_made(&a.content) == how_made(&b.content)) {
            let [first, last] = [alike.first(), alike.last()].map(|file| file.map_or("", |file| &file.path));
            let paths = if alike.len() == 1 { first.to_owned() } else { format!("{first} to {last}") };
            let _ = writeln!(text, "# {folder}/{paths}: {}", how_made(&alike[0].content));
        }
        let _ = writeln!(text, "# {}, {folder} end: run in {folder}/", kind.id);
        let _ = writeln!(text, "{}\n", commands(&side.run).join("\n"));
    }
    let is_map = |entry: &&Entry| entry.path.starts_with("client/address-map.");
    let map = all.iter().find(is_map).or_else(|| all.iter().find(|entry| entry.path == tunnels::folder::MAP));
    for entry in map.into_iter().chain(all.iter().filter(|entry| entry.path == tunnels::folder::HOSTS)) {
        if let Content::Text(body) = &entry.content {
            let _ = writeln!(text, "# {}\n{body}", entry.path);
        }
    }
    text
}

fn how_made(content: &Content) -> &'static str {
    match content {
        Content::Key(_) => "32 random bytes, the same on both sides, mode 0600 (dd if=/dev/urandom bs=32 count=1)",
        Content::Anchors => "the CA certificates that --cacert names",
        Content::Identity => "the client certificate and its key, mode 0600 (cat CERT KEY)",
        _ => "made by --out DIR",
    }
}

/// Command lines with the values of each node in them.
fn commands(run: &Run) -> Vec<String> {
    let line = |variables: &[(&'static str, String)]| {
        let command = run.command();
        let filled = |word: &String| {
            let word =
                variables.iter().fold(word.clone(), |word, (name, value)| word.replace(&format!("${{{name}}}"), value));
            if word.contains([' ', '[', '*']) { format!("'{word}'") } else { word }
        };
        let words = command.arguments.iter().map(filled);
        std::iter::once(command.program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    };
    match run {
        Run::One(_) => vec![line(&[])],
        Run::Each(_, instances) => instances.iter().map(|instance| line(&instance.variables)).collect(),
    }
}

/// The same for machines: texts without secrets.
fn machine(kind: &Tunnel, plan: &Plan, all: &[Entry]) -> String {
    let file = |entry: &Entry| match &entry.content {
        Content::Text(text) => json!({ "path": entry.path, "text": text }),
        content => json!({ "path": entry.path, "made": how_made(content), "secret": content.is_secret() }),
    };
    let left_out = |out: &LeftOut| json!({ "node_id": out.id, "announced": out.announced, "why": out.why });
    let map: serde_json::Value = serde_json::from_str(&tunnels::folder::map(plan, kind)).unwrap_or_default();
    let whole = json!({
        "format": 1,
        "kind": kind.id,
        "tls": map["tls"],
        "address_map": map["address_map"],
        "left_out": plan.left_out.iter().map(left_out).collect::<Vec<_>>(),
        "files": all.iter().map(file).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

/// Nodes without a tunnel, by the reason.
fn complain_of_those_left_out(left_out: &[LeftOut]) {
    let mut reasons: Vec<(&str, Vec<&LeftOut>)> = Vec::new();
    for out in left_out {
        match reasons.iter_mut().find(|(why, _)| *why == out.why) {
            Some((_, nodes)) => nodes.push(out),
            None => reasons.push((&out.why, vec![out])),
        }
    }
    let other: usize = reasons.iter().skip(LISTED).map(|(_, nodes)| nodes.len()).sum();
    for (why, nodes) in reasons.iter().take(LISTED) {
        let named = nodes.iter().take(LISTED).map(|out| format!("{} ({})", out.announced, out.id.short()));
        let more =
            nodes.len().checked_sub(LISTED + 1).map(|more| format!(" and {} more", more + 1)).unwrap_or_default();
        complain(&format!("no tunnel to {}{more}: {why}", named.collect::<Vec<_>>().join(", ")));
    }
    if other > 0 {
        complain(&format!("and no tunnel to {other} more nodes, for reasons like these"));
    }
}

/// What is not as it should be, on stderr, and how the program ends.
fn remarks(plan: &Plan, report: &Report, no_map: Option<String>) -> Exit {
    complain_of_those_left_out(&plan.left_out);
    let unproved = plan.nodes.iter().filter(|node| !node.proved).count();
    if unproved > 0 {
        complain(&format!(
            "{unproved} of {} nodes were not proved from here{}: prove them with tunnel --check",
            plan.nodes.len(),
            found(report)
        ));
    }
    if plan.mode == Mode::Forward && plan.nodes.iter().any(|node| node.inside.host.is_loopback()) {
        complain("the nodes announce loopback addresses: what --via names has to be the machine that they run on");
    }
    if let Some(node) = plan.nodes.iter().find(|node| !node.local.ip.to_canonical().is_loopback()) {
        complain(&format!("it listens at {}: whoever reaches that address reaches Redis", node.local.ip));
    }
    if plan.mode == Mode::Pair
        && let Some(node) = plan.nodes.iter().find(|node| node.far_listen.ip.is_unspecified())
    {
        complain(&format!(
            "far ends listen at every address of their machine ({}), and serve who has the tunnel's keys: --server with an IP address narrows that",
            node.far_listen.ip
        ));
    }
    let missing = no_map.as_ref().is_some_and(|_| plan.needs_map());
    if let Some(why) = no_map {
        complain(&why);
    }
    if plan.left_out.is_empty() && !missing { Exit::Well } else { Exit::Found }
}
