//! `address-map --check`: reads a map that a person wrote, and has its targets dialled beside the nodes.

use std::path::Path;

use anyhow::{anyhow, bail};

use super::{look::Look, map_file::MapFile, print, screen::Screen};
use crate::{
    address_map::{
        audit::{Audit, Reader, audit},
        written::{Entry, Written},
    },
    cli::{self, Cli, FailOn, Format},
    clients::{self, Client, Dials, Verifies},
    emitters,
    exit::Exit,
    facts::{CertificateChain, Endpoint, Host, NodeAddress, Snapshot},
    render::{self, MapPage},
};

/// Judges the map in `file`; `-` is stdin.
pub(super) fn check(cli: &Cli, map: &cli::AddressMap, file: &Path) -> anyhow::Result<Exit> {
    let client = client(&map.client)?;
    let MapFile { label: name, written, .. } = MapFile::read("--check", file)?;
    let also = written.entries.iter().map(Entry::also).collect();
    let look = Look::prepare(&map.connection, &cli.global)?.beside(also);
    let snapshot = look.snapshot()?;
    let audit = as_read_by(client, &snapshot, &written).map_err(|why| {
        let failure = snapshot.seed.failure().map(|f| format!(" ({}: {})", f.stage, f.detail)).unwrap_or_default();
        anyhow!("nothing can be said about the map: {why}{failure}; {} says more", look.command("check"))
    })?;
    let well = audit.is_well() || cli.global.fail_on == FailOn::Never;
    let exit = if well { Exit::Well } else { Exit::Found };
    let next = if audit.is_well() { String::new() } else { to_compare(&look, &map.client) };
    let page = MapPage {
        snapshot: &snapshot,
        audit: &audit,
        file: &name,
        exit: exit.code(),
        next: &next,
        note: "the map that was proved, to compare",
        forwards: None,
    };
    print_map_check(cli, &page)?;
    Ok(exit)
}

/// Prints what came of a map in the format that was asked for.
pub(super) fn print_map_check(cli: &Cli, page: &MapPage<'_>) -> anyhow::Result<()> {
    print(&match cli.global.format {
        Format::Table => render::map_check(page, &Screen::of_stdout(&cli.global).style),
        Format::Json => render::map_check_json(page),
        Format::Github => render::map_check_github(page),
    })
}

/// Judges a map by the rules of a library, where one was named: its keys, its names, its TLS stack.
fn as_read_by(client: Option<&'static Client>, snapshot: &Snapshot, written: &Written) -> Result<Audit, String> {
    let Some(client) = client else { return audit(snapshot, written, None) };
    let seed = &snapshot.target.endpoint.host;
    let refuses = |chain: &CertificateChain, host: &Host| {
        let by_seed = match client.verifies {
            Verifies::Seed => seed.name().is_some(),
            verifies => verifies == Verifies::SeedWhatever,
        };
        let verified = Some(if by_seed { seed } else { host }).filter(|_| client.verifies != Verifies::Nothing);
        client.stack.refusal(chain, verified).map(|refusal| format!("{} refuses it: {}", client.id, refusal.text))
    };
    let looks_up = |address: &NodeAddress| looked_up(client, address);
    audit(snapshot, written, Some(Reader { looks_up: &looks_up, refuses: &refuses }))
}

/// A library that resolves what it was told sees the IP that the node announces.
fn looked_up(client: &Client, address: &NodeAddress) -> Option<Endpoint> {
    let resolved = address.ip_endpoint().filter(|_| client.dials == Dials::ResolvedIp);
    resolved.or_else(|| client.endpoint(address))
}

/// The command that writes the map that was proved.
fn to_compare(look: &Look<'_>, client: &str) -> String {
    let client = emitters::by_client(client).map_or("json", |emitter| emitter.client);
    format!("{} --for {client}", look.command("address-map"))
}

/// The library whose keys they are; `json`, the neutral form, is none.
fn client(id: &str) -> anyhow::Result<Option<&'static Client>> {
    match clients::by_id(id).next() {
        Some(client) => Ok(Some(client)),
        None if id == "json" => Ok(None),
        None => bail!("no client library is called \"{id}\" here (redis-doctor list clients has them all)"),
    }
}
