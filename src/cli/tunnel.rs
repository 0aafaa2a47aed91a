//! `tunnel`: the whole cluster through tunnels, proved.

use std::path::PathBuf;

use clap::Args;

use super::Connection;

/// `tunnel`.
#[derive(Debug, Args)]
pub struct Tunnel {
    /// Where to look; with --check it may be left out, and the cluster is asked through the forwards.
    #[command(flatten)]
    pub connection: Connection,
    /// Dial every forward of a map, or of a folder with a map.json, and say which are missing, crossed, or end at a node
    /// that has moved since; - is stdin
    #[arg(long, value_name = "DIR|MAP")]
    pub check: Option<PathBuf>,
}
