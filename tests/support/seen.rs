//! A saved snapshot without what differs from run to run and is shown: ports, dates, durations, host name, fingerprints.
//! The certificates themselves stay, since it is from them that their names are verified.

use std::collections::HashMap;

use serde_json::Value;

/// 2027-01-15T08:00:00Z.
const TAKEN_AT: i64 = 1_800_000_000;
/// What every other port becomes.
const OTHER_PORT: u64 = 9999;

/// The same snapshot, the same on every run and every machine: `endpoint` becomes the endpoint's port, those of the nodes
/// follow from `first` in the order of the topology.
pub fn normalised(snapshot: &str, endpoint: u64, first: u64) -> String {
    let mut snapshot: Value = serde_json::from_str(snapshot).unwrap();
    let ports = ports(&snapshot, endpoint, first);
    let taken_at = snapshot["taken_at"].as_i64().unwrap();
    snapshot["vantage"]["hostname"] = "workstation".into();
    let mut fingerprints: HashMap<String, usize> = HashMap::new();
    walk(&mut snapshot, &mut |key, value| match (key, &*value) {
        ("port" | "tls_port" | "tcp_port", Value::Number(n)) => *value = known(&ports.own, n.as_u64().unwrap()).into(),
        ("bus_port", Value::Number(n)) => *value = known(&ports.bus, n.as_u64().unwrap()).into(),
        ("taken_at" | "not_before" | "not_after", Value::Number(n)) => {
            *value = (n.as_i64().unwrap() - taken_at + TAKEN_AT).into();
        }
        (key, Value::Number(_)) if key.ends_with("_ms") => *value = 0.into(),
        // They stay apart, by the order in which they come; the anchor of a judgement is one of them.
        ("fingerprint" | "anchor", Value::String(text)) if is_fingerprint(text) => {
            let next = fingerprints.len();
            *value = format!("{:02}", fingerprints.entry(text.clone()).or_insert(next)).into();
        }
        (_, Value::String(text)) if text.contains("UnixTime(") => *value = "a moment".into(),
        (_, Value::String(text)) => *value = in_text(&ports, text).into(),
        _ => {}
    });
    // A year is not always as long: to the day is near enough.
    walk(&mut snapshot, &mut |key, value| {
        if let ("not_before" | "not_after", Some(at)) = (key, value.as_i64()) {
            *value = (at / 86_400 * 86_400).into();
        }
    });
    serde_json::to_string_pretty(&snapshot).unwrap() + "\n"
}

/// SHA-256 in hexadecimal.
fn is_fingerprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What each port becomes. One node's bus port may be the other kind of port of another node.
#[derive(Default)]
struct Ports {
    /// Of the endpoint and of the nodes.
    own: HashMap<u64, u64>,
    /// They stay 10000 above.
    bus: HashMap<u64, u64>,
}

fn ports(snapshot: &Value, endpoint_becomes: u64, first: u64) -> Ports {
    let endpoint = snapshot["target"]["endpoint"].as_str().unwrap();
    let endpoint = endpoint.rsplit(':').next().unwrap().parse().unwrap();
    let mut ports = Ports::default();
    let nodes = snapshot["topology"]["seen"]["nodes"].as_array().cloned().unwrap_or_default();
    for (node, port) in nodes.iter().zip(first..) {
        ports.bus.extend(node["address"]["bus_port"].as_u64().map(|bus| (bus, port + 10_000)));
        ports.own.extend(node["address"]["port"].as_u64().map(|own| (own, port)));
    }
    ports.own.entry(endpoint).or_insert(endpoint_becomes);
    ports
}

fn known(ports: &HashMap<u64, u64>, port: u64) -> u64 {
    ports.get(&port).copied().unwrap_or(OTHER_PORT)
}

/// Ports in text: `:` (or `@` for the bus) and four or five digits.
fn in_text(ports: &Ports, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find([':', '@']) {
        let (before, after) = rest.split_at(at + 1);
        let of_its_kind = if before.ends_with('@') { &ports.bus } else { &ports.own };
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let ends = !after[digits..].starts_with(|c: char| c.is_ascii_alphanumeric());
        out += before;
        match after[..digits].parse() {
            Ok(port) if (4..=5).contains(&digits) && ends => out += &known(of_its_kind, port).to_string(),
            _ => out += &after[..digits],
        }
        rest = &after[digits..];
    }
    out + rest
}

/// Visits every value with its key, or that of the list it stands in.
fn walk(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    fn inside(key: &str, value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| inside(key, value, visit)),
            Value::Array(items) => items.iter_mut().for_each(|item| inside(key, item, visit)),
            _ => visit(key, value),
        }
    }
    inside("", value, visit);
}
