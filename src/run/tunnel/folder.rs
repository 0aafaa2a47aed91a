//! The folder of a tunnel on disk: nothing is overwritten that was not asked for, and keys are their owner's alone.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{super::map_file, made::Maker};
use crate::{
    address_map::written::Written,
    facts::{Endpoint, NodeId},
    tunnels::{
        folder::{Entry, MAP},
        plan::SocketEnd,
    },
};

/// The local ends that an earlier tunnel in this folder has, by node.
pub(super) fn kept(folder: &Path) -> HashMap<NodeId, SocketEnd> {
    let entries = earlier(folder).map(|map| map.entries).unwrap_or_default();
    let end = |endpoint: &Endpoint| Some(SocketEnd { ip: endpoint.host.ip()?, port: endpoint.port });
    entries.into_iter().filter_map(|entry| Some((entry.node_id?, end(&entry.target)?))).collect()
}

/// The map of an earlier tunnel.
fn earlier(folder: &Path) -> Option<Written> {
    let file = folder.join(MAP);
    if file.is_file() { map_file::parsed(&file).ok() } else { None }
}

/// Writes all of it, or nothing where something is in the way.
pub(super) fn write(folder: &Path, entries: &[Entry], force: bool, maker: &mut Maker<'_>) -> Result<()> {
    let folders = Folders::of(folder, entries);
    folders.refuse_strange()?;
    for path in entries.iter().map(|entry| folder.join(&entry.path)) {
        match path.symlink_metadata() {
            Ok(_) if !force => bail!("{} is there already: --force overwrites it", path.display()),
            Ok(found) if found.is_dir() => bail!("{} is a folder, where a file is to be written", path.display()),
            _ => {}
        }
    }
    let made = entries.iter().map(|entry| maker.bytes(&entry.content)).collect::<Result<Vec<_>>>()?;
    if earlier(folder).is_some() {
        clear(folder)?;
    }
    folders.make()?;
    for (entry, bytes) in entries.iter().zip(made) {
        let path = folder.join(&entry.path);
        put(&path, &bytes, mode(entry)).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The folders that files go to, each after the one that it is in, and whether keys are in it.
struct Folders(Vec<(PathBuf, bool)>);

impl Folders {
    fn of(folder: &Path, entries: &[Entry]) -> Self {
        let parent = |entry: &Entry| folder.join(&entry.path).parent().map(Path::to_path_buf);
        let secret: BTreeSet<PathBuf> =
            entries.iter().filter(|entry| entry.content.is_secret()).filter_map(parent).collect();
        let below = |path: PathBuf| path.ancestors().map(Path::to_path_buf).collect::<Vec<_>>();
        let all: BTreeSet<PathBuf> = entries.iter().filter_map(parent).flat_map(below).collect();
        let ours = all.into_iter().filter(|path| path.starts_with(folder));
        Folders(ours.map(|path| (path.clone(), secret.contains(&path))).collect())
    }

    /// Nothing is written through a link, or where everybody may put another script in the place of ours.
    fn refuse_strange(&self) -> Result<()> {
        for (n, (path, _)) in self.0.iter().enumerate() {
            // The folder itself may be a link: that is who gave it.
            let found = if n == 0 { path.metadata() } else { path.symlink_metadata() };
            match found {
                Ok(found) if !found.is_dir() => bail!("{} is no folder, or a link to one", path.display()),
                Ok(found) if is_everybodys(&found) => {
                    bail!("{} may be written to by everybody, so that no key or script is safe in it", path.display())
                }
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| path.display().to_string());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn make(&self) -> Result<()> {
        for (path, secret) in &self.0 {
            make(path, if *secret { 0o700 } else { 0o755 }).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// What an earlier tunnel has left: files of nodes that are gone, or of another kind. `run` and what others have put there,
/// such as known hosts, stay.
fn clear(folder: &Path) -> Result<()> {
    let sides = ["client", "server"].map(|side| folder.join(side));
    let places =
        sides.iter().flat_map(|side| ["", "nodes", "keys", "certificates", "systemd"].map(|name| side.join(name)));
    for file in places.filter_map(|place| fs::read_dir(place).ok()).flatten().flatten() {
        let is_file = file.file_type().is_ok_and(|kind| !kind.is_dir());
        if is_file && file.file_name().to_str().is_some_and(is_ours) {
            fs::remove_file(file.path()).with_context(|| format!("removing {}", file.path().display()))?;
        }
    }
    Ok(())
}

/// Names that tunnels' files have.
fn is_ours(name: &str) -> bool {
    let of_node = |rest: &str| {
        let (number, extension) = rest.split_once('.').unwrap_or((rest, ""));
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        is_number && ["env", "key", "pem", "conf", "cfg", "json"].contains(&extension)
    };
    name.strip_prefix("node-").is_some_and(of_node)
        || (name.starts_with("redis-tunnel") && name.ends_with(".service"))
        || name.starts_with("address-map.")
        || OURS.contains(&name)
}

const OURS: [&str; 13] = [
    "start",
    "stop",
    "hosts",
    "forward",
    "ssh_config",
    "stunnel.conf",
    "haproxy.cfg",
    "nginx.conf",
    "envoy.json",
    "ca.pem",
    "client.pem",
    "tunnel-ca.pem",
    "tunnel-client.pem",
];

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
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
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

/// A folder, and those that it is in; one that is there already is closed to others where keys come into it.
#[cfg(unix)]
fn make(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    if mode == 0o700 { fs::set_permissions(path, fs::Permissions::from_mode(mode)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn make(path: &Path, _mode: u32) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

#[cfg(unix)]
fn is_everybodys(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o002 != 0
}

#[cfg(not(unix))]
fn is_everybodys(_found: &fs::Metadata) -> bool {
    false
}
