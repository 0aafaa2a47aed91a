//! The folder of a tunnel on disk: nothing is overwritten that was not asked for, and keys are their owner's alone.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use super::made::Maker;
use crate::{
    address_map::written,
    facts::{Endpoint, NodeId},
    tunnels::{
        folder::{Entry, MAP},
        plan::SocketEnd,
    },
};

/// What is written anew as a whole, so that no file of a node that is gone stays behind.
const OURS: [&str; 4] = ["nodes", "keys", "certificates", "systemd"];

/// The local ends that an earlier tunnel in this folder has, by node.
pub(super) fn kept(folder: &Path) -> HashMap<NodeId, SocketEnd> {
    let read = || written::parse(&fs::read(folder.join(MAP)).ok()?).ok();
    let entries = read().map(|map| map.entries).unwrap_or_default();
    let end = |endpoint: &Endpoint| Some(SocketEnd { ip: endpoint.host.ip()?, port: endpoint.port });
    entries.into_iter().filter_map(|entry| Some((entry.node_id?, end(&entry.target)?))).collect()
}

/// Writes all of it.
pub(super) fn write(folder: &Path, entries: &[Entry], force: bool, maker: &mut Maker<'_>) -> Result<()> {
    let there = entries.iter().map(|entry| folder.join(&entry.path)).find(|path| path.exists());
    match there {
        Some(path) if !force => bail!("{} is there already: --force overwrites it", path.display()),
        Some(_) => clear(folder)?,
        None => {}
    }
    for entry in entries {
        let path = folder.join(&entry.path);
        let context = || format!("writing {}", path.display());
        let bytes = maker.bytes(&entry.content)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        put(&path, &bytes, mode(entry)).with_context(context)?;
    }
    Ok(())
}

fn clear(folder: &Path) -> Result<()> {
    for path in ["client", "server"].iter().flat_map(|side| OURS.map(|name| folder.join(side).join(name))) {
        if path.is_dir() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

fn mode(entry: &Entry) -> u32 {
    match (entry.content.is_secret(), entry.runs) {
        (true, _) => 0o600,
        (false, true) => 0o755,
        (false, false) => 0o644,
    }
}

/// A new file in place of the old one: what was readable before does not stay so, and no link is followed.
fn put(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create(path, mode)?.write_all(bytes)
}

#[cfg(unix)]
fn create(path: &Path, mode: u32) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _mode: u32) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
