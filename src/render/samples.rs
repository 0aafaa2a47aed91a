//! Snapshots and reports made by hand, one for each situation a renderer has to do well in.

mod links;
mod sentinel;

use super::{Page, Style};
use crate::{
    address_map::{AddressMap, Mapping, Proof, Unmapped},
    diagnosis::{
        Affected, Audience, Consequence, Finding, Remedy, Report, Severity, Skip, Subject, SubjectKind, Summary,
    },
    facts::{
        Announced, Asked, Attempt, AuthOutcome, Candidate, Certificate, CertificateChain, ChainVerdict,
        ClientCertRequest, Connection, Difference, Endpoint, Failure, FailureKind, Host, Kind, Names, Node,
        NodeAddress, NodeFlags, NodeId, NodeProbe, Observed, Role, Server, SlotRange, Slots, Snapshot, Stage,
        SubjectAltName, TargetFacts, TlsSession, Topology, Transport, TrustSource, Vantage, View, ViewNode,
    },
    providers::Recognised,
};

/// 2026-11-21T06:40:00Z.
const TAKEN_AT: i64 = 1_795_243_200;

/// A snapshot, the report on it, and what goes with them.
pub(super) struct Sample {
    pub(super) snapshot: Snapshot,
    pub(super) report: Report,
    exit: u8,
    next: &'static str,
    name_ok: Option<bool>,
}

