//! `cert`: reads the files, asks the stacks, says what they say.

mod batch;
mod files;
mod line;
mod lines;
mod trusted;

use std::{path::Path, sync::OnceLock};

use anyhow::{Context as _, Result, bail};

use super::{look::Look, outlook::nearest, print, saved::load, screen::Screen};
use crate::{
    cli::{self, Cert, Cli, FailOn, Format},
    diagnosis::{
        assessment::{Assessment, Matter},
        coverage::Coverage,
    },
    exit::Exit,
    facts::{CertificateChain, Host, Limits, Snapshot},
    names::{
        self, STACKS, Stack, stack,
        trust::{self, Purpose},
    },
    render::{self, CertPage},
};
use trusted::Trusted;

/// Runs the command.
pub(super) fn run(cli: &Cli, asked: &Cert) -> Result<Exit> {
    if asked.batch {
        return batch::run(cli, asked);
    }
    if asked.files().next().is_none() {
        bail!(
            "give a certificate file (PEM or DER), such as redis-doctor cert fullchain.pem --ca ca.pem --name \
             redis.example.com; - is stdin, and --batch reads JSON lines"
        );
    }
    if cli.global.format == Format::Github {
        bail!("cert prints a table or JSON (--format json)");
    }
    let stacks = stacks(asked)?;
    let trust = files::anchors(asked)?;
    let sent = files::sent(asked)?;
    let limits = limits();
    let at = cli.global.at.unwrap_or_else(now);
    let trusted = Trusted::of(trust.all(), &limits);
    let chain = trust::chain(&sent.certificates, &trusted.anchors, at, asked.purpose.into(), &limits)
        .map_err(|why| anyhow::anyhow!("{}: the first certificate is none: {why}", sent.label))?;
    let hosts: Vec<Host> = asked.names.iter().cloned().map(line::host).collect();
    let matter =
        Matter { chain: &chain, bundle: &trusted.certificates, hosts: &hosts, at, purpose: asked.purpose.into() };
    let assessment = Assessment::of(matter, &stacks);
    let coverage = coverage(cli, asked, &chain, &stacks)?;
    let exit = exit(cli.global.fail_on, &assessment, coverage.as_ref().map(|(_, coverage)| coverage));
    let remarks: Vec<String> = trust.remarks.iter().cloned().chain(misplaced(&chain)).collect();
    let page = CertPage {
        assessment: &assessment,
        files: &sent.label,
        trust: &trust.label,
        anchor_file: assessment.anchor().and_then(|anchor| trust.file_of(&anchor.der)),
        coverage: coverage.as_ref().map(|(cluster, coverage)| (cluster.as_str(), coverage)),
        remarks: &remarks,
        exit: exit.code(),
    };
    let as_json = asked.json || cli.global.format == Format::Json;
    print(&if as_json {
        render::cert_json(&page)
    } else {
        render::cert(&page, &Screen::of_stdout(&cli.global).style)
    })?;
    Ok(exit)
}

/// The stacks that were asked for; else all for a server's certificate, and for a client's those that a Redis server has.
fn stacks(asked: &Cert) -> Result<Vec<&'static Stack>> {
    let all = || STACKS.to_vec();
    if asked.stacks.is_empty() {
        let servers = [&names::OPENSSL_3, &names::OPENSSL_4];
        return Ok(if asked.purpose == cli::Purpose::Client { servers.to_vec() } else { all() });
    }
    if asked.stacks.iter().any(|id| id == "all") {
        return Ok(all());
    }
    let mut stacks: Vec<&'static Stack> = Vec::new();
    for id in &asked.stacks {
        let stack = known_stack(id).context("--stack")?;
        if !stacks.iter().any(|known| known.id == stack.id) {
            stacks.push(stack);
        }
    }
    Ok(stacks)
}

/// The stack of that id.
fn known_stack(id: &str) -> Result<&'static Stack> {
    stack(id).with_context(|| {
        let known = nearest(id, STACKS.iter().map(|stack| stack.id));
        let id: String = id.chars().take(60).collect();
        format!("no TLS stack is called \"{id}\"; there are, the nearest first: {known}")
    })
}

