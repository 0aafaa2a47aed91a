//! redis-py: `address_remap`, a callable from one `(host, port)` to another. There is no server name to set in cluster mode.

use super::{
    Emitter, Settings, closed, python,
    quote::quoted,
    rule::{Needed, Rule},
};
use crate::{
    address_map::AddressMap,
    facts::{Announced, Endpoint, Host},
};

/// A module with `connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "redis-py", emit };

/// What to do where only a server name would help.
const WAY_OUT: &str = "; let the nodes announce names that their certificates hold (cluster-announce-hostname, \
                       cluster-preferred-endpoint-type hostname), or issue certificates for what they announce";

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    let map = &with_question_marks(map);
    let needed = Needed::with_blanks(map, settings)?;
    let refused = needed.refuse_names(settings, "redis-py takes no server name in cluster mode", |_| true);
    refused.map_err(|why| closed::way_out(settings, &why, WAY_OUT))?;
    let mut head = vec!["# For redis-py 4.5.5 or newer, written by redis-doctor.".to_owned()];
    head.extend(localhost(&needed, settings));
    module(head, "redis", "Redis", &needed, settings)
}

/// A module of this library or its fork, under comments of its own: `package` and `class` are what its names begin with.
pub(super) fn module(
    mut lines: Vec<String>,
    package: &str,
    class: &str,
    needed: &Needed<'_>,
    settings: &Settings,
) -> Result<String, String> {
    lines.extend(needed.missing("#"));
    lines.extend(imports(package, class, settings));
    lines.extend(table(needed));
    lines.extend(settings.closed.then(through_the_tunnel).into_iter().flatten());
    lines.extend([String::new(), "def connect():".to_owned(), format!("    return {class}Cluster(")]);
    lines.extend(seeds(needed, settings));
    lines.extend(arguments(settings)?.into_iter().map(|argument| format!("        {argument},")));
    if settings.closed {
        lines.push("        address_remap=reachable,".to_owned());
        lines.push(format!("        {package}_connect_func=map_redirects,"));
    } else {
        lines.extend(REDIRECTS.iter().map(|line| format!("        # {line}")));
        lines.push(format!("        address_remap={},", remap(needed)));
    }
    lines.push("    )\n".to_owned());
    Ok(lines.join("\n"))
}

fn imports(package: &str, class: &str, settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(settings.password.then(|| "import os".to_owned()));
    lines.extend(settings.closed.then(|| "from functools import partial".to_owned()));
    if !lines.is_empty() {
        lines.push(String::new());
    }
    if settings.closed {
        lines.push(format!("from {package}.cluster import ClusterNode, {class}Cluster"));
        lines.push(format!("from {package}.exceptions import AskError"));
    } else {
        lines.push(format!("from {package}.cluster import {class}Cluster"));
    }
    lines.push(String::new());
    lines
}

/// Above `connect`: the map that raises, and the redirects, which the hook leaves out, led through it on each connection.
fn through_the_tunnel() -> Vec<String> {
    let blank = || [String::new(), String::new()];
    let mapped = MAPPED.lines().map(str::to_owned);
    [String::new()]
        .into_iter()
        .chain(python::fail_closed())
        .chain(blank())
        .chain(mapped)
        .chain([String::new()])
        .collect()
}

/// Seen with 5.3.1 and 8.1.0, and with valkey-py 6.2: one function in the place of a connection's method, which they call
/// for single commands, pipelines and what is published alike, and which outlives a reconnect.
const MAPPED: &str = "\
# address_remap is not asked about redirects: MOVED would dial the announced address, around the tunnel, and ASK would fail.
# So they are led through the map where a connection reads them. MovedError is an AskError.
def read_response(connection, *args, **kwargs):
    try:
        return type(connection).read_response(connection, *args, **kwargs)
    except AskError as redirect:
        redirect.host, redirect.port = redirect.node_addr = reachable(redirect.node_addr)
        raise


def map_redirects(connection):
    connection.read_response = partial(read_response, connection)
";

/// One, or in a tunnel several ends.
fn seeds(needed: &Needed<'_>, settings: &Settings) -> Vec<String> {
    let Endpoint { host, port } = &settings.seed;
    if !settings.closed {
        return vec![format!("        host=\"{host}\","), format!("        port={port},")];
    }
    let ends =
        needed.ends().map(|m| format!("            ClusterNode(\"{}\", {}),", m.reachable.host, m.reachable.port));
    ["        startup_nodes=[".to_owned()].into_iter().chain(ends).chain(["        ],".to_owned()]).collect()
}