impl Sample {
    /// Hands the page to a renderer.
    pub(super) fn render<T>(&self, renderer: impl Fn(&Page<'_>) -> T) -> T {
        let name_ok = |attempt: &Attempt| attempt.tls().and(self.name_ok);
        let (snapshot, report) = (&self.snapshot, &self.report);
        renderer(&Page {
            snapshot,
            report,
            exit: self.exit,
            next: self.next,
            note: "or --for json",
            name_ok: &name_ok,
            outlooks: &[],
        })
    }

    /// The same for a screen.
    pub(super) fn screen(&self, renderer: fn(&Page<'_>, &Style) -> String, style: &Style) -> String {
        self.render(|page| renderer(page, style))
    }
}

/// Every sample with its name.
pub(super) fn all() -> Vec<(&'static str, Sample)> {
    vec![
        ("healthy", healthy()),
        ("azure", azure(6)),
        ("hundred", azure(100)),
        ("mixed", mixed()),
        ("hostile", hostile()),
        ("standalone", standalone()),
        ("sentinel", sentinel::sentinel()),
        ("dead", dead()),
    ]
}

/// Six nodes over TLS, nothing wrong.
pub(super) fn healthy() -> Sample {
    many_healthy(6)
}

/// Any number of nodes, nothing wrong.
pub(super) fn many_healthy(n: usize) -> Sample {
    let snapshot = cluster("redis.example.com:6379", n, |i| format!("redis-{}.example.com:6379", i + 1));
    let report = Report { summary: Summary { passed: 42, failed: 0, skipped: 0 }, ..nothing() };
    Sample {
        snapshot,
        report,
        exit: 0,
        next: "redis-doctor address-map rediss://redis.example.com:6379 --for redis-py",
        name_ok: Some(true),
    }
}

/// Nodes announce IPs, the certificate is a DNS wildcard, and the seed's host reaches them all.
pub(super) fn azure(n: usize) -> Sample {
    at_addresses(n, |i| format!("10.1.{}.{}:{}", i / 200, 4 + i % 200, 8500 + i))
}

/// The same with other addresses.
pub(super) fn at_addresses(n: usize, address: impl Fn(usize) -> String) -> Sample {
    let host = "cache-prod.westeurope.redisenterprise.cache.azure.net";
    let mut snapshot = cluster(&format!("{host}:10000"), n, address);
    snapshot.chains[0].leaf.names = vec![SubjectAltName::Dns(format!("*.{}", &host["cache-prod.".len()..]))];
    let mappings = nodes(&snapshot).iter().map(|node| mapped(node, host)).collect();
    let finding = Finding {
        code: "san-mismatch",
        severity: Severity::Error,
        title: "the certificate does not speak for the addresses that the cluster sends clients to".into(),
        subjects: subjects(&snapshot),
        expected: "a certificate that names 10.1.0.4, the address that clients dial and verify".into(),
        presented: "DNS:*.westeurope.redisenterprise.cache.azure.net".into(),
        clients: san_clients(),
        remedies: san_remedies(&snapshot, host),
        consequences: vec![Consequence { code: "node-unreachable", subjects: subjects(&snapshot) }],
        aftermath: None,
        at_the_endpoint: false,
        follows: crate::diagnosis::Follows::All,
        transient: false,
    };
    let report = Report {
        summary: Summary { passed: 30, failed: n * 2, skipped: 0 },
        findings: vec![finding],
        address_map: AddressMap { mappings, ..AddressMap::default() },
        ..nothing()
    };
    let next = "redis-doctor address-map rediss://cache-prod.westeurope.redisenterprise.cache.azure.net:10000 --for node-redis";
    Sample { snapshot, report, exit: 1, next, name_ok: Some(false) }
}

/// Six nodes in IPv6: one refuses, one is another node, one is failed and stale, the chain expires soon, views disagree.
pub(super) fn mixed() -> Sample {
    let mut snapshot =
        cluster("[2001:db8:85a3::1]:6379", 6, |i| format!("[2001:db8:85a3:8d3:1319:8a2e:370:{:x}]:16379", 0x7340 + i));
    break_some(&mut snapshot);
    let all = subjects(&snapshot);
    let mut report = nothing();
    report.summary = Summary { passed: 25, failed: 5, skipped: 8 };
    report.findings = vec![
        plain(Severity::Error, "node-unreachable", "a node does not answer at the address it announces", &all[1..2]),
        plain(Severity::Error, "views-disagree", "two nodes send clients to other addresses than the rest", &all[2..4]),
        plain(Severity::Warning, "certificate-expires-soon", "the certificate expires in 12 days", &all),
        plain(Severity::Info, "address-private", "the cluster announces addresses of a private network", &all),
    ];
    report.findings[0].clients = san_clients();
    report.findings[0].consequences = vec![Consequence { code: "slots-uncovered", subjects: all[..1].to_vec() }];
    let skip = |code, subject: &Subject| Skip {
        code,
        subject: subject.clone(),
        why: "credentials withheld: the chain is not trusted".into(),
    };
    report.skipped = all[1..5].iter().flat_map(|s| [skip("auth-refused", s), skip("own-address-stale", s)]).collect();
    report.address_map = AddressMap {
        mappings: nodes(&snapshot)[..3].iter().map(|node| mapped(node, "redis.example.com")).collect(),
        unmapped: vec![Unmapped {
            node_id: id(1),
            announced: all[1].address.clone(),
            why: "nothing that was tried answers with its id".into(),
        }],
        ..AddressMap::default()
    };
    report.ignored = 2;
    let next = "redis-doctor topology rediss://[2001:db8:85a3::1]:6379 -v";
    Sample { snapshot, report, exit: 1, next, name_ok: Some(true) }
}

/// Escape sequences, bidi controls and markup wherever text comes from the wire.
pub(super) fn hostile() -> Sample {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}gpj\u{2066}\u{200b}\u{e0041}\r\n::error::pwn|<script>`\"];%%{init}|";
    let mut sample = mixed();
    let snapshot = &mut sample.snapshot;
    snapshot.vantage.hostname = Some(evil.into());
    snapshot.chains[0].leaf.names = vec![SubjectAltName::Dns(evil.into()), SubjectAltName::Uri("x".repeat(512))];
    snapshot.chains[0].leaf.subject = evil.into();
    if let Observed::Seen(topology) = &mut snapshot.topology {
        topology.nodes[0].address.preferred = Announced::from_text(evil);
        topology.nodes[1].address.hostname = Announced::from_text(evil);
        topology.nodes[2].address.preferred = Announced::from_text("?");
        topology.malformed.push(evil.into());
        topology.views[1].differences.push(Difference::Endpoint(id(2), evil.into()));
    }
    for finding in &mut sample.report.findings {
        finding.title = format!("it said {evil}");
        finding.presented = "y".repeat(300) + evil;
        finding.subjects[0].address = evil.into();
        finding.clients.iter_mut().for_each(|client| client.text.push_str(evil));
        finding.remedies.iter_mut().for_each(|remedy| remedy.text.push_str(evil));
    }
    sample.report.skipped[0].why = evil.into();
    sample
}

/// One plaintext server.
pub(super) fn standalone() -> Sample {
    let mut snapshot = cluster("localhost:6379", 1, |_| "127.0.0.1:6379".to_owned());
    snapshot.chains.clear();
    snapshot.target.asked = Asked::Plaintext;
    if let Observed::Seen(topology) = &mut snapshot.topology {
        topology.kind = Kind::Standalone;
        topology.nodes[0].slots = Slots::default();
        topology.views.clear();
    }
    let attempt = &mut snapshot.nodes[0].attempts[0];
    attempt.transport = Transport::Plaintext;
    if let Observed::Seen(connection) = &mut attempt.connection {
        connection.tls = Observed::NotTried("plaintext".into());
    }
    let report = Report { summary: Summary { passed: 9, failed: 0, skipped: 0 }, ..nothing() };
    Sample {
        snapshot,
        report,
        exit: 0,
        next: "redis-doctor check redis://localhost:6379 --expect cluster",
        name_ok: None,
    }
}

/// Nobody listens, so there is nothing but the one finding.
pub(super) fn dead() -> Sample {
    let mut snapshot = cluster("redis.example.com:6379", 0, |_| String::new());
    let failure = Failure {
        stage: Stage::Connect,
        kind: FailureKind::Refused,
        detail: "Connection refused (os error 111)".into(),
    };
    snapshot.seed = attempt("redis.example.com:6379", None, 0);
    snapshot.seed.connection = Observed::Failed(failure.clone());
    snapshot.topology = Observed::Failed(failure);
    snapshot.chains.clear();
    snapshot.vantage = Vantage::default();
    let endpoint = Subject { kind: SubjectKind::Endpoint, id: None, address: "redis.example.com:6379".into() };
    let why = "the endpoint did not answer";
    let codes =
        ["tls-not-spoken", "chain-untrusted", "san-mismatch", "slots-uncovered", "node-unreachable", "views-disagree"];
    let report = Report {
        summary: Summary { passed: 0, failed: 1, skipped: 6 },
        findings: vec![Finding {
            expected: "an open port".into(),
            presented: "connection refused by 192.0.2.7:6379".into(),
            ..plain(
                Severity::Error,
                "endpoint-unreachable",
                "nobody listens at the endpoint",
                std::slice::from_ref(&endpoint),
            )
        }],
        skipped: codes.iter().map(|code| Skip { code, subject: endpoint.clone(), why: why.into() }).collect(),
        ..nothing()
    };
    Sample { snapshot, report, exit: 1, next: "redis-doctor explain endpoint-unreachable", name_ok: None }
}

fn break_some(snapshot: &mut Snapshot) {
    links::look_further(snapshot);
    let refused = Failure { stage: Stage::Connect, kind: FailureKind::Refused, detail: "Connection refused".into() };
    snapshot.nodes[1].attempts[0].connection = Observed::Failed(refused);
    if let Observed::Seen(connection) = &mut snapshot.nodes[2].attempts[0].connection {
        connection.identity = Observed::Seen(id(5));
    }
    if let Observed::Seen(connection) = &mut snapshot.nodes[4].attempts[0].connection {
        connection.identity = Observed::NotTried("credentials withheld".into());
    }
    snapshot.chains[0].leaf.not_after = TAKEN_AT + 12 * 86_400;
    let Observed::Seen(topology) = &mut snapshot.topology else { return };
    topology.nodes[1].flags.fail = true;
    topology.nodes[0].slots = Slots::new(vec![SlotRange(0, 99), SlotRange(200, 299), SlotRange(400, 5460)]);
    topology.nodes[2].address.ip = Announced::from_text("10.0.0.7");
    let says = ViewNode {
        id: id(1),
        address: "10.9.9.9:6379@16379".into(),
        role: Role::Primary,
        primary: None,
        slots: "5461-10922".into(),
        failed: true,
    };
    topology.views[0].members.truncate(4);
    topology.views.push(View {
        members: vec![id(2), id(3)],
        differences: vec![
            Difference::Says(says),
            Difference::Lacks(id(4)),
            Difference::Endpoint(id(0), "10.9.9.8:6379".into()),
        ],
        more: 3,
    });
}

fn plain(severity: Severity, code: &'static str, title: &str, subjects: &[Subject]) -> Finding {
    Finding {
        code,
        severity,
        title: title.into(),
        subjects: subjects.to_vec(),
        expected: "what clients rely on".into(),
        presented: "what was seen from here instead".into(),
        clients: Vec::new(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Announce an address that clients can reach.".into(),
            lines: vec!["CONFIG SET cluster-announce-ip 192.0.2.10".into()],
            proof: None,
        }],
        consequences: Vec::new(),
        aftermath: None,
        at_the_endpoint: false,
        follows: crate::diagnosis::Follows::All,
        transient: false,
    }
}

fn san_clients() -> Vec<Affected> {
    let altname = "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: IP: 10.1.0.4 is not in the cert's list: ";
    let fails = |id, versions, text: &str| Affected { id, versions, outcome: "fails", text: text.into() };
    vec![
        fails("node-redis", "≥ 4", altname),
        fails("ioredis", "≥ 5", altname),
        fails(
            "redis-py",
            "≥ 6",
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not valid for '10.1.0.4'.",
        ),
        fails("redis-rs", "≥ 0.25", "invalid peer certificate: certificate not valid for name \"10.1.0.4\""),
        fails(
            "go-redis",
            "≥ 9",
            "x509: cannot validate certificate for 10.1.0.4 because it doesn't contain any IP SANs",
        ),
        fails("lettuce", "≥ 6", "No subject alternative names matching IP address 10.1.0.4 found"),
        Affected { id: "redis-cli", versions: "all", outcome: "ok", text: String::new() },
        Affected { id: "jedis", versions: "< 7.5", outcome: "ok", text: String::new() },
    ]
}

fn san_remedies(snapshot: &Snapshot, host: &str) -> Vec<Remedy> {
    let mut lines = vec!["nodeAddressMap: {".to_owned()];
    lines.extend(nodes(snapshot).iter().map(|n| {
        let port = n.address.port.unwrap_or(0);
        format!("  '{}': {{ host: '{host}', port: {port} }},", n.address)
    }));
    lines.push("},".into());
    let n = snapshot.nodes.len();
    vec![
        Remedy {
            audience: Audience::Client,
            text: "Map every announced address to the host that the certificate names.".into(),
            lines,
            proof: Some(format!("{n} of {n} nodes dialled at {host}: chain and name verified, CLUSTER MYID equal")),
        },
        Remedy {
            audience: Audience::Server,
            text: "Announce host names and prefer them.".into(),
            lines: vec!["CONFIG SET cluster-preferred-endpoint-type hostname".into()],
            proof: None,
        },
    ]
}

fn nothing() -> Report {
    let address_map = AddressMap::default();
    Report {
        summary: Summary::default(),
        findings: Vec::new(),
        skipped: Vec::new(),
        ignored: 0,
        address_map,
        recognised: Recognised::default(),
        remarks: Vec::new(),
        background: Vec::new(),
    }
}

fn nodes(snapshot: &Snapshot) -> &[Node] {
    snapshot.topology.seen().map_or(&[], |t| &t.nodes)
}

fn subjects(snapshot: &Snapshot) -> Vec<Subject> {
    let subject =
        |n: &Node| Subject { kind: SubjectKind::Node, id: Some(n.id.clone()), address: n.address.to_string() };
    nodes(snapshot).iter().map(subject).collect()
}

fn mapped(node: &Node, host: &str) -> Mapping {
    let announced = node.address.preferred_endpoint().unwrap();
    let proof =
        Proof { chain: Some(true), name: Some(true), identity: "cluster-myid".into(), socket: announced.to_string() };
    let server_name: Host = host.parse().unwrap();
    let reachable = Endpoint::new(server_name.clone(), announced.port);
    let (preferred, hostname, ip, resolved, ways) = (node.address.preferred.clone(), None, None, None, Vec::new());
    Mapping {
        node_id: node.id.clone(),
        announced,
        preferred,
        hostname,
        ip,
        resolved,
        reachable,
        server_name,
        proof,
        ways,
        in_use: false,
    }
}

fn id(i: usize) -> NodeId {
    NodeId::from_wire(format!("{:08x}{:032}", 0x07c3_7dfe_usize.wrapping_mul(i + 1) & 0xffff_ffff, i).as_bytes())
        .unwrap()
}

/// Primaries in the first half, their replicas in the second; one node is a primary with all slots.
fn cluster(seed: &str, n: usize, address: impl Fn(usize) -> String) -> Snapshot {
    let primaries = n.div_ceil(2);
    let order = (0..primaries).flat_map(|p| [p, p + primaries]).filter(|i| *i < n);
    let addresses: Vec<(usize, String)> = order.map(|i| (i, address(i))).collect();
    let nodes: Vec<Node> = addresses.iter().map(|(i, text)| node(*i, primaries, text)).collect();
    let probes = nodes.iter().map(|n| NodeProbe {
        id: n.id.clone(),
        attempts: vec![attempt(&n.address.to_string(), Some(n.id.clone()), 0)],
    });
    let view = View { members: nodes.iter().map(|n| n.id.clone()).collect(), differences: Vec::new(), more: 0 };
    Snapshot {
        format: 1,
        tool_version: "0.1.0".into(),
        taken_at: TAKEN_AT,
        judged_at: None,
        vantage: Vantage { hostname: Some("ci-runner-7".into()), addresses: vec!["10.0.0.9".parse().unwrap()] },
        target: target(seed),
        seed: attempt(seed, None, 0),
        nodes: probes.collect(),
        topology: Observed::Seen(Topology {
            kind: Kind::Cluster,
            announced: n,
            views: vec![view],
            malformed: Vec::new(),
            groups: Vec::new(),
            sights: Vec::new(),
            other_groups: Vec::new(),
            nodes,
        }),
        chains: vec![chain()],
        anchors: Vec::new(),
        also: Vec::new(),
        again: Vec::new(),
        aliases: Vec::new(),
        names: Names::default(),
        idle: None,
        buses: Vec::new(),
        cut_short: false,
    }
}

fn node(i: usize, primaries: usize, address: &str) -> Node {
    let endpoint: Endpoint = address.parse().unwrap();
    let is_primary = i < primaries;
    let slot = |p: usize| u16::try_from(p * usize::from(Slots::TOTAL) / primaries).unwrap();
    Node {
        id: id(i),
        role: if is_primary { Role::Primary } else { Role::Replica },
        address: NodeAddress {
            preferred: Announced::Host(endpoint.host.clone()),
            port: Some(endpoint.port),
            ip: Announced::Host(endpoint.host),
            tls_port: Some(endpoint.port),
            bus_port: Some(endpoint.port.wrapping_add(10_000)),
            ..NodeAddress::default()
        },
        primary: (!is_primary).then(|| id(i - primaries)),
        slots: if is_primary { Slots::new(vec![SlotRange(slot(i), slot(i + 1) - 1)]) } else { Slots::default() },
        flags: NodeFlags::default(),
    }
}

fn attempt(endpoint: &str, identity: Option<NodeId>, chain: usize) -> Attempt {
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let session = TlsSession {
        version: "TLSv1.3".into(),
        suite: "TLS_AES_256_GCM_SHA384".into(),
        group: Some("x25519".into()),
        signature: Some("ecdsa_secp256r1_sha256".into()),
        sni: endpoint.host.name().map(str::to_owned),
        chain,
        proved_possession: true,
        client_cert: ClientCertRequest::default(),
    };
    let connection = Connection {
        local: None,
        connect_ms: 1,
        tls: Observed::Seen(session),
        auth: Observed::Seen(AuthOutcome::Accepted),
        identity: identity.map_or(Observed::NotTried("not asked".into()), Observed::Seen),
        server: Observed::Seen(Server::default()),
        own_address: None,
        of_another_cluster: false,
        refusals: Vec::new(),
        cut: None,
        slots_ms: None,
        watch: None,
    };
    Attempt {
        server_name: endpoint.host.clone(),
        candidates: vec![(Candidate::Preferred, endpoint)],
        named: None,
        socket: Some("192.0.2.7:6379".parse().unwrap()),
        transport: Transport::Tls,
        connection: Observed::Seen(connection),
        spoke: None,
        tls_port: None,
        hello: None,
        looks: None,
        by_name: Vec::new(),
        took_ms: 3,
    }
}

fn target(seed: &str) -> TargetFacts {
    TargetFacts {
        endpoint: seed.parse().unwrap(),
        asked: Asked::Tls,
        server_name: None,
        sni: None,
        username: None,
        password_given: true,
        password_oddity: None,
        client_certificate_given: false,
        client_certificate: None,
        trust: Some(TrustSource { label: "ca.pem".into(), anchors: 1 }),
        detours: None,
        sentinels: Vec::new(),
        sentinel_username: None,
        sentinel_password_given: false,
        group: None,
        database: 0,
        known: Vec::new(),
        given: None,
    }
}

fn chain() -> CertificateChain {
    let leaf = Certificate {
        der: vec![0x30],
        subject: "CN=redis.example.com".into(),
        issuer: "CN=Example Issuing CA, O=Example".into(),
        common_name: Some("redis.example.com".into()),
        other_common_names: Vec::new(),
        serial: "01".into(),
        names: vec![SubjectAltName::Dns("*.example.com".into()), SubjectAltName::Dns("example.com".into())],
        more_names: 0,
        names_critical: false,
        not_before: TAKEN_AT - 86_400 * 60,
        not_after: TAKEN_AT + 86_400 * 300,
        is_ca: false,
        version: 3,
        usages: Some(vec!["serverAuth".into(), "clientAuth".into()]),
        key_usages: None,
        subject_key_id: None,
        authority_key_id: None,
        key: "EC P-256".into(),
        signature: "ecdsa-with-SHA256".into(),
        ca_issuers: Vec::new(),
        fingerprint: "3b".repeat(32),
    };
    let mut issuing = leaf.clone();
    issuing.subject.clone_from(&leaf.issuer);
    CertificateChain {
        leaf,
        rest: vec![issuing],
        judgements: Vec::new(),
        verdict: ChainVerdict::Trusted { anchor: "CN=Example Root, O=Example".into() },
    }
}
