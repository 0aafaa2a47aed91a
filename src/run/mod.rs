//! Does what the command line says: files, streams, the terminal, the exit code.

#![expect(clippy::disallowed_methods, reason = "the shell: files, streams, the environment and waiting are its work")]

mod ca_request;
mod cert;
mod credentials;
mod explain;
mod later;
mod look;
mod map_file;
mod next;
mod not_pem;
mod outlook;
mod practise;
mod saved;
mod screen;
mod sentinel_map;
mod sentinel_url;
mod shelves;
mod target;
mod trust;
mod tunnel;
mod written_map;

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use crate::{
    address_map::{AddressMap, Mapping},
    checks,
    cli::{self, Cli, Command, Expect, FailOn, Format},
    diagnosis::{Context, Finding, Report, Severity, examine},
    emitters::{self, Emitter, Settings},
    exit::Exit,
    facts::{Attempt, Endpoint, Kind, Snapshot, Transport},
    names::{self, Speaks},
    render::{self, Page},
};
use look::Look;
use next::Next;
use screen::Screen;

/// Runs one command.
///
/// # Errors
/// What keeps redis-doctor from doing its work: bad arguments, unreadable files. What is wrong with the servers is a report.
pub fn run(cli: &Cli) -> Result<Exit> {
    match &cli.command {
        Command::Check(check) => run_check(cli, check),
        Command::Topology(topology) => run_topology(cli, topology),
        Command::TlsCheck(tls) => {
            let look = Look::prepare(&tls.connection, &cli.global)?.at_length();
            let (snapshot, report) = examined(&look, None, &[])?;
            show(cli, &look, &snapshot, &report, render::tls)
        }
        Command::Cert(asked) => cert::run(cli, asked),
        Command::AddressMap(map) => match &map.check {
            Some(file) => written_map::check(cli, map, file),
            None => run_address_map(cli, map),
        },
        Command::CaRequest(request) => ca_request::run(cli, request),
        Command::Tunnel(tunnel) => tunnel::run(cli, tunnel),
        Command::Clients(clients) => outlook::run(cli, clients),
        Command::Explain { what } => print(&explain::explain(what.as_deref())?).map(|()| Exit::Well),
        Command::List { what } => print(&shelves::list(*what)).map(|()| Exit::Well),
        #[cfg(feature = "lab")]
        Command::Lab { scene, ca_out } => practise::keep_running(scene, ca_out.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut cli::command(), "redis-doctor", &mut script);
            print(&String::from_utf8_lossy(&script)).map(|()| Exit::Well)
        }
    }
}

/// Says on stderr why the work could not be done: one line, what and the way out.
pub fn complain(what: &str) {
    let _ = writeln!(io::stderr(), "redis-doctor: {}", render::escape_terminal(what));
}

fn run_check(cli: &Cli, check: &cli::Check) -> Result<Exit> {
    let look = Look::prepare(&check.connection, &cli.global)?.idly(check.idle);
    let until = check.wait.map(|wait| Instant::now() + wait);
    let mut pause = Duration::from_millis(250);
    let (snapshot, report) = loop {
        let (snapshot, report) = examined(&look, check.expect, &check.ignore)?;
        let left = until.and_then(|until| until.checked_duration_since(Instant::now())).unwrap_or_default();
        if look.is_saved() || left.is_zero() || !may_heal(&report) {
            break (snapshot, report);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_secs(5));
    };
    if cli.global.format == Format::Github {
        step_summary(cli, &look, &snapshot, &report)?;
    }
    show(cli, &look, &snapshot, &report, render::table)
}

/// True when what is wrong may mend itself while servers start. Where a way to the nodes was proved, they have started.
fn may_heal(report: &Report) -> bool {
    let worst = report.findings.iter().find(|f| f.severity == Severity::Error);
    worst.is_some_and(|worst| worst.transient && worst.remedies.iter().all(|remedy| remedy.proof.is_none()))
}

fn run_topology(cli: &Cli, topology: &cli::Topology) -> Result<Exit> {
    let look = Look::prepare(&topology.connection, &cli.global)?;
    let (snapshot, report) = examined(&look, None, &[])?;
    match topology.draw {
        Some(language) => {
            print(&on_page(
                cli,
                &look,
                &snapshot,
                &report,
                match language {
                    cli::Drawing::Dot => render::dot,
                    cli::Drawing::Mermaid => render::mermaid,
                },
            ))?;
            Ok(exit(cli.global.fail_on, &report))
        }
        None => show(cli, &look, &snapshot, &report, render::topology),
    }
}

