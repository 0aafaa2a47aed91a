//! `tunnel`: what is written, and what is proved of what was written.

use super::{complain, examined, look::Look, print, shelves::wrapped};
use crate::{
    cli::{self, Cli},
    exit::Exit,
    tunnels,
};

mod check;
mod folder;
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
    let advice = tunnels::recommend::recommend(&snapshot, &report.address_map);
    let text = advice.text(&look.place());
    // Commands stay in one piece, to be pasted.
    let whole = |line: &str| if line.starts_with(' ') { vec![line.to_owned()] } else { wrapped(line, 80) };
    print(&text.lines().flat_map(whole).collect::<Vec<_>>().join("\n"))?;
    if snapshot.deployment().is_some() {
        return Ok(Exit::Well);
    }
    complain(&format!("the endpoint tells no topology{}", write::found(&report)));
    Ok(Exit::Found)
}
