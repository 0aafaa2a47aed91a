//! The contract of `--format json`: fields are added, never changed or taken away. These types are nobody else's, so that
//! no change inside the program can change it unseen; `report.schema.json` describes the same for its readers.

use std::net::IpAddr;

use serde::Serialize;

use crate::facts::Outcome;

#[derive(Serialize)]
pub(super) struct Object<'a> {
    pub(super) format: u32,
    pub(super) tool: Tool<'a>,
    pub(super) target: String,
    /// `tls` or `plaintext`; null where neither was heard.
    pub(super) transport: Option<&'static str>,
    /// What answered at the endpoint in place of Redis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instead: Option<InsteadView<'a>>,
    /// Whose servers these look like; a hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<ProviderView<'a>>,
    pub(super) taken_at: String,
    /// The time of `--at`, as of which certificates were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) as_of: Option<String>,
    pub(super) vantage: String,
    pub(super) exit: u8,
    pub(super) summary: Counts,
    pub(super) findings: Vec<FindingView<'a>>,
    pub(super) skipped: Vec<SkipView<'a>>,
    pub(super) topology: Option<TopologyView<'a>>,
    pub(super) address_map: Vec<MappingView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) map: Option<MapView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clients: Option<Vec<OutlookView<'a>>>,
    /// What the names that were met lead to, the endpoint's first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) names: Vec<LookupView<'a>>,
    /// Of nodes at which more was seen than one handshake; the endpoint's own where there are no nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) connections: Vec<ConnectionView<'a>>,
}

/// What a port turned out to be that is no port of Redis for clients.
#[derive(Serialize)]
pub(super) struct InsteadView<'a> {
    pub(super) service: &'static str,
    pub(super) over: Option<&'static str>,
    pub(super) says: Option<&'a str>,
}

/// A name, by the system's resolver and by DNS.
#[derive(Serialize)]
pub(super) struct LookupView<'a> {
    pub(super) name: String,
    pub(super) addresses: &'a [IpAddr],
    pub(super) more: usize,
    pub(super) hosts_file: bool,
    pub(super) dns: Option<DnsView<'a>>,
    /// Who stands behind each address; of the endpoint's name only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) behind: Vec<BehindView<'a>>,
}

/// What name servers say; nothing vouches for it.
#[derive(Serialize)]
pub(super) struct DnsView<'a> {
    pub(super) outcome: Outcome,
    pub(super) addresses: &'a [IpAddr],
    pub(super) more: usize,
    pub(super) leads_to: Vec<String>,
    pub(super) ttl: Option<u32>,
}

/// One address of the endpoint's name.
#[derive(Serialize)]
pub(super) struct BehindView<'a> {
    pub(super) address: IpAddr,
    pub(super) node_id: Option<&'a str>,
    pub(super) failure: Option<&'static str>,
}

/// A service, operator or chart, and what led to it.
#[derive(Serialize)]
pub(super) struct ProviderView<'a> {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) signals: Vec<&'a str>,
}

/// The map that was looked through.
#[derive(Serialize)]
pub(super) struct MapView<'a> {
    pub(super) file: &'a str,
    pub(super) entries: usize,
}

#[derive(Serialize)]
pub(super) struct OutlookView<'a> {
    pub(super) id: &'a str,
    pub(super) version: &'a str,
    pub(super) versions: &'a str,
    pub(super) form: Option<&'a str>,
    pub(super) outcome: String,
    pub(super) stage: Option<String>,
    pub(super) eager: bool,
    pub(super) seed: LegView<'a>,
    pub(super) nodes: Vec<LegView<'a>>,
    pub(super) text: Option<&'a str>,
    /// The line that grants an ACL user what the library needs beside its data commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant: Option<&'a str>,
    pub(super) evidence: &'static str,
}

#[derive(Serialize)]
pub(super) struct LegView<'a> {
    pub(super) address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node_id: Option<&'a str>,
    pub(super) dials: Option<&'a str>,
    pub(super) verifies: Option<String>,
    pub(super) sni: Option<&'a str>,
    pub(super) outcome: String,
    pub(super) stage: Option<String>,
    pub(super) text: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub(super) name: &'static str,
    pub(super) version: &'a str,
}

#[derive(Serialize)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

#[derive(Serialize)]
pub(super) struct FindingView<'a> {
    pub(super) code: &'a str,
    pub(super) severity: &'static str,
    pub(super) title: &'a str,
    pub(super) subjects: Vec<SubjectView<'a>>,
    pub(super) expected: &'a str,
    pub(super) presented: &'a str,
    pub(super) clients: Vec<ClientView<'a>>,
    pub(super) remedies: Vec<RemedyView<'a>>,
    pub(super) consequences: Vec<ConsequenceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aftermath: Option<AftermathView>,
}

