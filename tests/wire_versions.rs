//! The cluster replies of every server version and hosting service, as `tests/fixtures/replies` writes them down, against
//! the topology that they have to give.
//!
//! A fixture has sections: `== slots`, `== shards` (RESP in an easy notation), `== nodes` (lines as sent), and what has to
//! come of them: `== topology`, or `== topology from shards` where only that reply is there. In the notation `[ … ]` is an
//! array, `{ … }` a RESP3 map, `( … )` the same map as the flat array of RESP2, `"…"` a bulk string, `=…=` a verbatim
//! string, `nil` and `_` the nulls of RESP2 and RESP3, and a number a number. `#` begins a comment.

use std::{fmt::Write as _, fs, path::Path};

use redis_doctor::{
    facts::{Announced, Limits, Node, Topology, Transport},
    wire::{
        cluster::Draft,
        resp::{Decoded, Value, decode},
    },
};

#[test]
fn every_version_gives_its_topology() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replies");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 15, "{} fixtures", files.len());
    let mut wrong = String::new();
    for file in files {
        let fixture = Fixture::read(&fs::read_to_string(&file).unwrap());
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!fixture.expected.is_empty(), "{name} expects something");
        for (from, expected) in &fixture.expected {
            let got = fixture.topology(from);
            if got.trim() != expected.trim() {
                let _ = write!(wrong, "\n{name}, from {from}\nexpected:\n{expected}\ngot:\n{got}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A fixture's sections.
#[derive(Default)]
struct Fixture {
    tls: bool,
    slots: String,
    shards: String,
    nodes: String,
    /// From which replies, and what.
    expected: Vec<(String, String)>,
}

impl Fixture {
    fn read(text: &str) -> Self {
        let mut fixture = Fixture::default();
        let mut section = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(title) = line.strip_prefix("== ") {
                title.clone_into(&mut section);
                if let Some(from) = title.strip_prefix("topology") {
                    let from = from.strip_prefix(" from ").unwrap_or("slots shards nodes");
                    fixture.expected.push((from.to_owned(), String::new()));
                }
                continue;
            }
            let into = match section.as_str() {
                "" => {
                    fixture.tls |= line == "tls";
                    continue;
                }
                "slots" => &mut fixture.slots,
                "shards" => &mut fixture.shards,
                "nodes" => &mut fixture.nodes,
                topology if topology.starts_with("topology") => &mut fixture.expected.last_mut().unwrap().1,
                other => panic!("no section is called {other}"),
            };
            *into += line;
            *into += "\n";
        }
        fixture
    }

    fn topology(&self, from: &str) -> String {
        let mut draft = Draft::new(&Limits::default());
        let transport = if self.tls { Transport::Tls } else { Transport::Plaintext };
        let uses = |reply: &str| from.split(' ').any(|word| word == reply);
        if uses("slots") {
            each(&self.slots, |entry| draft.slots_entry(entry));
        }
        if uses("shards") {
            each(&self.shards, |shard| draft.shards_entry(shard, transport));
        }
        if uses("nodes") {
            self.nodes.lines().for_each(|line| draft.nodes_line(line.as_bytes()));
        }
        written(&draft.finish())
    }
}

/// Every element of the reply that a section writes down.
fn each(section: &str, mut f: impl FnMut(&Value<'_>)) {
    if section.trim().is_empty() {
        return;
    }
    let mut words = words(section).into_iter().peekable();
    let bytes = encode(&mut words);
    assert_eq!(words.next(), None, "one reply a section: {section}");
    let Ok(Decoded::Done(value, used)) = decode(&bytes, 8, 1 << 20) else { panic!("{section}") };
    assert_eq!(used, bytes.len(), "{section}");
    value.array().expect("an array of entries").iter().for_each(&mut f);
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '[' | ']' | '{' | '}' | '(' | ')' => 1,
            '"' | '=' => 2 + rest[1..].find(first).expect("a text ends"),
            _ => rest.find(|c: char| c.is_whitespace() || "[]{}()".contains(c)).unwrap_or(rest.len()),
        };
        words.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    words
}

/// One value as RESP.
fn encode(words: &mut std::iter::Peekable<impl Iterator<Item = String>>) -> Vec<u8> {
    let word = words.next().expect("a value");
    let text = |sign: char, text: &str| format!("{sign}{}\r\n{text}\r\n", text.len()).into_bytes();
    let close = match word.as_str() {
        "nil" => return b"$-1\r\n".to_vec(),
        "_" => return b"_\r\n".to_vec(),
        "[" => "]",
        "{" => "}",
        "(" => ")",
        quoted if quoted.starts_with('"') => return text('$', quoted.trim_matches('"')),
        verbatim if verbatim.starts_with('=') => return text('=', &format!("txt:{}", verbatim.trim_matches('='))),
        number => return format!(":{number}\r\n").into_bytes(),
    };
    let (mut body, mut count) = (Vec::new(), 0);
    while words.peek().expect("it is closed") != close {
        body.extend(encode(words));
        count += 1;
    }
    words.next();
    let head = if close == "}" { format!("%{}\r\n", count / 2) } else { format!("*{count}\r\n") };
    [head.into_bytes(), body].concat()
}

/// A line a node: role, id, preferred endpoint and port, slots, then whatever else is known.
fn written(topology: &Topology) -> String {
    let mut lines: Vec<String> = topology.nodes.iter().map(line).collect();
    lines.extend(topology.malformed.iter().map(|what| format!("malformed: {what}")));
    lines.join("\n")
}

fn line(node: &Node) -> String {
    let address = &node.address;
    let mut words = vec![node.role.to_string(), node.id.to_string(), address.to_string()];
    words.extend((!node.slots.is_empty()).then(|| node.slots.to_string()));
    words.extend(node.primary.as_ref().map(|id| format!("of={id}")));
    if address.ip != address.preferred && address.ip != Announced::Absent {
        words.push(format!("ip={}", address.ip));
    }
    if address.hostname != address.preferred && address.hostname != Announced::Absent {
        words.push(format!("hostname={}", address.hostname));
    }
    let ports = [("tcp", address.tcp_port), ("tls", address.tls_port), ("bus", address.bus_port)];
    words.extend(ports.into_iter().filter_map(|(name, port)| Some(format!("{name}={}", port?))));
    let flags = [
        ("fail", node.flags.fail),
        ("fail?", node.flags.pfail),
        ("handshake", node.flags.handshake),
        ("noaddr", node.flags.noaddr),
        ("loading", node.flags.loading),
        ("disconnected", node.flags.link_down),
    ];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_owned()));
    words.join(" ")
}
