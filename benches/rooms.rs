//! The pure rooms on a cluster of 1,000 nodes: what arrives from each node, what is thought of all, and what is said.

use std::{fmt::Write as _, hint::black_box};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rcgen::{BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints};
use redis_doctor::{
    checks,
    diagnosis::{Context, Report, examine},
    facts::{
        Attempt, Difference, Failure, FailureKind, Limits, NodeId, Observed, Scheme, Snapshot, Stage, SubjectAltName,
        Target, Transport, Trust, View,
    },
    lab,
    names::{
        STACKS,
        trust::{self, Anchors, Purpose},
    },
    probe::Probe,
    render::{self, Page, Style},
    wire::{
        certificate,
        cluster::Draft,
        comparison::{Comparison, Reference},
        resp::{self, Decoded, Value},
    },
};

const NODES: usize = 1_000;

fn wire(criterion: &mut Criterion) {
    let limits = Limits::default();
    let (slots, shards, nodes) = (slots(), shards(), nodes_text(0));
    let decoded = |reply: &[u8], each: &mut dyn FnMut(&Value<'_>, &[u8])| {
        let (_, mut at) = header(reply);
        while at < reply.len() {
            let Ok(Decoded::Done(value, used)) = resp::decode(&reply[at..], limits.depth, limits.element) else {
                break;
            };
            each(&value, &reply[at..at + used]);
            at += used;
        }
    };
    let mut group = criterion.benchmark_group("wire");
    group.bench_function("SLOTS of 1,000 nodes into a topology", |b| {
        b.iter(|| {
            let mut draft = Draft::new(&limits);
            decoded(&slots, &mut |value, _| draft.slots_entry(value));
            draft.finish()
        });
    });
    group.bench_function("SHARDS of 1,000 nodes into a topology", |b| {
        b.iter(|| {
            let mut draft = Draft::new(&limits);
            decoded(&shards, &mut |value, _| draft.shards_entry(value, Transport::Tls));
            draft.finish()
        });
    });
    let mut reference = Reference::new(limits.nodes);
    decoded(&slots, &mut |value, raw| reference.slots_entry(value, raw));
    nodes.lines().for_each(|line| reference.nodes_line(line.as_bytes()));
    for (what, view) in [("equal", nodes_text(1)), ("another", nodes_text(1).replace("10.0.", "10.1."))] {
        group.bench_function(format!("a NODES view of 1,000 nodes, {what}"), |b| {
            b.iter(|| {
                let mut comparison = Comparison::new(&reference, limits.differences, limits.sights);
                view.lines().for_each(|line| comparison.nodes_line(line.as_bytes()));
                comparison.finish()
            });
        });
    }
    group.finish();
}

fn certificates(criterion: &mut Criterion) {
    let limits = Limits::default();
    let (snapshot, ca) = look("healthy?nodes=1");
    let chain: Vec<Vec<u8>> = snapshot.chains[0].certificates().map(|c| c.der.clone()).collect();
    let (anchors, _) = Anchors::from_der(vec![ca]);
    let now = snapshot.taken_at;
    let host = "redis.example.com".parse().expect("a host");
    let mut group = criterion.benchmark_group("certificates");
    group.bench_function("parse one", |b| b.iter(|| certificate::certificate(black_box(&chain[0]), &limits)));
    group.bench_function("judge a chain by every verifier", |b| {
        b.iter(|| trust::chain(black_box(&chain), &anchors, now, Purpose::Server, &limits));
    });
    let judged = trust::chain(&chain, &anchors, now, Purpose::Server, &limits).expect("the lab's certificate parses");
    group.bench_function("what every stack says of it", |b| {
        b.iter(|| STACKS.iter().map(|stack| stack.refusals(black_box(&judged), Some(&host)).len()).sum::<usize>());
    });
    for (what, chain, anchors) in hostile() {
        group.bench_function(what, |b| {
            b.iter(|| trust::chain(black_box(&chain), &anchors, now, Purpose::Server, &limits));
        });
    }
    group.finish();
}

