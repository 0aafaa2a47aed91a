//! `tunnel`: the whole cluster through tunnels, written and proved.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use super::Connection;

/// `tunnel`.
#[derive(Debug, Args)]
pub struct Tunnel {
    /// Where to look; with --check it may be left out, and the cluster is asked through the forwards.
    #[command(flatten)]
    pub connection: Connection,
    /// The kind: spiped, stunnel, ssh … (list tunnels has them all); without a value, one is recommended from what is seen
    #[arg(long, value_name = "KIND", num_args = 0..=1, default_missing_value = "", conflicts_with = "check")]
    pub with: Option<String>,
    /// Write the address map in this client's language, too
    #[arg(long = "for", value_name = "CLIENT", conflicts_with = "check")]
    pub client: Option<String>,
    /// Write a folder with everything for each side, scripts, units and keys included, in place of stdout
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub out: Option<PathBuf>,
    /// Through whom: [USER@]BASTION[:PORT] for ssh; list tunnels says what the others take
    #[arg(long, value_name = "WHO", conflicts_with = "check")]
    pub via: Option<String>,
    /// Where the far ends of pairs run, as the client reaches it [default: each beside its node]
    #[arg(long, value_name = "HOST", conflicts_with = "check")]
    pub server: Option<String>,
    /// The address that the client's ends listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", conflicts_with = "check")]
    pub bind: IpAddr,
    /// What each node gets of its own on the client's side
    #[arg(long, value_name = "LAYOUT", default_value = "ports", conflicts_with = "check")]
    pub listen: Listen,
    /// The most connections that a node may have at once
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "check")]
    pub connections: u32,
    /// Overwrite what an earlier tunnel wrote to the folder; its ports stay, its keys are made anew
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Dial every forward of a map, or of a folder with a map.json, and say which are missing, crossed, or end at a node
    /// that has moved since; - is stdin
    #[arg(long, value_name = "DIR|MAP")]
    pub check: Option<PathBuf>,
}

/// What `--listen` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listen {
    /// A port on one address; clients need the address map
    Ports,
    /// A loopback address under the announced port; with names in the hosts file, no map is needed
    LoopbackAddresses,
    /// The announced address itself, added to lo by root; no map is needed
    Announced,
}
