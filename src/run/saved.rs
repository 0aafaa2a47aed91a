//! Snapshots in files.

use std::{fs, io::Read as _, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::facts::{SNAPSHOT_FORMAT, Snapshot};

/// Most bytes of a snapshot that are read.
const LARGEST_SNAPSHOT: u64 = 256 << 20;

/// Writes what was seen to the file of `--save`.
pub(super) fn save(snapshot: &Snapshot, file: &Path) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(snapshot).context("writing the snapshot")?;
    text.push(b'\n');
    fs::write(file, text).with_context(|| format!("--save {}", file.display()))
}

/// The one field that every format has.
#[derive(serde::Deserialize)]
struct Envelope {
    format: u32,
}

/// Reads what was seen from the file that an option (`--from`) names.
pub(super) fn load(option: &str, file: &Path) -> Result<Snapshot> {
    let name = file.display();
    let mut text = Vec::new();
    // A pipe or a device does not say how much will come of it.
    let read = fs::File::open(file).and_then(|file| file.take(LARGEST_SNAPSHOT + 1).read_to_end(&mut text));
    read.with_context(|| format!("{option} {name}"))?;
    if text.len() as u64 > LARGEST_SNAPSHOT {
        bail!("{option} {name}: more than {LARGEST_SNAPSHOT} bytes are more than a snapshot can have");
    }
    let envelope: Envelope = serde_json::from_slice(&text).with_context(|| {
        format!("{option} {name}: not a snapshot (redis-doctor check ENDPOINT --save FILE writes one)")
    })?;
    if envelope.format != SNAPSHOT_FORMAT {
        bail!(
            "{option} {name}: snapshot format {}, and this redis-doctor reads format {SNAPSHOT_FORMAT}: use the version that saved it, or look again",
            envelope.format
        );
    }
    let snapshot: Snapshot =
        serde_json::from_slice(&text).with_context(|| format!("{option} {name}: the snapshot is damaged"))?;
    snapshot.check().map_err(|why| anyhow::anyhow!("{option} {name}: the snapshot is damaged: {why}"))?;
    Ok(snapshot)
}