/// Chains that are made to be expensive: a hundred intermediates of one name and key that sign each other, with no anchor at
/// the end; and thousands of names under thousands of constraints.
fn hostile() -> Vec<(&'static str, Vec<Vec<u8>>, Anchors)> {
    let key = KeyPair::generate().expect("a key");
    let issuer = |n: usize, limits: Option<NameConstraints>| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "The same");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some((n as u64).into());
        params.name_constraints = limits;
        params
    };
    let first = issuer(0, None);
    let leaf = |names: usize| {
        let names: Vec<String> = (0..names).map(|n| format!("n{n}.example.com")).collect();
        let params = CertificateParams::new(names).expect("names");
        params.signed_by(&key, &Issuer::from_params(&first, &key)).expect("signed").der().to_vec()
    };
    let issuers = (1..100).map(|n| issuer(n, None).self_signed(&key).expect("signed").der().to_vec());
    let same = std::iter::once(leaf(1)).chain(issuers).collect();
    let excluded = (0..5_000).map(|n| GeneralSubtree::DnsName(format!("x{n}.example.org"))).collect();
    let limits = NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees: excluded };
    let constrained = issuer(1, Some(limits)).self_signed(&key).expect("signed").der().to_vec();
    let none = || Anchors::from_der(Vec::new()).0;
    let bundle = Anchors::from_der(vec![constrained.clone()]).0;
    vec![
        ("a hundred issuers of one name", same, none()),
        ("5,000 names under 5,000 constraints", vec![leaf(5_000), constrained], bundle),
    ]
}

fn diagnosis(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("examine");
    for (what, snapshot) in snapshots() {
        group.bench_function(what, |b| b.iter(|| examined(&snapshot)));
    }
    group.finish();
}

fn rendering(criterion: &mut Criterion) {
    let style = Style { verbose: true, ..Style::default() };
    let mut group = criterion.benchmark_group("render");
    for (what, snapshot) in snapshots() {
        let report = examined(&snapshot);
        let page = Page {
            snapshot: &snapshot,
            report: &report,
            exit: 1,
            next: "",
            note: "",
            name_ok: &|_| Some(false),
            outlooks: &[],
        };
        group.bench_function(format!("{what}, table"), |b| b.iter(|| render::table(&page, &style)));
        group.bench_function(format!("{what}, json"), |b| b.iter(|| render::json(&page)));
        group.bench_function(format!("{what}, topology"), |b| b.iter(|| render::topology(&page, &style)));
    }
    group.finish();
}

fn saving(criterion: &mut Criterion) {
    let (snapshot, _) = look(&format!("azure-enterprise?nodes={NODES}"));
    let text = serde_json::to_vec_pretty(&snapshot).expect("a snapshot serialises");
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function("save", |b| b.iter(|| serde_json::to_vec_pretty(&snapshot)));
    group.bench_function("load", |b| {
        b.iter_batched(|| (), |()| serde_json::from_slice::<Snapshot>(&text), BatchSize::LargeInput);
    });
    group.finish();
}

fn examined(snapshot: &Snapshot) -> Report {
    examine(&Context::new(snapshot, None), checks::ALL)
}

/// A scene of the lab, looked at; and its CA.
fn look(scene: &str) -> (Snapshot, Vec<u8>) {
    let _ = rlimit::increase_nofile_limit(16_384);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let lab = lab::start(&scene.parse().expect("a scene")).await.expect("the lab starts");
        let ca = lab.ca_der.clone();
        let target = Target {
            trust: Trust { label: "the lab's CA".to_owned(), anchors: vec![ca.clone()] },
            overrides: lab.overrides.clone(),
            ..Target::at(lab.endpoint.clone(), Scheme::Tls)
        };
        let probe = Probe::new(target, Limits::default()).expect("a target without a client key");
        (probe.gather(|_| ()).await, ca)
    })
}

