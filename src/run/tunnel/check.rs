//! `tunnel --check`: dials every forward of a map, and says who answers behind it.

use std::path::Path;

use anyhow::bail;

use crate::{
    cli::{self, Cli},
    exit::Exit,
};

/// Judges the forwards of `map`.
pub(super) fn check(_cli: &Cli, _tunnel: &cli::Tunnel, map: &Path) -> anyhow::Result<Exit> {
    bail!("--check {}: not understood yet", map.display())
}
