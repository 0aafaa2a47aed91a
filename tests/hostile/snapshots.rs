//! Snapshots come from outside as well: a damaged one is refused or reported, never a panic.

use std::{collections::HashSet, fs, process::Command};

use proptest::{prelude::*, sample::Index};
use redis_doctor::{
    address_map::{audit, written},
    checks, clients,
    diagnosis::{Context, Finding, examine, outlook::Forecast},
    emitters::{self, Settings},
    facts::{
        Answer, Attempt, AuthOutcome, Built, BusLook, Connections, Dns, Group, Hostnames, Idle, IdleEnd, Kind, Lookup,
        Memory, Names, Newcomer, Node, Observed, OpenSlot, Outcome, Refusal, Replication, Role, Sight, Snapshot, Watch,
        Watched,
    },
    names::{self, Speaks},
    render::{self, MapPage, Page, Style},
    request::{self, Options},
    request_forms::{self, Key, Sheet},
};
use serde_json::{Value, json};

/// What is put in place of a value.
fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(65_535),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("?"),
        json!("\u{1b}[31m\u{202e}\n::error::x|`<b>\"'\\${X}"),
        json!("x".repeat(100_000)),
        json!("255.255.255.255"),
        json!("[::]:1"),
        json!("*.*.example.com"),
        json!([]),
        json!({}),
        json!([0, 65_535]),
        json!([[16_383, 0], [0, 16_384], [5, 5], [3, 9]]),
        json!("seen"),
        json!({"not-tried": "why"}),
        json!({"failed": {"stage": "command", "kind": "hostile", "detail": "\u{9b}"}}),
        json!({"failed": {"stage": "handshake", "kind": "timed-out", "detail": ""}}),
    ]
}

/// Pointers to every value of a document.
pub fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| places(item, &format!("{at}/{i}"), found)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| places(item, &format!("{at}/{key}"), found)),
        _ => {}
    }
}

/// One change: at a place, what is done there, and with what.
type Change = (Index, u8, Index);

fn change(document: &mut Value, (place, how, other): &Change) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    let from = document.pointer(&all[other.index(all.len())]).cloned().unwrap_or_default();
    let Some(value) = document.pointer_mut(&all[place.index(all.len())]) else { return };
    match (how % 4, value) {
        (0, Value::Array(items)) if !items.is_empty() => drop(items.remove(other.index(items.len()))),
        (1, Value::Array(items)) if !items.is_empty() => items.push(items[other.index(items.len())].clone()),
        (2, value) => *value = from,
        (_, value) => {
            let all = replacements();
            *value = all[other.index(all.len())].clone();
        }
    }
}

/// Everything the program does with a snapshot.
fn use_up(snapshot: &Snapshot) {
    for expect in [None, Some(Kind::Standalone)] {
        let context = Context::new(snapshot, expect);
        let mut report = examine(&context, checks::ALL);
        let forecast = Forecast::new(&context);
        let outlooks: Vec<_> = clients::ALL.iter().map(|client| forecast.of(client, None)).collect();
        let name_ok = |attempt: &Attempt| {
            let chain = snapshot.chain(attempt)?;
            let (_, endpoint) = attempt.candidates.first()?;
            Some(names::speaks_for(&chain.leaf, &endpoint.host) == Speaks::Yes)
        };
        for _ in 0..2 {
            let outlooks = &outlooks[..];
            let page = Page { snapshot, report: &report, exit: 1, next: "next", note: "", name_ok: &name_ok, outlooks };
            for (width, verbose, color) in [(80, false, false), (20, true, true), (1, true, false)] {
                let style = Style { width, verbose, color, ..Style::default() };
                render::table(&page, &style);
                render::tls(&page, &style);
                render::topology(&page, &style);
                render::clients(&page, &style);
            }
            for text in [render::json(&page), render::github(&page), render::step_summary(&page)] {
                assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
            }
            render::dot(&page);
            render::mermaid(&page);
            report.findings.retain(|f: &Finding| f.code != "san-mismatch");
        }
        let mut settings = Settings {
            seed: snapshot.target.endpoint.clone(),
            tls: true,
            ca_file: Some("a\"b'\\c".to_owned()),
            username: snapshot.target.username.clone(),
            password: true,
            server_name: None,
            client_certificate: None,
            closed: false,
        };
        for closed in [false, true] {
            settings.closed = closed;
            for emitter in emitters::ALL {
                let _ = (emitter.emit)(&report.address_map, &settings);
            }
        }
    }
    check_a_map(snapshot);
    ask_an_authority(snapshot);
}

