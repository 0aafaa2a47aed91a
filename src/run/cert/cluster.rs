//! `cert --for`: the cluster that a certificate is meant for, from a look or a file.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::{
    checks,
    cli::{Cert, Cli, without_credentials},
    diagnosis::{
        Context,
        assessment::{Code, Defect},
        coverage::deployed,
        examine,
    },
    facts::{CertificateChain, Snapshot},
    run::{look::Look, next::quoted, saved::load},
};

/// A cluster as it would be with the certificate.
pub(super) struct Cluster {
    /// As it was typed, without credentials.
    pub(super) name: String,
    /// As if every server presented the chain.
    pub(super) deployed: Snapshot,
    /// The command that says what to ask for instead.
    pub(super) next: String,
}

impl Cluster {
    /// What `--for` names: a file of `--save`, else an endpoint to look at. `--from` names a file, too.
    pub(super) fn find(cli: &Cli, asked: &Cert, chain: &CertificateChain, at: i64) -> Result<Option<Self>> {
        let Some(named) = asked.covers.as_deref().or_else(|| cli.global.from.as_ref()?.to_str()) else {
            let connection = &asked.connection;
            if connection.host.is_some() || connection.uri.is_some() || connection.port.is_some() {
                bail!("-h, -p and -u say where to look, and cert looks at --for ENDPOINT only");
            }
            return Ok(None);
        };
        let name = without_credentials(named);
        let (snapshot, next) = if Path::new(named).is_file() {
            (load("--for", Path::new(named))?, format!("redis-doctor ca-request --from {}", quoted(named)))
        } else {
            looked_at(cli, asked, named).with_context(|| format!("--for {name}"))?
        };
        if snapshot.deployment().is_none() {
            bail!("--for {name}: it told nothing of what it announces; redis-doctor check {name} says why");
        }
        Ok(Some(Cluster { name, deployed: deployed(&snapshot, chain, at), next }))
    }

    /// That nodes will show the certificate to each other, which it is not for.
    pub(super) fn client_usage_missing(&self) -> Option<Defect> {
        const CODE: &str = "client-usage-missing";
        let report = examine(&Context::new(&self.deployed, None), checks::ALL);
        let found =
            report.findings.iter().flat_map(|f| std::iter::once(f.code).chain(f.consequences.iter().map(|c| c.code)));
        let leaf = &self.deployed.chains.first()?.leaf;
        let defect = || Defect { code: Code::Check(CODE), subject: leaf.subject.clone() };
        found.into_iter().any(|code| code == CODE).then(defect)
    }
}

fn looked_at(cli: &Cli, asked: &Cert, endpoint: &str) -> Result<(Snapshot, String)> {
    let mut connection = asked.connection.clone();
    connection.endpoint = Some(endpoint.to_owned());
    connection.words.clear();
    connection.straighten().map_err(anyhow::Error::msg)?;
    // What is to trust the new certificate most often trusts the present one; no credentials are sent where it does not.
    match asked.ca.first().cloned() {
        Some(directory) if directory.is_dir() => connection.cacertdir = Some(directory),
        Some(file) => connection.cacert = Some(file),
        None => {}
    }
    let look = Look::prepare(&connection, &cli.global)?;
    let snapshot = look.snapshot()?;
    Ok((snapshot, look.command("ca-request")))
}
