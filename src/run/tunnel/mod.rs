//! `tunnel`: what is written, and what is proved of what was written.

use anyhow::bail;

use crate::{
    cli::{self, Cli},
    exit::Exit,
};

mod check;

/// Does what was asked for.
pub(super) fn run(cli: &Cli, tunnel: &cli::Tunnel) -> anyhow::Result<Exit> {
    match &tunnel.check {
        Some(map) => check::check(cli, tunnel, map),
        None => bail!("say which tunnels to prove: redis-doctor tunnel --check DIR|MAP"),
    }
}
