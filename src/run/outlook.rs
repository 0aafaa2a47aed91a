//! `clients`: which libraries are asked about, and what they would do.

use anyhow::{Result, bail};

use super::{Look, complain, examined, in_format, on_page, print};
use crate::{
    cli::{self, Cli, FailOn},
    clients::{self, Client},
    diagnosis::{
        Context,
        outlook::{Forecast, Outcome, Outlook},
    },
    exit::Exit,
    facts::Kind,
    render::{self, Page},
};

/// A library that is asked about, in a version where one was given.
type Asked = (&'static Client, Option<String>);

/// Looks, and sends each library through what was seen.
pub(super) fn run(cli: &Cli, arguments: &cli::Clients) -> Result<Exit> {
    let asked = asked(&arguments.clients)?;
    let look = Look::prepare(&arguments.connection, &cli.global)?;
    let expect = arguments.expect.map(Kind::from);
    let (snapshot, report) = examined(&look, None, &[])?;
    let context = Context::new(&snapshot, expect);
    let forecast = Forecast::new(&context);
    let outlooks: Vec<Outlook> =
        asked.iter().map(|(client, version)| forecast.of(client, version.as_deref())).collect();
    // That some libraries follow no Sentinel is nothing that is wrong here, unless one of them is asked about.
    let beside = |outlook: &Outlook| arguments.clients.is_empty() && outlook.follows_nobody();
    let well = outlooks.iter().all(|outlook| outlook.outcome == Outcome::Ok || beside(outlook));
    let exit = if well || cli.global.fail_on == FailOn::Never { Exit::Well } else { Exit::Found };
    print(&on_page(cli, &look, &snapshot, &report, |page| {
        in_format(cli, &Page { exit: exit.code(), outlooks: &outlooks, ..*page }, render::clients)
    }))?;
    Ok(exit)
}

/// The entries that are asked about: all of them, or those of each `--client`.
fn asked(given: &[String]) -> Result<Vec<Asked>> {
    if given.is_empty() {
        return Ok(clients::ALL.iter().map(|client| (*client, None)).collect());
    }
    let mut asked = Vec::new();
    for text in given {
        let (id, version) = text.split_once('@').map_or((text.as_str(), None), |(id, version)| (id, Some(version)));
        if clients::by_id(id).next().is_none() {
            bail!("{}", unknown(id));
        }
        let Some(version) = version else {
            asked.extend(clients::by_id(id).map(|client| (client, None)));
            continue;
        };
        if !version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') {
            bail!("--client {id}@{version}: the version is not a number such as 6 or 7.4");
        }
        let entries = clients::of_version(id, version);
        if let Some(nearest) = entries.first().filter(|client| !client.covers(version)) {
            complain(&format!("no profile covers {id} {version}: the nearest, {}, is shown", nearest.versions));
        }
        asked.extend(entries.into_iter().map(|client| (client, Some(version.to_owned()))));
    }
    Ok(asked)
}

/// What to say of a library that is not on the shelf: all that are, the nearest first.
fn unknown(id: &str) -> String {
    let known = nearest(id, clients::ALL.iter().map(|client| client.id));
    let id: String = id.chars().take(60).collect();
    format!("no client library is called \"{id}\"; there are, the nearest first: {known}")
}

/// What could have been meant, the nearest first.
pub(super) fn nearest(typed: &str, known: impl Iterator<Item = &'static str>) -> String {
    let typed: String = typed.to_ascii_lowercase().chars().take(60).collect();
    let mut known: Vec<&str> = known.collect();
    known.dedup();
    known.sort_by(|a, b| strsim::jaro_winkler(b, &typed).total_cmp(&strsim::jaro_winkler(a, &typed)));
    known.join(", ")
}