/// A `?` in place of a host name is what the hook is called with.
pub(super) fn with_question_marks(map: &AddressMap) -> AddressMap {
    let mut map = map.clone();
    for mapping in map.mappings.iter_mut().filter(|m| m.preferred == Announced::QuestionMark) {
        mapping.announced.host = Host::Name("?".to_owned());
    }
    map
}

/// What the hook leaves out (8.1.0, `redis/cluster.py`, `_execute_command`), seen with 5.3.1 and 8.1.0 while a slot moved.
const REDIRECTS: [&str; 2] = [
    "Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,",
    "ASK raises AttributeError until the slot has moved.",
];

/// The one name that redis-py resolves before it verifies (`ClusterNode.__init__`).
fn localhost(needed: &Needed<'_>, settings: &Settings) -> Option<String> {
    let mut dialled = needed.entries.iter().map(|m| &m.reachable).chain([&settings.seed]);
    let resolved = settings.tls && dialled.any(|endpoint| endpoint.host.name() == Some("localhost"));
    resolved.then(|| "# redis-py resolves \"localhost\" first: the certificate has to speak for 127.0.0.1.".to_owned())
}

fn table(needed: &Needed<'_>) -> Vec<String> {
    if matches!(needed.rule, Rule::OneHost(_)) {
        return Vec::new();
    }
    let entries = needed.entries.iter().map(|m| python::entry(&m.announced, &m.reachable));
    ["ADDRESSES = {".to_owned()].into_iter().chain(entries).chain(["}".to_owned(), String::new()]).collect()
}

fn arguments(settings: &Settings) -> Result<Vec<String>, String> {
    let mut arguments = Vec::new();
    if settings.tls {
        arguments.push("ssl=True".to_owned());
        let (cert, key) = settings.client_certificate.as_ref().map(|(cert, key)| (cert, key)).unzip();
        for (option, file) in
            [("ssl_ca_certs", settings.ca_file.as_ref()), ("ssl_certfile", cert), ("ssl_keyfile", key)]
        {
            if let Some(file) = file {
                arguments.push(format!("{option}={}", quoted(file, '"')?));
            }
        }
    }
    if let Some(user) = &settings.username {
        arguments.push(format!("username={}", quoted(user, '"')?));
    }
    if settings.password {
        arguments.push("password=os.environ[\"REDIS_PASSWORD\"]".to_owned());
    }
    Ok(arguments)
}

