//! The files of `cert`: certificates and bundles, PEM or DER, or stdin.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{line::CHAIN, trusted::Trusted};
use crate::{
    cli::{Cert, without_credentials},
    facts::Limits,
    wire::bundle::{Bundle, bundle},
};

/// Largest file that is read.
const LARGEST: u64 = 16 << 20;

/// What a server sends, and how the files are called.
pub(super) struct Sent {
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) label: String,
}

/// What is trusted, file by file.
pub(super) struct Trust {
    files: Vec<(String, Bundle)>,
    pub(super) label: String,
    /// What was odd about the files.
    pub(super) remarks: Vec<String>,
}

impl Trust {
    /// All of it, in the order of the files.
    pub(super) fn all(&self) -> Bundle {
        let mut all = Bundle::default();
        let of_today = |found: &Bundle| found.of_today.clone().unwrap_or_else(|| found.certificates.clone());
        if self.files.iter().any(|(_, found)| found.of_today.is_some()) {
            all.of_today = Some(self.files.iter().flat_map(|(_, found)| of_today(found)).collect());
        }
        all.certificates = self.files.iter().flat_map(|(_, found)| &found.certificates).cloned().collect();
        all
    }

    /// What a chain is judged by; a remark is left on what is none.
    ///
    /// # Errors
    /// Where nothing that was named is a certificate.
    pub(super) fn read(&mut self, limits: &Limits) -> Result<Trusted> {
        let all = self.all();
        let offered = all.certificates.len();
        let trusted = Trusted::of(all, limits);
        let useless = offered - trusted.certificates.len();
        if useless > 0 && useless == offered {
            bail!("--ca {}: what is in it are no certificates", self.label);
        }
        if useless > 0 {
            self.remarks.push(format!("{}: {useless} of {offered} are no certificates; left out", self.label));
        }
        Ok(trusted)
    }

    /// The file in which a certificate stands.
    pub(super) fn file_of(&self, der: &[u8]) -> Option<&str> {
        let holds = |found: &Bundle| found.certificates.iter().any(|certificate| certificate == der);
        self.files.iter().find(|(_, found)| holds(found)).map(|(file, _)| file.as_str())
    }
}

/// The chain: each FILE, then each `--chain`.
pub(super) fn sent(asked: &Cert) -> Result<Sent> {
    let files: Vec<&Path> = asked.files().map(Path::new).collect();
    let mut certificates = Vec::new();
    for path in files.iter().copied().chain(asked.chain.iter().map(PathBuf::as_path)) {
        let name = path.display();
        let found = file(path).with_context(|| not_a_file(path).unwrap_or_else(|| name.to_string()))?;
        if found.damaged > 0 {
            bail!("{name}: {} of its certificates cut off, or no base64", found.damaged);
        }
        certificates.extend(found.certificates);
    }
    if certificates.len() > CHAIN {
        bail!("{} certificates are no chain; --ca takes bundles of what is trusted", certificates.len());
    }
    let label = files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(Sent { certificates, label })
}

/// An endpoint in place of a file.
fn not_a_file(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| text.contains("://"))?;
    let place = without_credentials(text);
    Some(format!(
        "{place} is no file: redis-doctor tls-check {place} looks at a server, and --for {place} judges a file for it"
    ))
}

/// Whether anchors are named at all.
pub(super) fn names_anchors(asked: &Cert) -> bool {
    let connection = &asked.connection;
    !asked.ca.is_empty() || connection.cacert.is_some() || connection.cacertdir.is_some()
}

/// What `--ca` (or `--cacert`, `--cacertdir`) names, else the system's store.
pub(super) fn anchors(asked: &Cert) -> Result<Trust> {
    if !names_anchors(asked) {
        let label = "the system's trust store".to_owned();
        return Ok(Trust { files: vec![(label.clone(), system_anchors())], label, remarks: Vec::new() });
    }
    let connection = &asked.connection;
    let named: Vec<&PathBuf> = asked.ca.iter().chain(&connection.cacert).chain(&connection.cacertdir).collect();
    let label = named.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let mut trust = Trust { files: Vec::new(), label, remarks: Vec::new() };
    for path in named {
        let name = path.display().to_string();
        let found = if path.is_dir() { directory(path) } else { file(path).map(|found| vec![(name.clone(), found)]) };
        for (file, found) in found.with_context(|| format!("--ca {name}"))? {
            if found.damaged > 0 {
                trust.remarks.push(format!("{file}: {} certificates cut off, or no base64; left out", found.damaged));
            }
            if found.of_today.is_some() {
                trust.remarks.push(format!("{file}: Go and rustls do not read what stands under X509 CERTIFICATE"));
            }
            trust.files.push((file, found));
        }
    }
    Ok(trust)
}

/// The system's trust store.
pub(super) fn system_anchors() -> Bundle {
    let certificates = rustls_native_certs::load_native_certs().certs.into_iter().map(|c| c.to_vec()).collect();
    Bundle { certificates, ..Bundle::default() }
}

/// The files of a directory that hold certificates; of several with the same ones, such as the links of `c_rehash`, the first.
fn directory(path: &Path) -> Result<Vec<(String, Bundle)>> {
    let mut files: Vec<PathBuf> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut found: Vec<(String, Bundle)> = Vec::new();
    for path in files.iter().filter(|path| path.is_file()) {
        let Ok(bundle) = file(path) else { continue };
        if !found.iter().any(|(_, known)| known.certificates == bundle.certificates) {
            found.push((path.display().to_string(), bundle));
        }
    }
    if found.is_empty() {
        bail!("no file in it holds a certificate");
    }
    Ok(found)
}

/// The certificates of a file, or of stdin for `-`; never none.
fn file(path: &Path) -> Result<Bundle> {
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