fn run_address_map(cli: &Cli, map: &cli::AddressMap) -> Result<Exit> {
    let emitter = emitter(&map.client)?;
    let look = Look::prepare(&map.connection, &cli.global)?;
    let (snapshot, report) = examined(&look, None, &[])?;
    if cli.global.format == Format::Json {
        return show(cli, &look, &snapshot, &report, render::table);
    }
    let settings = Settings {
        server_name: snapshot.target.server_name.clone(),
        ..settings(&look, &snapshot, beginning(&snapshot, &report.address_map).clone())
    };
    let written = if is_sentinel(&snapshot) && emitter.client != NEUTRAL {
        sentinel_map::emit(emitter.client, &look, &snapshot, &report)?
    } else {
        (emitter.emit)(&report.address_map, &settings)
    };
    match written {
        Ok(text) => {
            let missing = &report.address_map.unmapped;
            print(&text)?;
            for node in missing {
                complain(&format!("not in the map: {} ({}): {}", node.announced, node.node_id.short(), node.why));
            }
            Ok(if missing.is_empty() { Exit::Well } else { Exit::Found })
        }
        Err(why) => {
            let well = exit(cli.global.fail_on, &report) == Exit::Well;
            let worst =
                report.findings.first().map(|f| format!(" (found: {}: {})", f.code, f.title)).unwrap_or_default();
            let why = if snapshot.deployment().is_some() { why } else { UNKNOWN.to_owned() };
            complain(&format!("{why}{worst}"));
            Ok(if well { Exit::Well } else { Exit::Found })
        }
    }
}

/// The emitter that `--for` names.
fn emitter(client: &str) -> Result<&'static Emitter> {
    emitters::by_client(client).with_context(|| {
        let known = outlook::nearest(client, emitters::ALL.iter().map(|e| e.client));
        format!("no map can be written for \"{client}\"; --for takes, the nearest first: {known}")
    })
}

/// What was asked for and seen, as an application is configured that begins at `seed`.
fn settings(look: &Look<'_>, snapshot: &Snapshot, seed: Endpoint) -> Settings {
    Settings {
        seed,
        tls: snapshot.seed.transport == Transport::Tls,
        ca_file: look.ca_file().map(str::to_owned),
        username: snapshot.target.username.clone(),
        password: snapshot.target.password_given,
        server_name: None,
        client_certificate: look.client_certificate(),
        closed: false,
    }
}

/// Why there is no map where nobody told of any node.
const UNKNOWN: &str = "no map can be written: the endpoint does not tell which nodes there are";

/// The form of a map that is no client's.
const NEUTRAL: &str = "json";

fn is_sentinel(snapshot: &Snapshot) -> bool {
    snapshot.deployment().is_some_and(|topology| topology.kind == Kind::Sentinel)
}

/// Where an application begins: at the endpoint that the user gave, and where its certificate speaks for others only, at
/// a node that verifies as what is dialled.
fn beginning<'a>(snapshot: &'a Snapshot, map: &'a AddressMap) -> &'a Endpoint {
    let given = &snapshot.target.endpoint;
    let itself = |mapping: &&Mapping| mapping.server_name == mapping.reachable.host;
    match name_ok(snapshot, &snapshot.seed) {
        Some(false) => map.mappings.iter().find(itself).map_or(given, |mapping| &mapping.reachable),
        _ => given,
    }
}

/// Looks (or loads) and examines; `--ignore` takes out what is known.
fn examined(look: &Look<'_>, expect: Option<Expect>, ignore: &[String]) -> Result<(Snapshot, Report)> {
    let ignored: Vec<Ignored<'_>> = ignore.iter().map(|text| Ignored::parse(text)).collect::<Result<_>>()?;
    let snapshot = look.snapshot()?;
    let context = Context::new(&snapshot, expect.map(Kind::from)).in_role(expect.and_then(Expect::role));
    let mut report = examine(&context, checks::ALL);
    let (general, here) = (context.ca_request(), look.command("ca-request"));
    for finding in &mut report.findings {
        // A remedy knows the endpoint alone; pasted, the command has to come to the same place.
        let lines = finding.remedies.iter_mut().flat_map(|remedy| &mut remedy.lines);
        lines.filter(|line| **line == general).for_each(|line| line.clone_from(&here));
        let before = finding.subjects.len();
        let finding_code = finding.code;
        finding.subjects.retain(|s| !ignored.iter().any(|i| i.covers(finding_code, s)));
        report.ignored += usize::from(finding.subjects.is_empty() && before > 0);
    }
    report.findings.retain(|f: &Finding| !f.subjects.is_empty());
    Ok((snapshot, report))
}