fn remap(needed: &Needed<'_>) -> String {
    match needed.rule {
        Rule::OneHost(host) => format!("lambda address: (\"{host}\", address[1])"),
        _ => "lambda address: ADDRESSES.get(address, address)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Settings, emit};
    use crate::{address_map::Way, facts::Announced};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster


def connect():
    return RedisCluster(
        host="redis.example.com",
        port=10000,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,
        # ASK raises AttributeError until the slot has moved.
        address_remap=lambda address: ("redis.example.com", address[1]),
    )
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster

ADDRESSES = {
    ("10.0.0.4", 6379): ("n1.example.com", 6379),
    ("10.0.0.5", 6379): ("n2.example.com", 7379),
}


def connect():
    return RedisCluster(
        host="redis.example.com",
        port=10000,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,
        # ASK raises AttributeError until the slot has moved.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&table(), &tls()).unwrap(), expected);
    }

    #[test]
    fn another_server_name_cannot_be_served() {
        let why = "redis-py takes no server name in cluster mode, and 10.0.0.4:6379 verifies as redis.example.com only; \
                   let the nodes announce names";
        let said = emit(&one_name(), &tls()).unwrap_err();
        assert!(said.starts_with(why), "{said}");
    }

    #[test]
    fn plaintext_says_nothing_of_tls() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
from redis.cluster import RedisCluster

ADDRESSES = {
    ("172.18.0.2", 6379): ("127.0.0.1", 7001),
    ("172.18.0.3", 6379): ("127.0.0.1", 7002),
}


def connect():
    return RedisCluster(
        host="127.0.0.1",
        port=7001,
        # Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,
        # ASK raises AttributeError until the slot has moved.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn ipv6_keys_are_unbracketed() {
        let settings = Settings { seed: "[2001:db8::1]:6379".parse().unwrap(), ..tls() };
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
import os

from redis.cluster import RedisCluster

ADDRESSES = {
    ("2001:db8::4", 6379): ("2001:db8::14", 6379),
    ("2001:db8::5", 6379): ("2001:db8::15", 6379),
}


def connect():
    return RedisCluster(
        host="2001:db8::1",
        port=6379,
        ssl=True,
        ssl_ca_certs="ca.pem",
        username="app",
        password=os.environ["REDIS_PASSWORD"],
        # Redirects while slots move are not mapped: MOVED dials the announced address and comes back here when that fails,
        # ASK raises AttributeError until the slot has moved.
        address_remap=lambda address: ADDRESSES.get(address, address),
    )
"#;
        assert_eq!(emit(&ipv6(), &settings).unwrap(), expected);
    }

    #[test]
    fn a_blank_host_is_the_seeds() {
        let mut blank = one_host();
        for mapping in &mut blank.mappings {
            mapping.announced = mapping.reachable.clone();
            mapping.ways = vec![Way {
                endpoint: mapping.reachable.clone(),
                server_name: mapping.server_name.clone(),
                proof: mapping.proof.clone(),
            }];
        }
        assert!(emit(&blank, &tls()).unwrap_err().starts_with("no map is needed"));
        blank.blank = true;
        let text = emit(&blank, &tls()).unwrap();
        assert!(text.contains("address_remap=lambda address: (\"redis.example.com\", address[1])"), "{text}");
        blank.mappings[0].ways.clear();
        assert!(emit(&blank, &tls()).unwrap_err().contains("was not proved to lead to all of them"));
    }

    #[test]
    fn a_question_mark_is_a_key() {
        let mut unnamed = table();
        unnamed.mappings[0].preferred = Announced::QuestionMark;
        let text = emit(&unnamed, &tls()).unwrap();
        assert!(text.contains("    (\"?\", 6379): (\"n1.example.com\", 6379),\n"), "{text}");
        unnamed.mappings[1].preferred = Announced::QuestionMark;
        let why = "two nodes announce ?:6379, so no map can tell them apart";
        assert_eq!(emit(&unnamed, &tls()).unwrap_err(), why);
    }

    #[test]
    fn a_client_certificate_is_shown() {
        let settings = Settings { client_certificate: Some(("c.pem".into(), "k.pem".into())), ..tls() };
        let text = emit(&one_host(), &settings).unwrap();
        assert!(text.contains("        ssl_certfile=\"c.pem\",\n        ssl_keyfile=\"k.pem\",\n"), "{text}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"# For redis-py 4.5.5 or newer, written by redis-doctor.
from functools import partial

from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import AskError

ADDRESSES = {
    ("10.0.0.4", 6379): ("127.0.0.1", 20711),
    ("10.0.0.5", 6379): ("127.0.0.1", 20712),
}


# Whatever is not in the map is not dialled: that would be around the tunnel.
def reachable(announced):
    if announced not in ADDRESSES:
        raise LookupError(f"{announced} is not in the tunnel's map")
    return ADDRESSES[announced]


# address_remap is not asked about redirects: MOVED would dial the announced address, around the tunnel, and ASK would fail.
# So they are led through the map where a connection reads them. MovedError is an AskError.
def read_response(connection, *args, **kwargs):
    try:
        return type(connection).read_response(connection, *args, **kwargs)
    except AskError as redirect:
        redirect.host, redirect.port = redirect.node_addr = reachable(redirect.node_addr)
        raise


def map_redirects(connection):
    connection.read_response = partial(read_response, connection)


def connect():
    return RedisCluster(
        startup_nodes=[
            ClusterNode("127.0.0.1", 20711),
            ClusterNode("127.0.0.1", 20712),
        ],
        address_remap=reachable,
        redis_connect_func=map_redirects,
    )
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }

    #[test]
    fn what_works_in_a_tunnel_is_a_layout_without_a_map() {
        let said = emit(&through(), &closed_tls()).unwrap_err();
        let why = "redis-py takes no server name in cluster mode, and 127.0.0.1:20711 verifies as n1.example.com only; lay the \
                   tunnel out so that no map is needed (--listen announced, ";
        assert!(said.starts_with(why) && said.ends_with("or let it terminate TLS (--with stunnel)"), "{said}");
        let blank = crate::address_map::AddressMap { blank: true, ..tunnel() };
        assert!(
            emit(&blank, &closed()).unwrap_err().starts_with("nodes announce no host, which would be the tunnel's own")
        );
    }
}
