//! `cert`: reads the files, asks the stacks, says what they say.

mod batch;
mod files;
mod line;
mod lines;
mod trusted;

use anyhow::{Context as _, Result, bail};

use super::outlook::nearest;
use crate::{
    cli::{Cert, Cli},
    exit::Exit,
    facts::Limits,
    names::{STACKS, Stack, stack, trust::Purpose},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, asked: &Cert) -> Result<Exit> {
    if asked.batch {
        return batch::run(cli, asked);
    }
    bail!("not yet")
}

/// What judges lines that do not say everything themselves.
fn judge(cli: &Cli, asked: &Cert) -> Result<line::Judge> {
    let named = files::anchors(asked)?;
    Ok(line::Judge {
        at: cli.global.at.unwrap_or_else(now),
        purpose: asked.purpose.into(),
        limits: limits(),
        default_anchors: Box::new(move || Ok(named.clone().unwrap_or_else(files::system_anchors))),
        default_trusted: std::sync::OnceLock::new(),
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

/// The stack of that id.
fn known_stack(id: &str) -> Result<&'static Stack> {
    stack(id).with_context(|| {
        let known = nearest(id, STACKS.iter().map(|stack| stack.id));
        let id: String = id.chars().take(60).collect();
        format!("no TLS stack is called \"{id}\"; there are, the nearest first: {known}")
    })
}

impl From<crate::cli::Purpose> for Purpose {
    fn from(purpose: crate::cli::Purpose) -> Self {
        match purpose {
            crate::cli::Purpose::Server => Purpose::Server,
            crate::cli::Purpose::Client => Purpose::Client,
        }
    }
}