/// 1,000 nodes in good health, and 1,000 that are all wrong in the same or each in its own way.
fn snapshots() -> Vec<(&'static str, Snapshot)> {
    let (healthy, _) = look(&format!("healthy?nodes={NODES}"));
    let (mismatched, _) = look(&format!("azure-enterprise?nodes={NODES}"));
    let (mut unreachable, mut own_chains, mut own_views) = (mismatched.clone(), mismatched.clone(), healthy.clone());
    for (i, attempt) in attempts(&mut unreachable).enumerate() {
        let kind = if i % 2 == 0 { FailureKind::Refused } else { FailureKind::TimedOut };
        attempt.connection =
            Observed::Failed(Failure { stage: Stage::Connect, kind, detail: format!("no answer within {i} ms") });
    }
    let first = own_chains.chains[0].clone();
    own_chains.chains = (0..NODES)
        .map(|i| {
            let mut chain = first.clone();
            chain.leaf.names = vec![SubjectAltName::Dns(format!("node-{i}.redis.example.com"))];
            chain.leaf.fingerprint = format!("{i:064x}");
            chain.leaf.not_after = own_chains.taken_at + 86_400;
            chain
        })
        .collect();
    for (i, probe) in own_chains.nodes.iter_mut().enumerate() {
        for attempt in &mut probe.attempts {
            if let Observed::Seen(connection) = &mut attempt.connection
                && let Observed::Seen(session) = &mut connection.tls
            {
                session.chain = i;
            }
        }
    }
    if let Observed::Seen(topology) = &mut own_views.topology {
        let ids: Vec<NodeId> = topology.nodes.iter().map(|n| n.id.clone()).collect();
        let view = |(i, id): (usize, &NodeId)| View {
            members: vec![id.clone()],
            differences: (1..=32).map(|n| Difference::Lacks(ids[(i + n) % ids.len()].clone())).collect(),
            more: i,
        };
        topology.views = ids.iter().enumerate().map(view).collect();
    }
    vec![
        ("healthy", healthy),
        ("all mismatched", mismatched),
        ("all unreachable", unreachable),
        ("each its own certificate", own_chains),
        ("each its own view", own_views),
    ]
}

fn attempts(snapshot: &mut Snapshot) -> impl Iterator<Item = &mut Attempt> {
    snapshot.nodes.iter_mut().flat_map(|probe| &mut probe.attempts)
}

fn id(node: usize) -> String {
    format!("{node:040x}")
}

fn header(reply: &[u8]) -> (usize, usize) {
    match resp::header(reply, reply.len()) {
        Ok(Decoded::Done(resp::Header::Array(count), used)) => (count, used),
        other => unreachable!("the benchmark wrote an array: {other:?}"),
    }
}

/// 500 ranges, each with a primary and a replica.
fn slots() -> Vec<u8> {
    let mut reply = format!("*{}\r\n", NODES / 2);
    for shard in 0..NODES / 2 {
        let _ = write!(reply, "*4\r\n:{}\r\n:{}\r\n", shard * 32, shard * 32 + 31);
        for node in [shard, shard + NODES / 2] {
            let ip = format!("10.0.{}.{}", node / 250, node % 250 + 1);
            let _ = write!(reply, "*4\r\n${}\r\n{ip}\r\n:6379\r\n$40\r\n{}\r\n*0\r\n", ip.len(), id(node));
        }
    }
    reply.into_bytes()
}

fn shards() -> Vec<u8> {
    let mut reply = format!("*{}\r\n", NODES / 2);
    for shard in 0..NODES / 2 {
        let _ = write!(reply, "*4\r\n+slots\r\n*2\r\n:{}\r\n:{}\r\n+nodes\r\n*2\r\n", shard * 32, shard * 32 + 31);
        for (node, role) in [(shard, "master"), (shard + NODES / 2, "replica")] {
            let ip = format!("10.0.{}.{}", node / 250, node % 250 + 1);
            let _ = write!(reply, "*12\r\n+id\r\n+{}\r\n+tls-port\r\n:6379\r\n+ip\r\n+{ip}\r\n", id(node));
            let _ = write!(reply, "+endpoint\r\n+{ip}\r\n+role\r\n+{role}\r\n+health\r\n+online\r\n");
        }
    }
    reply.into_bytes()
}

/// CLUSTER NODES as node `myself` tells it.
fn nodes_text(myself: usize) -> String {
    let line = |node: usize| {
        let (me, ip) = (if node == myself { "myself," } else { "" }, format!("10.0.{}.{}", node / 250, node % 250 + 1));
        let shard = node % (NODES / 2);
        let (role, primary, slots) = if node == shard {
            ("master", "-".to_owned(), format!(" {}-{}", shard * 32, shard * 32 + 31))
        } else {
            ("slave", id(shard), String::new())
        };
        format!(
            "{} {ip}:6379@16379 {me}{role} {primary} 0 {} 1 connected{slots}\n",
            id(node),
            1_700_000 + node * myself
        )
    };
    (0..NODES).map(line).collect()
}

criterion_group!(benches, wire, certificates, diagnosis, rendering, saving);
criterion_main!(benches);
