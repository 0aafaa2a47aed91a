//! A map in a file, in a folder that `tunnel --out` has written, or on stdin.

use std::{
    fs::File,
    io::{Read as _, stdin},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    address_map::written::{self, LARGEST, Written},
    facts::Detours,
};

/// The map in a folder.
const IN_FOLDER: &str = "map.json";

/// A map, and where it was found.
pub(super) struct MapFile {
    /// As it was given; for reports.
    pub(super) label: String,
    /// The folder that was given, where it was one.
    pub(super) folder: Option<PathBuf>,
    /// What it says.
    pub(super) written: Written,
    /// What its own paths are relative to.
    beside: PathBuf,
}

impl MapFile {
    /// Reads it; `flag` is the option that named it.
    pub(super) fn read(flag: &str, given: &Path) -> anyhow::Result<Self> {
        let folder = given.is_dir().then(|| given.to_path_buf());
        let file = folder.as_ref().map_or_else(|| given.to_path_buf(), |folder| folder.join(IN_FOLDER));
        let label = if given == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
        let written = parsed(&file).with_context(|| format!("{flag} {label}"))?;
        let beside = file.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(MapFile { label, folder, written, beside })
    }

    /// Where clients that have it go.
    pub(super) fn detours(&self) -> Detours {
        self.written.detours(&self.label)
    }

    /// The CA certificates that it names.
    pub(super) fn ca_file(&self) -> Option<PathBuf> {
        self.written.ca_file.as_ref().map(|file| self.beside.join(file))
    }
}

/// What is in a file, or on stdin: at most one byte more than may be in it, so that too much is noticed.
pub(super) fn parsed(file: &Path) -> anyhow::Result<Written> {
    let most = LARGEST as u64 + 1;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(written::parse(&bytes)?)
}
