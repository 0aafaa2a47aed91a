//! `address-map --check --format json`: a contract of its own, described for its readers by `map_check.schema.json`.

use serde::Serialize;

use super::{
    MapPage,
    json::harmless,
    map_check::next_step,
    map_faults::{lacking, said},
    mending, words,
};
use crate::{
    address_map::audit::{Fault, Judged, Missing},
    facts::NodeId,
};

/// The JSON Schema (2020-12) of what [`map_check_json`] writes.
pub const MAP_CHECK_SCHEMA: &str = include_str!("map_check.schema.json");

/// The version of the contract.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    format: u32,
    file: &'a str,
    target: String,
    taken_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    vantage: String,
    exit: u8,
    entries: Vec<EntryView<'a>>,
    missing: Vec<MissingView<'a>>,
    not_needed: usize,
}

#[derive(Serialize)]
struct EntryView<'a> {
    place: String,
    key: &'a str,
    target: String,
    server_name: Option<String>,
    node_id: Option<&'a str>,
    ok: bool,
    faults: Vec<FaultView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
}

#[derive(Serialize)]
struct FaultView {
    code: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct MissingView<'a> {
    node_id: &'a str,
    announced: &'a str,
    reachable: Option<String>,
    server_name: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The judgement as one JSON object and a line end.
pub fn map_check_json(page: &MapPage<'_>) -> String {
    let object = Object {
        format: FORMAT,
        file: page.file,
        target: words::target(page.snapshot),
        taken_at: words::instant(page.snapshot.taken_at),
        as_of: page.snapshot.judged_at.map(words::instant),
        vantage: words::vantage(&page.snapshot.vantage),
        exit: page.exit,
        entries: page.audit.entries.iter().map(|judged| entry(page, judged)).collect(),
        missing: page.audit.missing.iter().map(|node| missing(page, node)).collect(),
        not_needed: page.audit.not_needed,
    };
    // Serialising fails only for maps with keys that are no strings and for failing `Serialize` impls; there are neither.
    harmless(&serde_json::to_string_pretty(&object).unwrap_or_default()) + "\n"
}

fn entry<'a>(page: &MapPage<'a>, judged: &'a Judged) -> EntryView<'a> {
    let fault = |fault: &Fault| FaultView { code: fault.code(), text: said(fault), next: next_step(page, fault) };
    EntryView {
        place: judged.entry.place.to_string(),
        key: &judged.entry.spelled,
        target: judged.entry.target.to_string(),
        server_name: judged.entry.also().server_name.map(|name| name.to_string()),
        node_id: judged.node.as_ref().map(NodeId::as_str),
        ok: judged.faults.is_empty(),
        faults: judged.faults.iter().map(fault).collect(),
        log: judged.log.as_deref(),
    }
}

fn missing<'a>(page: &MapPage<'a>, node: &'a Missing) -> MissingView<'a> {
    let way = node.way.as_ref().ok();
    MissingView {
        node_id: node.id.as_str(),
        announced: &node.announced,
        reachable: way.map(|m| m.reachable.to_string()),
        server_name: way.map(|m| m.server_name.to_string()),
        text: lacking(node),
        next: page.forwards.map(|forwards| mending::missing(&forwards)),
    }
}