/// What is asked for holds hosts and words of ours, whatever the servers said.
fn ask_an_authority(snapshot: &Snapshot) {
    for per_node in [false, true] {
        let Ok(request) = request::derive(snapshot, Options { per_node, no_wildcard: false }) else { continue };
        let sheet = Sheet { request: &request, key: Key::default(), command: "", judge: None, check: "" };
        for text in [request_forms::openssl(&sheet), request_forms::cert_manager(&sheet)] {
            assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{text}");
            assert!(!text.contains(['`', '$', '\\', '<', '|']), "{text}");
        }
        assert!(!request_forms::json(&sheet).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        request_forms::text(&sheet);
    }
}

/// A map that names what the snapshot names, and what it does not.
fn check_a_map(snapshot: &Snapshot) {
    let keys = snapshot.deployment().into_iter().flat_map(|t| &t.nodes).map(|node| node.address.to_string());
    let lines: Vec<String> =
        keys.map(|key| format!("{key}={key}")).chain(["10.9.9.9:1=n.example.com:2".into()]).collect();
    let Ok(written) = written::parse(lines.join("\n").as_bytes()) else { return };
    let Ok(audit) = audit::audit(snapshot, &written, None) else { return };
    let page = MapPage { snapshot, audit: &audit, file: "map", exit: 1, next: "next", note: "", forwards: None };
    for text in
        [render::map_check(&page, &Style::default()), render::map_check_github(&page), render::map_check_json(&page)]
    {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
    }
}

/// Snapshots of the lab.
pub fn saved() -> &'static [Value] {
    static SAVED: std::sync::LazyLock<Vec<Value>> = std::sync::LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let scenes = [
            "healthy?nodes=4",
            "azure-enterprise?nodes=4",
            "split-view?nodes=4",
            "expired-certificate?nodes=3",
            "plaintext?nodes=3",
        ];
        let save = |scene: &&str| {
            let file = folder.path().join("snapshot.json");
            let mut command = Command::new(env!("CARGO_BIN_EXE_redis-doctor"));
            command.args(["check", &format!("lab://{scene}"), "-q", "--save"]).arg(&file).output().unwrap();
            serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap()
        };
        let plain: Vec<Value> = scenes.iter().map(save).collect();
        let kinds = [Kind::Cluster, Kind::Sentinel, Kind::Replication];
        let full: Vec<Value> = kinds.into_iter().map(|kind| with_everything(plain[0].clone(), kind)).collect();
        plain.into_iter().chain(full).collect()
    });
    &SAVED
}

/// The same with every part that only some deployments have.
fn with_everything(document: Value, kind: Kind) -> Value {
    let mut snapshot: Snapshot = serde_json::from_value(document).unwrap();
    let Observed::Seen(topology) = &mut snapshot.topology else { panic!("it has nodes") };
    topology.kind = kind;
    let last = topology.nodes.len() - 1;
    for (place, node) in topology.nodes.iter_mut().enumerate().filter(|_| kind != Kind::Cluster) {
        node.role = match place {
            0 => Role::Primary,
            _ if place == last && kind == Kind::Sentinel => Role::Sentinel,
            _ => Role::Replica,
        };
    }
    let nodes = topology.nodes.clone();
    let ids = || nodes.iter().map(|node| node.id.clone()).collect::<Vec<_>>();
    topology.sights = nodes.iter().map(|node| sight(node, &nodes)).collect();
    let group = Group {
        name: "mymaster".to_owned(),
        quorum: Some(2),
        primary: Some(nodes[0].id.clone()),
        replicas: ids(),
        sentinels: ids(),
    };
    if kind == Kind::Sentinel {
        (topology.groups, topology.other_groups) = (vec![group], vec!["other".to_owned()]);
    }
    let watch = |place: usize| Watch {
        groups: vec![Watched {
            name: "mymaster".to_owned(),
            primary: Some(nodes[place % nodes.len()].clone()),
            quorum: Some(2 + u32::try_from(place).unwrap()),
            epoch: Some(7),
            failing_over: true,
            down_after_ms: Some(u64::MAX),
            never_promoted: usize::MAX,
            replicas: nodes[place..].to_vec(),
            peers: nodes.clone(),
        }],
        tilt: true,
        hostnames: Some(Hostnames { resolve: true, announce: false }),
    };
    let seed = snapshot.seed.clone();
    snapshot.also = vec![seed.clone()];
    snapshot.names = names_of(&snapshot, seed);
    let bus = |node: &Node| Some(BusLook { node: node.id.clone(), socket: snapshot.seed.socket?, failure: None });
    snapshot.buses = nodes.iter().filter_map(bus).collect();
    snapshot.idle = Some(Idle { held_ms: 1_000, end: IdleEnd::Forgotten });
    snapshot.target.sentinels = vec![snapshot.target.endpoint.clone()];
    snapshot.target.sentinel_username = Some("app".to_owned());
    snapshot.target.sentinel_password_given = true;
    let attempts = snapshot.nodes.iter_mut().flat_map(|node| &mut node.attempts).chain(&mut snapshot.also);
    for (place, attempt) in attempts.chain([&mut snapshot.seed]).enumerate() {
        say_everything(attempt, watch(place % nodes.len()));
    }
    serde_json::to_value(&snapshot).unwrap()
}

