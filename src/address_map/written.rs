//! A map that a person wrote: read from the forms in which client libraries and people write them.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::facts::{Also, Detour, Detours, Endpoint, Host, NodeId};

/// Most bytes of a map that are read.
pub const LARGEST: usize = 4 << 20;
/// Most entries; as many as nodes can be looked at.
pub const MOST: usize = 20_000;
/// How much of a key or a line an error quotes.
const QUOTED: usize = 80;

/// How a map is written, which says how its keys are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `{"10.0.0.5:6379": {"host": …, "port": …}}`: node-redis and ioredis compare keys byte by byte with `host:port`.
    Objects,
    /// `{"10.0.0.5:6379": "n1.example.com:6379"}`.
    Pairs,
    /// What `address-map --for json` and `--format json` write.
    Ours,
    /// `10.0.0.5:6379=n1.example.com:6379`, a line each.
    Lines,
}

/// Where in the file something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line, from 1.
    Line(usize),
    /// The entry of a JSON list, from 1.
    Entry(usize),
    /// The key of a JSON object.
    Key(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(n) => write!(f, "line {n}"),
            Place::Entry(n) => write!(f, "entry {n}"),
            Place::Key(key) => write!(f, "\"{key}\""),
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// The key as it is written.
    pub spelled: String,
    /// What it means.
    pub key: Endpoint,
    /// Where it sends clients.
    pub target: Endpoint,
    /// The name to verify there, where the entry has one of its own (`servername`, `tls.servername`, `server_name`).
    pub server_name: Option<Host>,
    /// Further keys of the same node (`also_announced`).
    pub further: Vec<Endpoint>,
    /// The node that it is for, where the entry says so (`node_id`).
    pub node_id: Option<NodeId>,
}

impl Entry {
    /// What has to be dialled to see whether the entry is right.
    pub fn also(&self) -> Also {
        let server_name = self.server_name.clone().filter(|name| *name != self.target.host);
        Also { endpoint: self.target.clone(), server_name }
    }

    /// Every key that leads there.
    pub fn keys(&self) -> impl Iterator<Item = &Endpoint> {
        std::iter::once(&self.key).chain(&self.further)
    }
}

/// The whole map, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How it is written.
    pub form: Form,
    /// At least one.
    pub entries: Vec<Entry>,
    /// How the targets are spoken to, where the map says so (`tls`).
    pub tls: Option<bool>,
    /// The CA certificates that the targets are verified by, beside the map (`ca_file`).
    pub ca_file: Option<String>,
}

impl Written {
    /// Where clients that have it go.
    pub fn detours(&self, label: &str) -> Detours {
        let led = |entry: &Entry| {
            let Also { endpoint: to, server_name } = entry.also();
            let detour = Detour { to, server_name };
            entry.keys().map(|key| (key.clone(), detour.clone())).collect::<Vec<_>>()
        };
        Detours::new(label, self.entries.iter().flat_map(led))
    }
}

/// Why a text is not a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where, where that can be said.
    pub place: Option<Place>,
    /// What is wrong with it, and how it should be.
    pub why: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

impl std::error::Error for Malformed {}

