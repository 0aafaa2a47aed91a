//! `cert`: reads the files, asks the stacks, says what they say.

mod batch;
mod cluster;
mod files;
mod line;
mod lines;
mod trusted;

use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};

use super::{outlook::nearest, print, screen::Screen};
use crate::{
    cli::{self, Cert, Cli, FailOn, Format},
    diagnosis::{
        assessment::{Assessment, Matter},
        coverage::Coverage,
    },
    exit::Exit,
    facts::{CertificateChain, Host, Limits, without_brackets},
    names::{self, STACKS, Stack, stack, trust::Purpose},
    render::{self, CertPage},
};
use cluster::Cluster;

/// Runs the command.
pub(super) fn run(cli: &Cli, asked: &Cert) -> Result<Exit> {
    if asked.batch {
        return batch::run(cli, asked);
    }
    is_sensible(cli, asked)?;
    let stacks = stacks(asked)?;
    let mut trust = files::anchors(asked)?;
    let sent = files::sent(asked)?;
    let (limits, at, purpose) = (limits(), cli.global.at.unwrap_or_else(now), asked.purpose.into());
    let trusted = trust.read(&limits)?;
    let chain = trusted
        .judge(&sent.certificates, at, purpose, &limits)
        .map_err(|why| anyhow::anyhow!("{}: the first certificate is none: {why}", sent.label))?;
    let hosts: Vec<Host> = asked.names.iter().map(|name| line::host(without_brackets(name).to_owned())).collect();
    let matter = Matter { chain: &chain, bundle: &trusted.certificates, hosts: &hosts, at, purpose };
    let mut assessment = Assessment::of(matter, &stacks);
    let cluster = Cluster::find(cli, asked, &chain, at)?;
    let coverage = cluster.as_ref().map(|cluster| Coverage::of(&cluster.deployed, &chain, &stacks));
    assessment.defects.extend(cluster.as_ref().and_then(Cluster::client_usage_missing));
    let exit = exit(cli.global.fail_on, &assessment, coverage.as_ref());
    let remarks: Vec<String> = trust.remarks.iter().cloned().chain(misplaced(&chain)).collect();
    let page = CertPage {
        assessment: &assessment,
        files: &sent.label,
        trust: &trust.label,
        anchor_file: assessment.anchor().and_then(|anchor| trust.file_of(&anchor.der)),
        coverage: cluster.as_ref().map(|cluster| cluster.name.as_str()).zip(coverage.as_ref()),
        next: cluster.as_ref().filter(|_| exit != Exit::Well).map_or("", |cluster| &cluster.next),
        remarks: &remarks,
        exit: exit.code(),
    };
    let text = if asked.json || cli.global.format == Format::Json {
        render::cert_json(&page)
    } else {
        render::cert(&page, &Screen::of_stdout(&cli.global).style)
    };
    print(&text)?;
    Ok(exit)
}

/// There is something to judge, and a way to say it.
fn is_sensible(cli: &Cli, asked: &Cert) -> Result<()> {
    if asked.files().next().is_none() {
        bail!(
            "give a certificate file (PEM or DER), such as redis-doctor cert fullchain.pem --ca ca.pem --name \
             redis.example.com; - is stdin, and --batch reads JSON lines"
        );
    }
    if cli.global.format == Format::Github {
        bail!("cert prints a table or JSON (--format json)");
    }
    Ok(())
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
