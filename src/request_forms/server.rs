//! What goes into redis.conf with a certificate, and how a running server is made to load it.

use super::Sheet;
use crate::{facts::Kind, request::Naming};

/// Where the files of a certificate are, on the server.
pub(super) struct Files {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) anchors: String,
}

impl Files {
    /// Where they may be put.
    pub(super) fn in_folder(stem: &str) -> Self {
        let file = |name: &str| format!("/etc/redis/tls/{name}");
        Files { certificate: file(&format!("{stem}.crt")), key: file(&format!("{stem}.key")), anchors: file("ca.crt") }
    }

    /// As cert-manager names them in a Secret, mounted there.
    pub(super) fn mounted() -> Self {
        let file = |name: &str| format!("/tls/{name}");
        Files { certificate: file("tls.crt"), key: file("tls.key"), anchors: file("ca.crt") }
    }

    fn settings(&self) -> [(&'static str, &str); 3] {
        [("tls-cert-file", &self.certificate), ("tls-key-file", &self.key), ("tls-ca-cert-file", &self.anchors)]
    }
}

/// Lines of redis.conf.
pub(super) fn configuration(sheet: &Sheet<'_>, files: &Files) -> Vec<String> {
    let mut lines: Vec<String> = files.settings().iter().map(|(name, file)| format!("{name} {file}")).collect();
    lines.push(
        "# where nodes speak TLS to each other, or all change to it together (the certificate is for both sides):"
            .to_owned(),
    );
    lines.extend(sheet.is_cluster().then(|| "tls-cluster yes".to_owned()));
    lines.push("tls-replication yes".to_owned());
    lines.extend(naming(sheet.request.naming).iter().map(|line| (*line).to_owned()));
    lines
}

/// What names instead of addresses would take.
fn naming(naming: Naming) -> &'static [&'static str] {
    match naming {
        Naming::Names => &[],
        Naming::NamesUnused => &[
            "# the nodes announce host names and send clients to addresses; to the names instead (7.0+), then ask anew:",
            "# cluster-preferred-endpoint-type hostname",
        ],
        Naming::Addresses => &[
            "# names outlive addresses: where clients resolve one for each node, announce it (7.0+), then ask anew:",
            "# cluster-announce-hostname NAME-OF-THIS-NODE",
            "# cluster-preferred-endpoint-type hostname",
        ],
    }
}

/// The command that makes a running server load the files.
pub(super) fn load(sheet: &Sheet<'_>, files: &Files) -> String {
    if !sheet.request.reloads {
        return "restart the server: before 7.0 a new certificate and its key cannot be set together".to_owned();
    }
    let words: Vec<String> = files.settings().iter().map(|(name, file)| format!("{name} {file}")).collect();
    let sentinel = sheet.request.kind == Some(Kind::Sentinel);
    // A Sentinel knows no CONFIG, and its own SENTINEL CONFIG nothing of TLS (7.0).
    let but = if sentinel { "  # and restart each Sentinel, with the same lines in its sentinel.conf" } else { "" };
    format!("CONFIG SET {}{but}", words.join(" "))
}