/// Reads a map in any of the forms.
///
/// # Errors
/// What cannot be understood, and where; more than [`LARGEST`] bytes or [`MOST`] entries.
pub fn parse(bytes: &[u8]) -> Result<Written, Malformed> {
    if bytes.len() > LARGEST {
        return Err(nowhere(format!("more than {} MiB is no address map", LARGEST >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| nowhere("it is not UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let written = if is_json(text) { json(text)? } else { bare(Form::Lines, lines(text)?) };
    match written.entries.len() {
        0 => Err(nowhere("there is no entry in it")),
        n if n > MOST => Err(nowhere(format!("{n} entries, and {MOST} are the most that is read"))),
        _ => Ok(written),
    }
}

/// Nothing but entries.
fn bare(form: Form, entries: Vec<Entry>) -> Written {
    Written { form, entries, tls: None, ca_file: None }
}

/// A line may begin with a bracket, too: `[::1]:6379=…`.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', ']']))
}

fn lines(text: &str) -> Result<Vec<Entry>, Malformed> {
    let mut entries = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = Place::Line(n + 1);
        let Some((key, target)) = line.split_once("->").or_else(|| line.split_once('=')) else {
            return Err(at(&place, format!("write host:port=host:port, not \"{}\"", shortened(line))));
        };
        entries.push(entry(place, key.trim(), target.trim(), None)?);
    }
    Ok(entries)
}

fn json(text: &str) -> Result<Written, Malformed> {
    if text.trim_start().starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text).map_err(|why| no_json(&why))?;
        return Ok(bare(Form::Ours, ours(&list)?));
    }
    let Object(mut pairs) = serde_json::from_str(text).map_err(|why| no_json(&why))?;
    if let Some((_, Value::Array(list))) = pairs.iter().find(|(key, _)| key == "address_map") {
        let said = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let tls = said("tls").and_then(Value::as_bool);
        let ca_file = said("ca_file").and_then(Value::as_str).map(str::to_owned);
        return Ok(Written { tls, ca_file, ..bare(Form::Ours, ours(list)?) });
    }
    if let [(name, Value::Object(_))] = &pairs[..]
        && WRAPPERS.contains(&name.as_str())
    {
        let Wrapped(inner) = serde_json::from_str(text).map_err(|why| no_json(&why))?;
        pairs = inner;
    }
    let form = if pairs.iter().any(|(_, value)| value.is_object()) { Form::Objects } else { Form::Pairs };
    let entries = pairs.iter().map(|(key, value)| pair(key, value)).collect::<Result<_, _>>()?;
    Ok(bare(form, entries))
}

/// The options that node-redis and ioredis have for it, which may stand around the map.
const WRAPPERS: [&str; 2] = ["nodeAddressMap", "natMap"];

/// A JSON object with its keys in order, those that stand there twice included.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Object(deserializer.deserialize_map(Pairs(std::marker::PhantomData))?))
    }
}

/// The object inside an object of one key.
struct Wrapped(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let outer: Vec<(String, Object)> = deserializer.deserialize_map(Pairs(std::marker::PhantomData))?;
        Ok(Wrapped(outer.into_iter().next().map(|(_, Object(pairs))| pairs).unwrap_or_default()))
    }
}