/// How the chain fares with what a cluster announces, and what that is called.
fn coverage(
    cli: &Cli,
    asked: &Cert,
    chain: &CertificateChain,
    stacks: &[&'static Stack],
) -> Result<Option<(String, Coverage)>> {
    let Some((place, snapshot)) = cluster(cli, asked)? else { return Ok(None) };
    if snapshot.deployment().is_none() {
        bail!("{place} told nothing of what it announces: redis-doctor check {place} says why");
    }
    let coverage = Coverage::of(&snapshot, chain, stacks);
    Ok(Some((place, coverage)))
}

/// What `--for` names: a file of `--save`, else an endpoint to look at. `--from` names a file, too.
fn cluster(cli: &Cli, asked: &Cert) -> Result<Option<(String, Snapshot)>> {
    let named = asked.covers.as_deref().or_else(|| cli.global.from.as_ref()?.to_str());
    let connection = &asked.connection;
    let Some(named) = named else {
        if connection.host.is_some() || connection.uri.is_some() || connection.port.is_some() {
            bail!("-h, -p and -u say where to look, which cert does with --for ENDPOINT only");
        }
        return Ok(None);
    };
    if Path::new(named).is_file() {
        return Ok(Some((named.to_owned(), load("--for", Path::new(named))?)));
    }
    let mut connection = connection.clone();
    connection.endpoint = Some(named.to_owned());
    connection.words.clear();
    // What the certificate is trusted by is most often what the servers are trusted by now.
    let ca = asked.ca.first().cloned();
    match ca.as_deref().is_some_and(Path::is_dir) {
        true => connection.cacertdir = ca,
        false if connection.cacertdir.is_none() => connection.cacert = connection.cacert.or(ca),
        false => {}
    }
    let look = Look::prepare(&connection, &cli.global)
        .with_context(|| format!("--for {}", cli::without_credentials(named)))?;
    Ok(Some((cli::without_credentials(named), look.snapshot()?)))
}

/// Nobody would put a CA there on purpose that is followed by what is none.
fn misplaced(chain: &CertificateChain) -> Option<String> {
    let at = chain.rest.iter().position(|certificate| !certificate.is_ca && certificate.version == 3)?;
    let leaf = &chain.rest[at];
    chain.leaf.is_ca.then(|| {
        format!(
            "the server's own certificate has to come first, and the first is a CA: \"{}\" is number {}",
            leaf.subject,
            at + 2
        )
    })
}

/// Well where nobody refuses anything; `--fail-on warning` wants no defect, either.
fn exit(fail_on: FailOn, assessment: &Assessment<'_>, coverage: Option<&Coverage>) -> Exit {
    let accepted = assessment.is_accepted() && coverage.is_none_or(Coverage::is_complete);
    match fail_on {
        FailOn::Never => Exit::Well,
        FailOn::Warning if !assessment.defects.is_empty() => Exit::Found,
        FailOn::Warning | FailOn::Error if accepted => Exit::Well,
        FailOn::Warning | FailOn::Error => Exit::Found,
    }
}

/// What judges lines that do not say everything themselves.
fn judge(cli: &Cli, asked: &Cert) -> Result<line::Judge> {
    let named = if files::names_anchors(asked) { Some(files::anchors(asked)?.all()) } else { None };
    Ok(line::Judge {
        at: cli.global.at.unwrap_or_else(now),
        purpose: asked.purpose.into(),
        limits: limits(),
        default_anchors: Box::new(move || named.clone().unwrap_or_else(files::system_anchors)),
        default_trusted: OnceLock::new(),
        cache: trusted::Cache::default(),
    })
}

/// Names of a certificate that is at hand are all looked at, as far as one can be honest.
fn limits() -> Limits {
    Limits { sans: 8_192, ..Limits::default() }
}

/// Seconds since 1970.
fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

impl From<cli::Purpose> for Purpose {
    fn from(purpose: cli::Purpose) -> Self {
        match purpose {
            cli::Purpose::Server => Purpose::Server,
            cli::Purpose::Client => Purpose::Client,
        }
    }
}