/// What is so once an error, and every one above it, is mended.
#[derive(Serialize)]
pub(super) struct AftermathView {
    pub(super) failing: usize,
    pub(super) mends: usize,
    pub(super) left: Vec<LeftView>,
}

#[derive(Serialize)]
pub(super) struct LeftView {
    pub(super) code: &'static str,
    pub(super) nodes: usize,
    pub(super) by_one_certificate: bool,
}

#[derive(Serialize)]
pub(super) struct SubjectView<'a> {
    pub(super) kind: &'static str,
    pub(super) id: Option<&'a str>,
    pub(super) address: &'a str,
}

#[derive(Serialize)]
pub(super) struct ClientView<'a> {
    pub(super) id: &'a str,
    pub(super) versions: &'a str,
    pub(super) outcome: &'a str,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct RemedyView<'a> {
    pub(super) r#for: String,
    pub(super) text: &'a str,
    pub(super) lines: &'a [String],
    pub(super) proof: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct ConsequenceView<'a> {
    pub(super) code: &'a str,
    pub(super) subjects: Vec<SubjectView<'a>>,
}

#[derive(Serialize)]
pub(super) struct SkipView<'a> {
    pub(super) code: &'a str,
    pub(super) subject: SubjectView<'a>,
    pub(super) why: &'a str,
}

#[derive(Serialize)]
pub(super) struct TopologyView<'a> {
    pub(super) kind: &'static str,
    pub(super) nodes: Vec<NodeView<'a>>,
    /// Of a Sentinel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<GroupView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) other_groups: Option<&'a [String]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) remarks: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) background: &'a [String],
}

#[derive(Serialize)]
pub(super) struct GroupView<'a> {
    pub(super) name: &'a str,
    pub(super) quorum: Option<u32>,
    pub(super) primary: Option<&'a str>,
    pub(super) replicas: Vec<&'a str>,
    pub(super) sentinels: Vec<&'a str>,
}

#[derive(Serialize)]
pub(super) struct NodeView<'a> {
    pub(super) id: &'a str,
    pub(super) role: &'static str,
    pub(super) announced: AnnouncedView,
    pub(super) slots: String,
    pub(super) reachable: Vec<ReachableView<'a>>,
    pub(super) tls: Option<TlsView<'a>>,
}

#[derive(Serialize)]
pub(super) struct AnnouncedView {
    pub(super) preferred: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) hostname: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) tls_port: Option<u16>,
    pub(super) bus_port: Option<u16>,
}

#[derive(Serialize)]
pub(super) struct ReachableView<'a> {
    pub(super) address: String,
    pub(super) server_name: String,
    pub(super) node_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct TlsView<'a> {
    pub(super) chain_ok: bool,
    pub(super) name_ok: Option<bool>,
    pub(super) names: Vec<String>,
    pub(super) not_after: String,
    pub(super) fingerprint: &'a str,
    #[serde(flatten)]
    pub(super) agreed: Option<AgreedView<'a>>,
}

/// What a handshake came to.
#[derive(Serialize)]
pub(super) struct AgreedView<'a> {
    pub(super) version: &'a str,
    pub(super) suite: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) signature_scheme: Option<&'a str>,
    pub(super) sni: Option<&'a str>,
}

/// What further handshakes showed at one address; its names are other server names than the connection's own.
#[derive(Serialize)]
pub(super) struct ConnectionView<'a> {
    pub(super) address: String,
    #[serde(flatten)]
    pub(super) agreed: Option<AgreedView<'a>>,
    pub(super) accepts: Option<Vec<&'a str>>,
    pub(super) client_certificate: Option<&'static str>,
    pub(super) names: Vec<NameView<'a>>,
    pub(super) hello: Option<HelloView<'a>>,
}

#[derive(Serialize)]
pub(super) struct NameView<'a> {
    pub(super) sni: Option<&'a str>,
    pub(super) fingerprint: Option<&'a str>,
}

/// The answer to a ClientHello that leaves nothing out.
#[derive(Serialize)]
pub(super) struct HelloView<'a> {
    pub(super) version: &'a str,
    pub(super) suite: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) dh_bits: Option<usize>,
    pub(super) fingerprint: Option<&'a str>,
    pub(super) client_certificate_requested: bool,
    pub(super) client_certificate_issuers: &'a [String],
}

#[derive(Serialize)]
pub(super) struct MappingView<'a> {
    pub(super) announced: String,
    pub(super) reachable: String,
    pub(super) server_name: String,
    pub(super) node_id: &'a str,
    pub(super) proof: ProofView<'a>,
}

#[derive(Serialize)]
pub(super) struct ProofView<'a> {
    pub(super) chain: Option<bool>,
    pub(super) name: Option<bool>,
    pub(super) identity: &'a str,
    pub(super) socket: &'a str,
}