/// `CODE` or `CODE=NODE`.
struct Ignored<'a> {
    code: &'a str,
    node: Option<&'a str>,
}

impl<'a> Ignored<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let (code, node) = text.split_once('=').map_or((text, None), |(code, node)| (code, Some(node)));
        checks::by_code(code).with_context(|| format!("--ignore {code}: {}", shelves::unknown_code(code)))?;
        Ok(Ignored { code, node })
    }

    fn covers(&self, code: &str, subject: &crate::diagnosis::Subject) -> bool {
        let this_node = |node: &str| {
            let by_id = subject.id.as_ref().is_some_and(|id| node.len() >= 6 && id.as_str().starts_with(node));
            subject.address == node || by_id
        };
        self.code == code && self.node.is_none_or(this_node)
    }
}

/// Prints a report in the format that was asked for, and says how the program ends.
fn show(
    cli: &Cli,
    look: &Look<'_>,
    snapshot: &Snapshot,
    report: &Report,
    table: fn(&Page<'_>, &render::Style) -> String,
) -> Result<Exit> {
    print(&on_page(cli, look, snapshot, report, |page| in_format(cli, page, table)))?;
    Ok(exit(cli.global.fail_on, report))
}

/// A page in the format that was asked for; `table` makes it a screen.
fn in_format(cli: &Cli, page: &Page<'_>, table: fn(&Page<'_>, &render::Style) -> String) -> String {
    match cli.global.format {
        Format::Table => table(page, &Screen::of_stdout(&cli.global).style),
        Format::Json => render::json(page),
        Format::Github => render::github(page),
    }
}

/// Appends to the file that GitHub Actions names.
fn step_summary(cli: &Cli, look: &Look<'_>, snapshot: &Snapshot, report: &Report) -> Result<()> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|f| !f.is_empty()) else { return Ok(()) };
    let text = on_page(cli, look, snapshot, report, render::step_summary);
    let open = std::fs::OpenOptions::new().append(true).create(true).open(&file);
    let mut open = open.with_context(|| format!("GITHUB_STEP_SUMMARY names {}", file.display()))?;
    open.write_all(text.as_bytes()).context("writing the step summary")
}

/// Hands everything that a renderer shows to it.
fn on_page(
    cli: &Cli,
    look: &Look<'_>,
    snapshot: &Snapshot,
    report: &Report,
    renderer: impl Fn(&Page<'_>) -> String,
) -> String {
    let exit = exit(cli.global.fail_on, report).code();
    let Next { command, note } = look.next(report, is_sentinel(snapshot));
    let name_ok = |attempt: &Attempt| name_ok(snapshot, attempt);
    renderer(&Page { snapshot, report, exit, next: &command, note: &note, name_ok: &name_ok, outlooks: &[] })
}

/// Whether the certificate of an attempt speaks for the host that a client verifies there.
fn name_ok(snapshot: &Snapshot, attempt: &Attempt) -> Option<bool> {
    let chain = snapshot.chain(attempt)?;
    let fixed = snapshot.target.server_name.as_ref();
    let first = || attempt.candidates.first().map(|(_, endpoint)| &endpoint.host);
    let host = attempt.named.as_ref().or(fixed).or_else(first)?;
    Some(names::speaks_for(&chain.leaf, host) == Speaks::Yes)
}

fn exit(fail_on: FailOn, report: &Report) -> Exit {
    let line = match fail_on {
        FailOn::Never => return Exit::Well,
        FailOn::Warning => Severity::Warning,
        FailOn::Error => Severity::Error,
    };
    if report.worst().is_some_and(|worst| worst <= line) { Exit::Found } else { Exit::Well }
}

/// Writes to stdout. A reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<()> {
    let mut line = String::with_capacity(text.len() + 1);
    let _ = write!(line, "{text}");
    if !line.ends_with('\n') {
        line.push('\n');
    }
    let mut out = io::stdout().lock();
    match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing to stdout"),
        _ => Ok(()),
    }
}
