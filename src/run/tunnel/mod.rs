//! `tunnel`: what is written, and what is proved of what was written.

use serde_json::json;

use super::{examined, look::Look, next::quoted, print, screen::Screen, shelves::wrapped};
use crate::{
    cli::{self, Cli, Format},
    exit::Exit,
    tunnels::{self, recommend::Recommendation},
};

mod check;
mod folder;
mod log;
mod made;
mod write;

/// Does what was asked for.
pub(super) fn run(cli: &Cli, tunnel: &cli::Tunnel) -> anyhow::Result<Exit> {
    match (&tunnel.check, tunnel.with.as_deref()) {
        (Some(map), _) => check::check(cli, tunnel, map),
        (None, None | Some("")) => recommend(cli, tunnel),
        (None, Some(kind)) => write::write(cli, tunnel, kind),
    }
}

/// Says which kinds fit, and writes nothing.
fn recommend(cli: &Cli, tunnel: &cli::Tunnel) -> anyhow::Result<Exit> {
    let look = Look::prepare(&tunnel.connection, &cli.global)?;
    let (snapshot, report) = examined(&look, None, &[])?;
    let mut advice = tunnels::recommend::recommend(&snapshot, &report.address_map);
    if write::misleads(&report).is_some() {
        advice.all.clear();
    }
    let found = write::worst(&report).map(|finding| format!("{}: {}", finding.code, finding.title));
    let (place, rest) = (look.place(), rest(tunnel));
    if cli.global.format == Format::Json {
        let kind = |one: &Recommendation| json!({ "kind": one.kind, "why": one.why, "command": advice.command(one, &place, &rest) });
        let all: Vec<_> = advice.all.iter().map(kind).collect();
        print(&format!("{:#}", json!({ "format": 1, "seen": advice.seen, "found": found, "recommended": all })))?;
    } else {
        let width = Screen::of_stdout(&cli.global).style.width.clamp(40, WIDEST);
        // Commands stay in one piece, to be pasted.
        let whole = |line: &str| if line.starts_with(' ') { vec![line.to_owned()] } else { wrapped(line, width) };
        let text = advice.text(&place, &rest, found.as_deref());
        print(&text.lines().flat_map(whole).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(if snapshot.deployment().is_some() { Exit::Well } else { Exit::Found })
}

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// What else was asked for, as it is written on the command line.
fn rest(asked: &cli::Tunnel) -> String {
    let layout = match asked.listen {
        cli::Listen::Ports => None,
        cli::Listen::LoopbackAddresses => Some("loopback-addresses".to_owned()),
        cli::Listen::Announced => Some("announced".to_owned()),
    };
    let out = asked.out.as_ref().map_or_else(|| "tunnel".to_owned(), |out| out.display().to_string());
    let words = [
        ("for", asked.client.clone()),
        ("server", asked.server.clone()),
        ("bind", (!asked.bind.is_loopback()).then(|| asked.bind.to_string())),
        ("listen", layout),
        ("connections", (asked.connections != 1000).then(|| asked.connections.to_string())),
        ("out", Some(out)),
    ];
    words.into_iter().filter_map(|(flag, value)| Some(format!(" --{flag} {}", quoted(&value?)))).collect()
}