fn sight(node: &Node, nodes: &[Node]) -> Sight {
    let others: Vec<_> = nodes.iter().map(|node| node.id.clone()).filter(|id| *id != node.id).collect();
    let newcomers = others.iter().map(|id| Newcomer { id: id.clone(), address: "10.0.0.9:6379@16379".to_owned() });
    let open = others.iter().map(|peer| OpenSlot { slot: 7, importing: true, peer: peer.clone() });
    Sight {
        silent: others.clone(),
        failed: others.clone(),
        lost: others.clone(),
        newcomers: newcomers.collect(),
        open: open.collect(),
        alone: true,
        more: 3,
        ..Sight::of(node.id.clone())
    }
}

fn names_of(snapshot: &Snapshot, behind: Attempt) -> Names {
    let name = snapshot.target.endpoint.host.clone();
    let answer = |ip: &str| Answer { addresses: vec![ip.parse().unwrap(); 3], more: 2 };
    let dns = Dns {
        outcome: Outcome::Answered,
        answer: answer("10.0.0.7"),
        leads_to: vec!["clustercfg.shop.abc123.use1.cache.amazonaws.com".parse().unwrap()],
        ttl: Some(60),
    };
    let system = Observed::Seen(answer("127.0.0.1"));
    Names {
        lookups: vec![Lookup { name, system, in_hosts_file: true, dns: Some(dns), slow_ms: Some(2000) }],
        behind: vec![behind],
    }
}

fn say_everything(attempt: &mut Attempt, watch: Watch) {
    let Observed::Seen(connection) = &mut attempt.connection else { return };
    connection.watch = Some(Box::new(watch));
    connection.slots_ms = Some(900);
    connection.auth = Observed::Seen(AuthOutcome::Superfluous("ERR Client sent AUTH".to_owned()));
    let answer = "NOPERM User app has no permissions to run the 'info' command".to_owned();
    connection.refusals.push(Refusal { command: "INFO".to_owned(), answer });
    let Observed::Seen(server) = &mut connection.server else { return };
    server.tcp_port = Some(6379);
    server.primary_link = Some("down".to_owned());
    server.primary = Some("10.0.0.1:6379".parse().unwrap());
    server.replicas = vec!["10.0.0.2:6379".parse().unwrap(); 2];
    server.replication = Replication {
        promoted_at: Some(u64::MAX),
        unfinished: vec![0, 9],
        syncing: true,
        down_for: Some(5),
        read_only: Some(false),
        good_replicas: Some(0),
        wanted_replicas: Some(1),
        save_failed: true,
        over_tls: Some(false),
    };
    let text = |text: &str| Some(text.to_owned());
    server.memory =
        Memory { limit: 1, used: Some(2), policy: text("volatile-lru"), refused: Some(1), ..Memory::default() };
    server.built = Built { gcc: text("0.0.0"), enterprise: text("7.4.2-54"), zone: text("a") };
    server.connections = Connections {
        clients: Some(9_990),
        bus: Some(5),
        limit: Some(10_000),
        idle_timeout: Some(60),
        keepalive: Some(0),
    };
}

/// Where numbers count, time and measure, the largest are no trouble.
#[test]
fn numbers_of_any_size_are_taken() {
    for document in saved().iter().rev().take(3) {
        let mut all = Vec::new();
        places(document, "", &mut all);
        let told =
            |place: &&String| document.pointer(place).is_some_and(Value::is_number) && !place.contains("/chains/");
        // One of each kind: of many nodes, the first that has it.
        let mut shapes = HashSet::new();
        let shape = |place: &&String| shapes.insert(place.replace(|c: char| c.is_ascii_digit(), ""));
        for place in all.iter().filter(told).filter(shape) {
            for number in [json!(0), json!(u32::MAX), json!(u64::MAX)] {
                let mut document = document.clone();
                *document.pointer_mut(place).unwrap() = number;
                if let Ok(snapshot) = serde_json::from_value::<Snapshot>(document)
                    && snapshot.check().is_ok()
                {
                    let context = Context::new(&snapshot, None);
                    let report = examine(&context, checks::ALL);
                    let forecast = Forecast::new(&context);
                    let outlooks: Vec<_> = clients::ALL.iter().map(|client| forecast.of(client, None)).collect();
                    let name_ok = |_: &Attempt| None;
                    let (snapshot, report, outlooks) = (&snapshot, &report, &outlooks[..]);
                    let page = Page { snapshot, report, exit: 1, next: "", note: "", name_ok: &name_ok, outlooks };
                    render::table(&page, &Style { verbose: true, ..Style::default() });
                    render::json(&page);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_snapshots_are_refused_or_reported(
        which in any::<Index>(),
        changes in prop::collection::vec(any::<Change>(), 1..6),
    ) {
        let mut document = saved()[which.index(saved().len())].clone();
        for one in &changes {
            change(&mut document, one);
        }
        if let Ok(snapshot) = serde_json::from_value::<Snapshot>(document) && snapshot.check().is_ok() {
            use_up(&snapshot);
        }
    }
}

#[test]
fn whole_snapshots_are_taken() {
    for document in saved() {
        let snapshot: Snapshot = serde_json::from_value(document.clone()).unwrap();
        snapshot.check().unwrap();
        use_up(&snapshot);
    }
}
