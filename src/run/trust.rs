//! Certificates and keys, from files: whom to trust, and what the client shows of itself.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{map_file::MapFile, not_pem};
use crate::{
    cli::Connection,
    facts::{ClientIdentity, Secret, Trust, TrustSource},
};

/// Largest PEM file that is read.
const LARGEST_PEM: u64 = 16 << 20;

/// The anchors: a file, a directory, the map's, or the system's store.
pub(super) fn trust(connection: &Connection, map: Option<&MapFile>) -> Result<Trust> {
    if let Some(file) = &connection.cacert {
        let anchors = certificates(file).with_context(|| format!("--cacert {}", file.display()))?;
        return Ok(Trust { label: file.display().to_string(), anchors });
    }
    if let Some(directory) = &connection.cacertdir {
        let context = || format!("--cacertdir {}", directory.display());
        let mut files: Vec<PathBuf> =
            fs::read_dir(directory).with_context(context)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        let mut anchors: Vec<Vec<u8>> = files.iter().filter_map(|file| certificates(file).ok()).flatten().collect();
        anchors.sort();
        anchors.dedup();
        if anchors.is_empty() {
            bail!("--cacertdir {}: no file in it holds a certificate in PEM form", directory.display());
        }
        return Ok(Trust { label: directory.display().to_string(), anchors });
    }
    if let Some(file) = map.and_then(MapFile::ca_file) {
        let anchors = certificates(&file).with_context(|| format!("the map's ca_file {}", file.display()))?;
        return Ok(Trust { label: file.display().to_string(), anchors });
    }
    let found = rustls_native_certs::load_native_certs();
    let anchors = found.certs.into_iter().map(|c| c.to_vec()).collect();
    Ok(Trust { label: TrustSource::SYSTEM.to_owned(), anchors })
}

/// The anchors that were named; none where the system's store is meant.
pub(super) fn given_anchors(connection: &Connection) -> Result<Vec<Vec<u8>>> {
    let named = connection.cacert.is_some() || connection.cacertdir.is_some();
    if named { Ok(trust(connection, None)?.anchors) } else { Ok(Vec::new()) }
}

/// Every certificate of a PEM file; whatever else is in it (comments, a key) is passed over.
fn certificates(file: &Path) -> Result<Vec<Vec<u8>>> {
    let pem = read(file)?;
    let found: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem).filter_map(|c| Some(c.ok()?.to_vec())).collect();
    match not_pem::fault(&pem, found.len(), &file.display().to_string()) {
        Some(fault) => Err(anyhow!(fault)),
        None => Ok(found),
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(LARGEST_PEM).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the client shows of itself.
pub(super) fn identity(connection: &Connection) -> Result<Option<ClientIdentity>> {
    let (Some(cert), Some(key)) = (&connection.cert, &connection.key) else { return Ok(None) };
    let chain = certificates(cert).with_context(|| format!("--cert {}", cert.display()))?;
    let pem = read(key).with_context(|| format!("--key {}", key.display()))?;
    let pem = String::from_utf8(pem).map_err(|_| anyhow!("--key {}: not a PEM file", key.display()))?;
    Ok(Some(ClientIdentity { chain, key_pem: Secret::new(pem), cert_file: cert.clone(), file: key.clone() }))
}
