//! `cert --format json`: a contract of its own, described for its readers by `cert.schema.json`.

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    CertPage,
    cert::{life_used, parts},
    cert_answer::{DefectView, defect},
    json::harmless,
    words,
};
use crate::{
    diagnosis::{
        assessment::{Assessment, Opinion, Refusal},
        coverage::{Coverage, Covered, Failing},
    },
    facts::Certificate,
};

/// The JSON Schema (2020-12) of what [`cert_json`] writes.
pub const CERT_SCHEMA: &str = include_str!("cert.schema.json");

/// The version of the contract.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    format: u32,
    files: &'a str,
    at: String,
    exit: u8,
    trust: &'a str,
    anchor: Option<AnchorView<'a>>,
    chain: Vec<CertificateView<'a>>,
    names: Vec<String>,
    verdicts: Verdicts<'a>,
    defects: Vec<DefectView<'a>>,
    remarks: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    r#for: Option<CoverageView<'a>>,
}

#[derive(Serialize)]
struct AnchorView<'a> {
    subject: &'a str,
    fingerprint: &'a str,
    not_after: String,
    file: Option<&'a str>,
}

#[derive(Serialize)]
struct CertificateView<'a> {
    role: &'static str,
    subject: &'a str,
    issuer: &'a str,
    names: Vec<String>,
    serial: &'a str,
    version: u32,
    not_before: String,
    not_after: String,
    days_left: i64,
    life_used: Option<i64>,
    is_ca: bool,
    key: &'a str,
    signature: &'a str,
    usages: Option<&'a [String]>,
    key_usages: Option<&'a [String]>,
    fingerprint: &'a str,
}

/// By the id of the stack, in the order in which they were asked.
struct Verdicts<'a>(&'a Assessment<'a>);

#[derive(Serialize)]
struct VerdictView {
    ok: bool,
    class: Option<String>,
    text: Option<String>,
    chain_ok: bool,
    names_refused: Vec<String>,
    then: Vec<ThenView>,
    clients: Vec<&'static str>,
}

#[derive(Serialize)]
struct ThenView {
    class: String,
    text: String,
}

#[derive(Serialize)]
struct CoverageView<'a> {
    target: &'a str,
    covers_all: bool,
    hosts: Vec<HostView<'a>>,
    clients_asked: usize,
    clients_failing: Vec<FailingView<'a>>,
}

#[derive(Serialize)]
struct HostView<'a> {
    entry: String,
    covered: bool,
    defect: Option<&'a str>,
    needed: bool,
    announced_by: &'a [String],
    verified_by: &'a [&'static str],
}

#[derive(Serialize)]
struct FailingView<'a> {
    id: &'a str,
    versions: &'a str,
    hosts: Vec<String>,
    text: Option<&'a str>,
}

/// The judgement as one JSON object and a line end.
pub fn cert_json(page: &CertPage<'_>) -> String {
    let assessment = page.assessment;
    let matter = &assessment.matter;
    let certificate = |(part, c): (super::cert::Part, _)| certificate(part.word(), c, matter.at);
    let object = Object {
        format: FORMAT,
        files: page.files,
        at: words::instant(matter.at),
        exit: page.exit,
        trust: page.trust,
        anchor: assessment.anchor().map(|anchor| self::anchor(anchor, page.anchor_file)),
        chain: parts(assessment).into_iter().zip(matter.chain.certificates()).map(certificate).collect(),
        names: matter.hosts.iter().map(ToString::to_string).collect(),
        verdicts: Verdicts(assessment),
        defects: assessment.defects.iter().map(defect).collect(),
        remarks: page.remarks,
        r#for: page.coverage.map(|(target, coverage)| self::coverage(target, coverage)),
    };
    // Serialising fails only for maps with keys that are no strings and for failing `Serialize` impls; there are neither.
    harmless(&serde_json::to_string_pretty(&object).unwrap_or_default()) + "\n"
}

fn anchor<'a>(anchor: &'a Certificate, file: Option<&'a str>) -> AnchorView<'a> {
    let Certificate { subject, fingerprint, .. } = anchor;
    AnchorView { subject, fingerprint, not_after: words::instant(anchor.not_after), file }
}

fn certificate<'a>(role: &'static str, certificate: &'a Certificate, at: i64) -> CertificateView<'a> {
    CertificateView {
        role,
        subject: &certificate.subject,
        issuer: &certificate.issuer,
        names: certificate.names.iter().map(ToString::to_string).collect(),
        serial: &certificate.serial,
        version: certificate.version,
        not_before: words::instant(certificate.not_before),
        not_after: words::instant(certificate.not_after),
        days_left: certificate.not_after.saturating_sub(at).div_euclid(86_400),
        life_used: life_used(certificate, at),
        is_ca: certificate.is_ca,
        key: &certificate.key,
        signature: &certificate.signature,
        usages: certificate.usages.as_deref(),
        key_usages: certificate.key_usages.as_deref(),
        fingerprint: &certificate.fingerprint,
    }
}

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.opinions.len()))?;
        for opinion in &self.0.opinions {
            map.serialize_entry(opinion.stack.id, &verdict(self.0, opinion))?;
        }
        map.end()
    }
}

fn verdict(assessment: &Assessment<'_>, opinion: &Opinion) -> VerdictView {
    let first = opinion.first.as_ref();
    let then = assessment.then(opinion);
    VerdictView {
        ok: opinion.is_accepted(),
        class: first.map(|refusal| refusal.class.to_string()),
        text: first.map(Refusal::with_code),
        chain_ok: assessment.accepts_chain(opinion),
        names_refused: assessment.refused_hosts(opinion).iter().map(ToString::to_string).collect(),
        then: then.iter().map(|r| ThenView { class: r.class.to_string(), text: r.with_code() }).collect(),
        clients: opinion.clients(),
    }
}

fn coverage<'a>(target: &'a str, coverage: &'a Coverage) -> CoverageView<'a> {
    CoverageView {
        target,
        covers_all: coverage.missing().next().is_none(),
        hosts: coverage.hosts.iter().map(host).collect(),
        clients_asked: coverage.asked,
        clients_failing: coverage.failing.iter().map(failing).collect(),
    }
}

fn host(covered: &Covered) -> HostView<'_> {
    HostView {
        entry: covered.entry(),
        covered: covered.defect.is_none(),
        defect: covered.defect,
        needed: covered.is_needed,
        announced_by: &covered.nodes,
        verified_by: &covered.verified_by,
    }
}

fn failing(failing: &Failing) -> FailingView<'_> {
    FailingView {
        id: failing.client.id,
        versions: failing.client.versions,
        hosts: failing.hosts.iter().map(ToString::to_string).collect(),
        text: failing.text.as_deref(),
    }
}
