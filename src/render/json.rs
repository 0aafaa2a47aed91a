//! The machine's view: a report as the one object that [`super::contract`] lays down.

use super::{
    Page,
    contract::{
        AftermathView, AnnouncedView, ClientView, ConsequenceView, Counts, FindingView, GroupView, InsteadView,
        LeftView, LegView, MapView, MappingView, NodeView, Object, OutlookView, ProofView, ProviderView, ReachableView,
        RemedyView, SkipView, SubjectView, TlsView, Tool, TopologyView,
    },
    is_unsafe,
    link_json::{agreed, connections},
    names,
    node::{Look, looks},
    words,
};
use crate::{
    address_map::Mapping,
    diagnosis::{
        Affected, Aftermath, Consequence, Finding, Left, Remedy, Severity, Skip, Subject, SubjectKind,
        outlook::{Leg, Outlook},
    },
    facts::{Announced, Attempt, CertificateChain, Group, Kind, NodeId, Role, Spoke, Transport},
    providers::Recognised,
};

/// The JSON Schema (2020-12) of what [`json`] writes.
pub const REPORT_SCHEMA: &str = include_str!("report.schema.json");

/// The version of the contract.
const FORMAT: u32 = 1;

/// The whole report as one JSON object and a line end.
pub fn json(page: &Page<'_>) -> String {
    // Serialising fails only for maps with keys that are no strings and for failing `Serialize` impls; there are neither.
    let text = serde_json::to_string_pretty(&object(page)).unwrap_or_default();
    harmless(&text) + "\n"
}

/// What `serde_json` leaves as it is but a terminal would not: C1, DEL, bidi and invisible characters, as `\uXXXX`.
/// Outside strings JSON is ASCII, so every such character stands inside one, and its value stays what it was.
pub(super) fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c > '~' && is_unsafe(c) {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn object<'a>(page: &Page<'a>) -> Object<'a> {
    let (snapshot, report) = (page.snapshot, page.report);
    let counts = report.summary;
    Object {
        format: FORMAT,
        tool: Tool { name: "redis-doctor", version: env!("CARGO_PKG_VERSION") },
        target: words::target(snapshot),
        transport: words::spoken(snapshot).map(transport),
        instead: snapshot.seed.spoke.as_ref().and_then(instead),
        provider: provider(&report.recognised),
        taken_at: words::instant(snapshot.taken_at),
        as_of: snapshot.judged_at.map(words::instant),
        vantage: words::vantage(&snapshot.vantage),
        exit: page.exit,
        summary: Counts { passed: counts.passed, failed: counts.failed, skipped: counts.skipped },
        findings: report.findings.iter().map(finding).collect(),
        skipped: report.skipped.iter().map(skip).collect(),
        topology: topology(page),
        address_map: report.address_map.wanted().iter().map(mapping).collect(),
        map: snapshot.target.detours.as_ref().map(|map| MapView { file: &map.label, entries: map.len() }),
        names: names::views(page),
        connections: connections(page),
        clients: (!page.outlooks.is_empty()).then(|| page.outlooks.iter().map(outlook).collect()),
    }
}

fn provider(recognised: &Recognised) -> Option<ProviderView<'_>> {
    let provider = recognised.provider?;
    let signals = recognised.signals.iter().map(|signal| signal.text.as_str()).collect();
    Some(ProviderView { id: provider.id, name: provider.name, signals })
}

fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls => "tls",
        Transport::Plaintext => "plaintext",
    }
}

fn instead(spoke: &Spoke) -> Option<InsteadView<'_>> {
    let (over, says) = match spoke {
        Spoke::Other(stranger) => (Some(stranger.over), Some(stranger.says.as_str())),
        Spoke::ProxyHeader(transport) | Spoke::ClusterBus(transport) => (Some(*transport), None),
        Spoke::Unknown(start) => (None, Some(start.as_str())),
        _ => (None, None),
    };
    Some(InsteadView { service: words::instead(spoke)?, over: over.map(transport), says })
}

fn outlook(outlook: &Outlook) -> OutlookView<'_> {
    let client = outlook.client;
    OutlookView {
        id: client.id,
        version: &outlook.version,
        versions: client.versions,
        form: client.form(),
        outcome: outlook.outcome.to_string(),
        stage: outlook.step.map(|step| step.to_string()),
        eager: outlook.eager,
        seed: leg(&outlook.seed),
        nodes: outlook.nodes.iter().map(leg).collect(),
        text: outlook.text.as_deref(),
        grant: outlook.grant.as_deref(),
        evidence: words::evidence(outlook),
    }
}

fn leg(leg: &Leg) -> LegView<'_> {
    LegView {
        address: &leg.address,
        node_id: leg.node.as_ref().map(NodeId::as_str),
        dials: leg.dials.as_deref(),
        verifies: leg.verifies.as_ref().map(ToString::to_string),
        sni: leg.sni.as_deref(),
        outcome: leg.outcome.to_string(),
        stage: leg.step.map(|step| step.to_string()),
        text: leg.text.as_deref(),
    }
}

fn finding(finding: &Finding) -> FindingView<'_> {
    FindingView {
        code: finding.code,
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        title: &finding.title,
        subjects: subjects(&finding.subjects),
        expected: &finding.expected,
        presented: &finding.presented,
        clients: finding.clients.iter().map(client).collect(),
        remedies: finding.remedies.iter().map(remedy).collect(),
        consequences: finding.consequences.iter().map(consequence).collect(),
        aftermath: finding.aftermath.as_ref().map(aftermath),
    }
}

