//! The request as one object, for machines. Things are added to it and never changed.

use serde::Serialize;

use super::{
    Sheet, USAGES,
    server::{self, Files},
};
use crate::request::{Entry, Wanted, Why};

/// The version of the contract.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    format: u32,
    certificates: Vec<CertificateView<'a>>,
    extended_key_usages: [&'static str; 2],
    key_usages: &'static [&'static str],
    key: &'static str,
    present: Vec<PresentView<'a>>,
    fits_already: bool,
    proof: ProofView<'a>,
    left_out: Vec<LeftOutView<'a>>,
    managed: Option<&'static str>,
    redis_conf: Vec<String>,
    load: String,
}

#[derive(Serialize)]
struct CertificateView<'a> {
    nodes: Vec<NodeView<'a>>,
    names: Vec<NameView<'a>>,
}

#[derive(Serialize)]
struct NodeView<'a> {
    id: Option<&'a str>,
    address: String,
}

#[derive(Serialize)]
struct NameView<'a> {
    name: String,
    why: Vec<&'static str>,
    covers: &'a [String],
}

#[derive(Serialize)]
struct PresentView<'a> {
    names: &'a str,
    nodes: usize,
    lacks: Vec<String>,
    expired: bool,
    is_ca: bool,
    server_only: bool,
}

#[derive(Serialize)]
struct ProofView<'a> {
    clients: usize,
    libraries: usize,
    passing: usize,
    nodes: usize,
    whole: bool,
    failing: Vec<FailingView<'a>>,
}

#[derive(Serialize)]
struct FailingView<'a> {
    host: String,
    stack: &'static str,
    clients: &'a [&'static str],
    text: String,
    advice: &'a str,
}

#[derive(Serialize)]
struct LeftOutView<'a> {
    host: String,
    reason: String,
    clients: &'a [&'static str],
}

/// Writes it.
pub fn json(sheet: &Sheet<'_>) -> String {
    let request = sheet.request;
    let files = Files::in_folder(&sheet.stem(0));
    let proof = &request.proof;
    let object = Object {
        format: FORMAT,
        certificates: request.certificates.iter().map(certificate).collect(),
        extended_key_usages: USAGES,
        key_usages: sheet.key.usages(),
        key: sheet.key.words(),
        present: request.present.iter().map(present).collect(),
        fits_already: request.is_had(),
        proof: ProofView {
            clients: proof.clients,
            libraries: proof.libraries,
            passing: proof.passing,
            nodes: proof.nodes,
            whole: proof.is_whole(),
            failing: proof.failing.iter().map(failing).collect(),
        },
        left_out: request
            .left_out
            .iter()
            .map(|left| LeftOutView {
                host: harmless(&left.host),
                reason: harmless(&left.reason),
                clients: &left.clients,
            })
            .collect(),
        managed: request.managed.map(|managed| managed.name),
        redis_conf: server::configuration(sheet, &files),
        load: server::load(sheet, &files),
    };
    // Strings, numbers and lists of them: nothing in it can fail to be written.
    serde_json::to_string_pretty(&object).unwrap_or_default()
}

fn certificate(wanted: &Wanted) -> CertificateView<'_> {
    let node = |place: &'_ crate::request::Place| place.address.escape_debug().to_string();
    CertificateView {
        nodes: wanted
            .nodes
            .iter()
            .map(|place| NodeView { id: place.id.as_ref().map(crate::facts::NodeId::as_str), address: node(place) })
            .collect(),
        names: wanted.entries.iter().map(name).collect(),
    }
}

fn name(entry: &Entry) -> NameView<'_> {
    NameView {
        name: entry.name.to_string(),
        why: entry.why.iter().copied().map(Why::words).collect(),
        covers: &entry.covers,
    }
}

fn present(present: &crate::request::Present) -> PresentView<'_> {
    PresentView {
        names: &present.names,
        nodes: present.nodes,
        lacks: present.lacks.iter().map(ToString::to_string).collect(),
        expired: present.expired.is_some(),
        is_ca: present.is_ca,
        server_only: present.server_only,
    }
}

fn failing(failing: &crate::request::Failing) -> FailingView<'_> {
    FailingView {
        host: failing.host.to_string(),
        stack: failing.stack,
        clients: &failing.clients,
        text: harmless(&failing.text),
        advice: &failing.advice,
    }
}

fn harmless(text: &str) -> String {
    text.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")
}
