//! Snapshots come from outside as well: a damaged one is refused or reported, never a panic.

use std::{fs, process::Command};

use proptest::{prelude::*, sample::Index};
use redis_doctor::{
    address_map::{audit, written},
    checks, clients,
    diagnosis::{Context, Finding, examine, outlook::Forecast},
    emitters::{self, Settings},
    facts::{Attempt, Kind, Snapshot},
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
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
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
fn saved() -> &'static [Value] {
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
        scenes.iter().map(save).collect()
    });
    &SAVED
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
