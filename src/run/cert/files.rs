//! The files of `cert`: certificates and bundles, PEM or DER, or stdin.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    cli::Cert,
    wire::bundle::{Bundle, bundle},
};

/// Largest file that is read.
const LARGEST: u64 = 16 << 20;

/// What `--ca` (or `--cacert`, `--cacertdir`) names; `None` where the system's store is meant.
pub(super) fn anchors(asked: &Cert) -> Result<Option<Vec<Vec<u8>>>> {
    let connection = &asked.connection;
    let named: Vec<&PathBuf> = asked.ca.iter().chain(&connection.cacert).chain(&connection.cacertdir).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let mut anchors = Vec::new();
    for path in named {
        let found = if path.is_dir() { directory(path) } else { file(path).map(|found| found.certificates) };
        anchors.extend(found.with_context(|| format!("--ca {}", path.display()))?);
    }
    Ok(Some(anchors))
}

/// The system's trust store.
pub(super) fn system_anchors() -> Vec<Vec<u8>> {
    rustls_native_certs::load_native_certs().certs.into_iter().map(|c| c.to_vec()).collect()
}

/// Every certificate in the files of a directory, each once: the links of `c_rehash` lead to others of them.
fn directory(path: &Path) -> Result<Vec<Vec<u8>>> {
    let mut files: Vec<PathBuf> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut found: Vec<Vec<u8>> = Vec::new();
    for certificate in files.iter().filter_map(|path| file(path).ok()).flat_map(|file| file.certificates) {
        if !found.contains(&certificate) {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        bail!("no file in it holds a certificate");
    }
    Ok(found)
}

/// The certificates of a file, or of stdin for `-`; never none.
pub(super) fn file(path: &Path) -> Result<Bundle> {
    let found = bundle(&read(path)?);
    if found.certificates.is_empty() {
        bail!("{}", instead(&found));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(fs::File::open(path)?) };
    source.by_ref().take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        bail!("it is larger than {LARGEST} bytes");
    }
    Ok(bytes)
}

/// What is in a file in place of a certificate.
fn instead(found: &Bundle) -> String {
    match found.others.first() {
        _ if found.damaged > 0 => "the certificate in it is cut off, or no base64".to_owned(),
        Some(label) => format!("no certificate is in it, but a {}", label.to_lowercase()),
        None => "no certificate is in it, neither PEM (-----BEGIN CERTIFICATE-----) nor DER".to_owned(),
    }
}