fn aftermath(Aftermath { failing, mends, left }: &Aftermath) -> AftermathView {
    let view =
        |left: &Left| LeftView { code: left.code, nodes: left.nodes, by_one_certificate: left.by_one_certificate };
    AftermathView { failing: *failing, mends: *mends, left: left.iter().map(view).collect() }
}

fn subjects(subjects: &[Subject]) -> Vec<SubjectView<'_>> {
    subjects.iter().map(subject).collect()
}

fn subject(subject: &Subject) -> SubjectView<'_> {
    let kind = match subject.kind {
        SubjectKind::Endpoint => "endpoint",
        SubjectKind::Node => "node",
        SubjectKind::Cluster => "cluster",
    };
    SubjectView { kind, id: subject.id.as_ref().map(NodeId::as_str), address: &subject.address }
}

fn client(client: &Affected) -> ClientView<'_> {
    ClientView { id: client.id, versions: client.versions, outcome: client.outcome, text: &client.text }
}

fn remedy(remedy: &Remedy) -> RemedyView<'_> {
    let Remedy { audience, text, lines, proof } = remedy;
    RemedyView { r#for: audience.to_string(), text, lines, proof: proof.as_deref() }
}

fn consequence(consequence: &Consequence) -> ConsequenceView<'_> {
    ConsequenceView { code: consequence.code, subjects: subjects(&consequence.subjects) }
}

fn skip(skip: &Skip) -> SkipView<'_> {
    SkipView { code: skip.code, subject: subject(&skip.subject), why: &skip.why }
}

fn topology<'a>(page: &Page<'a>) -> Option<TopologyView<'a>> {
    let topology = page.snapshot.topology.seen()?;
    let kind = match topology.kind {
        Kind::Standalone => "standalone",
        Kind::Replication => "replication",
        Kind::Sentinel => "sentinel",
        Kind::Cluster => "cluster",
    };
    let watches = topology.kind == Kind::Sentinel;
    Some(TopologyView {
        kind,
        nodes: looks(page).iter().map(node).collect(),
        groups: watches.then(|| topology.groups.iter().map(group).collect()),
        other_groups: watches.then_some(&topology.other_groups),
        remarks: &page.report.remarks,
        background: &page.report.background,
    })
}

fn group(group: &Group) -> GroupView<'_> {
    GroupView {
        name: &group.name,
        quorum: group.quorum,
        primary: group.primary.as_ref().map(NodeId::as_str),
        replicas: group.replicas.iter().map(NodeId::as_str).collect(),
        sentinels: group.sentinels.iter().map(NodeId::as_str).collect(),
    }
}

fn node<'a>(look: &Look<'a>) -> NodeView<'a> {
    let address = &look.node.address;
    NodeView {
        id: look.node.id.as_str(),
        role: match look.node.role {
            Role::Primary => "primary",
            Role::Replica => "replica",
            Role::Sentinel => "sentinel",
        },
        announced: AnnouncedView {
            preferred: announced(&address.preferred),
            ip: announced(&address.ip),
            hostname: announced(&address.hostname),
            port: address.client_port(),
            tls_port: address.tls_port,
            bus_port: address.bus_port,
        },
        slots: look.node.slots.to_string(),
        reachable: look.attempts.iter().flat_map(reachable).collect(),
        tls: look.chain.map(|chain| tls(chain, look)),
    }
}

/// Nil and missing are null; empty and `?` stay what they were on the wire.
fn announced(form: &Announced) -> Option<String> {
    match form {
        Announced::Absent | Announced::Nil => None,
        Announced::Empty => Some(String::new()),
        Announced::QuestionMark => Some("?".to_owned()),
        Announced::Host(host) => Some(host.to_string()),
        Announced::Unusable(text) => Some(text.clone()),
    }
}

/// Every form of an address that led to this connection, and who answered there.
fn reachable(attempt: &Attempt) -> impl Iterator<Item = ReachableView<'_>> {
    let mut given: Vec<String> = Vec::new();
    for (_, endpoint) in &attempt.candidates {
        let endpoint = endpoint.to_string();
        if !given.contains(&endpoint) {
            given.push(endpoint);
        }
    }
    let view = |address| {
        let node_id = attempt.identity()?.as_str();
        Some(ReachableView { address, server_name: attempt.server_name.to_string(), node_id })
    };
    given.into_iter().filter_map(view)
}

fn tls<'a>(chain: &'a CertificateChain, look: &Look<'a>) -> TlsView<'a> {
    TlsView {
        chain_ok: chain.is_trusted(),
        name_ok: look.name_ok,
        names: chain.leaf.names.iter().map(ToString::to_string).collect(),
        not_after: words::instant(chain.leaf.not_after),
        fingerprint: &chain.leaf.fingerprint,
        agreed: look.tls.map(agreed),
    }
}

fn mapping(mapping: &Mapping) -> MappingView<'_> {
    let proof = &mapping.proof;
    MappingView {
        announced: mapping.announced.to_string(),
        reachable: mapping.reachable.to_string(),
        server_name: mapping.server_name.to_string(),
        node_id: mapping.node_id.as_str(),
        proof: ProofView { chain: proof.chain, name: proof.name, identity: &proof.identity, socket: &proof.socket },
    }
}