/// The pairs of an object, as they come.
struct Pairs<V>(std::marker::PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of addresses")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

fn pair(key: &str, value: &Value) -> Result<Entry, Malformed> {
    let place = Place::Key(shortened(key));
    match value {
        Value::String(target) => entry(place, key, target, None),
        Value::Object(fields) => {
            let text = |field: &Value| field.as_str().map(str::to_owned);
            let host = fields.get("host").and_then(text).ok_or_else(|| at(&place, "the entry has no \"host\""))?;
            let port = fields.get("port").map(|port| port.as_str().map_or_else(|| port.to_string(), str::to_owned));
            let port = port.ok_or_else(|| at(&place, "the entry has no \"port\""))?;
            let own = fields.get("servername").or_else(|| fields.get("tls")?.get("servername"));
            entry(place, key, &format!("{host}:{port}"), own.and_then(text).as_deref())
        }
        _ => Err(at(&place, "an entry is {\"host\": …, \"port\": …} or \"host:port\"")),
    }
}

/// What `address-map --for json` writes, and the `map.json` of a tunnel's folder.
fn ours(list: &[Value]) -> Result<Vec<Entry>, Malformed> {
    let read = |(n, value): (usize, &Value)| {
        let place = Place::Entry(n + 1);
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let (Some(key), Some(target)) = (text("announced"), text("reachable")) else {
            return Err(at(&place, "an entry of a list has \"announced\" and \"reachable\""));
        };
        let further = value.get("also_announced").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let further = further.iter().map(|key| endpoint(&place, "key", key.as_str().unwrap_or_default()));
        let further = further.collect::<Result<_, _>>()?;
        let id = text("node_id").map(|id| NodeId::try_from(id.to_owned()).map_err(|why| at(&place, why)));
        let node_id = id.transpose()?;
        Ok(Entry { further, node_id, ..entry(place, key, target, text("server_name"))? })
    };
    list.iter().enumerate().map(read).collect()
}

fn entry(place: Place, key: &str, target: &str, server_name: Option<&str>) -> Result<Entry, Malformed> {
    let (meant, target) = (endpoint(&place, "key", key)?, endpoint(&place, "target", target)?);
    let name = |text: &str| {
        text.parse::<Host>().map_err(|why| at(&place, format!("the server name \"{}\": {why}", shortened(text))))
    };
    let server_name = server_name.map(name).transpose()?;
    Ok(Entry { place, spelled: key.to_owned(), key: meant, target, server_name, further: Vec::new(), node_id: None })
}

fn endpoint(place: &Place, what: &str, text: &str) -> Result<Endpoint, Malformed> {
    text.parse().map_err(|why| at(place, format!("the {what} \"{}\": {why}", shortened(text))))
}

/// For each entry the first one with the same key, where it is not the first itself.
pub(super) fn repeats(entries: &[Entry]) -> Vec<Option<usize>> {
    let mut first: HashMap<Endpoint, usize> = HashMap::new();
    let of = |(i, entry): (usize, &Entry)| {
        let at = *first.entry(entry.key.plain()).or_insert(i);
        (at != i).then_some(at)
    };
    entries.iter().enumerate().map(of).collect()
}

fn no_json(error: &serde_json::Error) -> Malformed {
    let place = (error.line() > 0).then(|| Place::Line(error.line()));
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default();
    let hint = "keys and texts stand in double quotes, no comma after the last entry, no comments";
    Malformed { place, why: format!("it is not JSON: {why} ({hint})") }
}

fn at(place: &Place, why: impl Into<String>) -> Malformed {
    Malformed { place: Some(place.clone()), why: why.into() }
}

fn nowhere(why: impl Into<String>) -> Malformed {
    Malformed { place: None, why: why.into() }
}

fn shortened(text: &str) -> String {
    let cut: String = text.chars().take(QUOTED).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Written {
        parse(text.as_bytes()).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).expect_err(text).to_string()
    }

    fn shown(written: &Written) -> Vec<String> {
        let name = |e: &Entry| e.server_name.as_ref().map(|n| format!(" as {n}")).unwrap_or_default();
        written.entries.iter().map(|e| format!("{} -> {}{}", e.key, e.target, name(e))).collect()
    }

    #[test]
    fn every_form_says_the_same() {
        let forms = [
            (Form::Lines, "10.0.0.5:6379=n1.test:7000\n10.0.0.6:6379=n2.test:7000\n"),
            (Form::Lines, "# mine\r\n\r\n10.0.0.5:6379 -> n1.test:7000\r\n 10.0.0.6:6379 = n2.test:7000 # b"),
            (Form::Pairs, r#"{"10.0.0.5:6379": "n1.test:7000", "10.0.0.6:6379": "n2.test:7000"}"#),
            (
                Form::Objects,
                r#"{"10.0.0.5:6379": {"host": "n1.test", "port": 7000}, "10.0.0.6:6379": {"host": "n2.test", "port": "7000"}}"#,
            ),
            (
                Form::Objects,
                r#"{"nodeAddressMap": {"10.0.0.5:6379": {"host": "n1.test", "port": 7000}, "10.0.0.6:6379": {"host": "n2.test", "port": 7000}}}"#,
            ),
            (
                Form::Ours,
                r#"[{"announced": "10.0.0.5:6379", "reachable": "n1.test:7000"}, {"announced": "10.0.0.6:6379", "reachable": "n2.test:7000"}]"#,
            ),
            (
                Form::Ours,
                r#"{"format": 1, "address_map": [{"announced": "10.0.0.5:6379", "reachable": "n1.test:7000"}, {"announced": "10.0.0.6:6379", "reachable": "n2.test:7000"}]}"#,
            ),
        ];
        for (form, text) in forms {
            let written = read(text);
            assert_eq!(written.form, form, "{text}");
            let expected = ["10.0.0.5:6379 -> n1.test:7000", "10.0.0.6:6379 -> n2.test:7000"];
            assert_eq!(shown(&written), expected, "{text}");
        }
    }

    /// What `tunnel --out` writes, with every octet of it damaged: read or refused, and what is read is found again.
    #[test]
    fn a_damaged_map_of_tunnels_is_read_or_refused() {
        let whole = br#"{"format": 1, "kind": "ssh", "tls": true, "ca_file": "client/ca.pem", "address_map": [
            {"node_id": "07c37dfeb235213a872192d90877d0cd55635b91", "announced": "10.0.0.5:6379", "reachable": "127.0.0.1:20711",
             "also_announced": ["n1.test:6379", "[2001:db8::5]:6379"], "server_name": "n1.test"}]}"#;
        assert_eq!(read(std::str::from_utf8(whole).unwrap()).detours("map").len(), 3);
        for at in 0..whole.len() {
            for octet in [b'"', b'\\', b'[', b'{', b',', b'0', b'-', 0, 0xff] {
                let mut damaged = whole.to_vec();
                damaged[at] = octet;
                if let Ok(written) = parse(&damaged) {
                    let detours = written.detours("map");
                    let mut keys = written.entries.iter().flat_map(Entry::keys);
                    assert!(keys.all(|key| detours.at(key).is_some()), "{at}: {octet}");
                }
            }
            let _ = parse(&whole[..at]);
        }
    }

    #[test]
    fn ipv6_in_each_of_its_spellings() {
        let written = read("[2001:db8::5]:6379=[::1]:7000\n2001:DB8::6:6379->::1:7001");
        assert_eq!(shown(&written), ["[2001:db8::5]:6379 -> [::1]:7000", "[2001:db8::6]:6379 -> [::1]:7001"]);
        assert_eq!(written.entries[1].spelled, "2001:DB8::6:6379");
        let written = read(r#"{"natMap": {"2001:db8::5:6379": {"host": "::1", "port": 7000}}}"#);
        assert_eq!(shown(&written), ["[2001:db8::5]:6379 -> [::1]:7000"]);
    }

    #[test]
    fn names_to_verify_are_read_where_the_clients_take_them() {
        let written = read(
            r#"{"a:1": {"host": "b", "port": 1, "servername": "n.test"}, "c:1": {"host": "d", "port": 1, "tls": {"servername": "m.test"}}}"#,
        );
        assert_eq!(shown(&written), ["a:1 -> b:1 as n.test", "c:1 -> d:1 as m.test"]);
        assert_eq!(written.entries[0].also().server_name, Some("n.test".parse().unwrap()));
        let ours = read(r#"[{"announced": "a:1", "reachable": "b:1", "server_name": "b", "proof": {}}]"#);
        assert_eq!(ours.entries[0].also().server_name, None, "the host itself is no name of its own");
    }

    #[test]
    fn what_a_tunnel_has_beside_its_addresses() {
        let written = read(
            r#"{"format": 1, "tls": true, "ca_file": "ca.pem", "kind": "ssh", "address_map": [{"node_id": "07c3", "announced":
               "10.0.0.11:6379", "also_announced": ["N1.test:6379"], "reachable": "127.0.0.1:20711", "server_name": "n1.test"}]}"#,
        );
        assert_eq!((written.tls, written.ca_file.as_deref()), (Some(true), Some("ca.pem")));
        assert_eq!(written.entries[0].node_id.as_ref().unwrap().as_str(), "07c3");
        let detours = written.detours("map.json");
        let keys: Vec<String> = detours.keys().map(ToString::to_string).collect();
        assert_eq!(keys, ["n1.test:6379", "10.0.0.11:6379"]);
        assert!(
            refused(r#"[{"announced": "a:1", "reachable": "b:1", "node_id": "a b"}]"#).contains("entry 1: a node id")
        );
        assert!(
            refused(r#"[{"announced": "a:1", "reachable": "b:1", "also_announced": ["x"]}]"#).contains("the key \"x\"")
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_kept_twice() {
        let written = read(r#"{"A.test:1": "b:1", "c:1": "d:1", "a.test.:1": "e:1"}"#);
        assert_eq!(repeats(&written.entries), [None, None, Some(0)]);
        let same = read(r#"{"natMap": {"a:1": {"host": "b", "port": 1}, "a:1": {"host": "c", "port": 1}}}"#);
        assert_eq!(repeats(&same.entries), [None, Some(0)]);
    }

    #[test]
    fn what_is_malformed_is_said_with_its_place() {
        for (text, said) in [
            ("", "there is no entry in it"),
            ("{}", "there is no entry in it"),
            ("[]", "there is no entry in it"),
            ("# only this\n", "there is no entry in it"),
            ("a:1=b:1\nnonsense", "line 2: write host:port=host:port, not \"nonsense\""),
            ("a=b:1", "line 1: the key \"a\": the port is not a number from 1 to 65535"),
            ("a:1=b:0", "line 1: the target \"b:0\": the port is not a number from 1 to 65535"),
            ("a b:1=b:1", "line 1: the key \"a b:1\": not a host name or an IP address (write IPv6 as [::1])"),
            (r#"{"a:1": {"port": 1}}"#, "\"a:1\": the entry has no \"host\""),
            (r#"{"a:1": {"host": "b"}}"#, "\"a:1\": the entry has no \"port\""),
            (r#"{"a:1": {"host": "b", "port": 1.5}}"#, "the port is not a number"),
            (r#"{"a:1": 7}"#, "\"a:1\": an entry is {\"host\": …, \"port\": …} or \"host:port\""),
            (r#"[{"announced": "a:1"}]"#, "entry 1: an entry of a list has \"announced\" and \"reachable\""),
            ("{\n'a:1': 'b:1'}", "line 2: it is not JSON: key must be a string"),
            ("{\"a:1\": \"b:1\",}", "line 1: it is not JSON: trailing comma"),
        ] {
            assert!(refused(text).contains(said), "{text}: {}", refused(text));
        }
        assert_eq!(parse(b"\xff\xfe").unwrap_err().to_string(), "it is not UTF-8 text");
    }

    #[test]
    fn there_is_a_bound_on_everything() {
        let line = "a:1=b:1\n";
        assert!(refused(&line.repeat(LARGEST / line.len() + 1)).contains("4 MiB"));
        assert!(refused(&line.repeat(MOST + 1)).contains("20000 are the most"));
        assert!(refused(&"[".repeat(100_000)).len() < 500);
        assert!(refused(&format!("{{\"{}\": 1}}", "x".repeat(100_000))).len() < 500);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_again(text in "(\\PC|[\\n{}\\[\\]\":=,>-]){0,200}") {
            if let Ok(written) = parse(text.as_bytes()) {
                let line = |e: &Entry| format!("{}={}\n", e.key, e.target);
                let again = read(&written.entries.iter().map(line).collect::<String>());
                let pairs = |w: &Written| w.entries.iter().map(|e| (e.key.clone(), e.target.clone())).collect::<Vec<_>>();
                prop_assert_eq!(pairs(&again), pairs(&written));
            }
        }
    }
}
