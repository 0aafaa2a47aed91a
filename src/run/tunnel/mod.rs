//! `tunnel`: what is written, and what is proved of what was written.

use crate::{
    cli::{self, Cli},
    exit::Exit,
};

mod check;
mod folder;
mod made;
mod write;

/// Does what was asked for.
pub(super) fn run(cli: &Cli, tunnel: &cli::Tunnel) -> anyhow::Result<Exit> {
    match (&tunnel.check, tunnel.with.as_deref()) {
        (Some(map), _) => check::check(cli, tunnel, map),
        (None, None | Some("")) => anyhow::bail!("say which: redis-doctor tunnel ENDPOINT --with KIND"),
        (None, Some(kind)) => write::write(cli, tunnel, kind),
    }
}
