//! valkey-glide in Python: `address_resolver`, a function from one host and port to another, which every address passes
//! through that is ever dialled: seeds, discovered nodes, redirects, and what the function itself has answered.

use std::collections::BTreeMap;

use super::{
    Emitter, Settings,
    closed::{NOWHERE, refuse_crossed, tunnelled, way_out},
    python,
    quote::quoted,
    rule::{Needed, Rule},
};
use crate::{
    address_map::{AddressMap, Key, Mapping},
    facts::{Announced, Endpoint, Host},
};

/// A module with `async def connect()`.
pub(super) const EMITTER: Emitter = Emitter { client: "valkey-glide", emit };

/// What to do where only a server name would help.
const WAY_OUT: &str = "; let the nodes announce names that their certificates hold (cluster-announce-hostname), or issue \
                       certificates for what they announce";

fn emit(map: &AddressMap, settings: &Settings) -> Result<String, String> {
    refuse_question_marks(map)?;
    let map = &tunnelled(map, settings);
    let mut keyed = map.keyed_by(Key::HostnameElsePreferred);
    keyed.blank &= map.mappings.iter().any(|mapping| mapping.hostname.is_none());
    if !settings.closed && !keyed.blank && keyed.needed().is_empty() && !map.needed().is_empty() {
        return Err("no map is needed: valkey-glide dials the host names that the nodes announce".to_owned());
    }
    let needed = Needed::with_blanks(&keyed, settings)?;
    let refused = needed.refuse_names(settings, "valkey-glide takes no server name", |_| true);
    refused.map_err(|why| way_out(settings, &why, WAY_OUT))?;
    let host = one_host(&needed, settings);
    let table = table(map, &needed, settings);
    if settings.closed {
        refuse_crossed(&keyed, settings)?;
        refuse_crossed(map, settings)?;
    } else if host.is_none() {
        refuse_cycles(&table)?;
    }
    let mut lines = vec!["# For valkey-glide 2.4 or newer, written by redis-doctor.".to_owned()];
    lines.extend(needed.missing("#"));
    lines.extend(keyed.blank.then(|| BLANK_REDIRECTS.to_owned()));
    lines.extend(imports(settings));
    lines.extend(resolver(host, &table, settings));
    lines.extend(connect(&needed, settings)?);
    Ok(lines.join("\n"))
}

/// No map helps a node that is never looked up.
fn refuse_question_marks(map: &AddressMap) -> Result<(), String> {
    let left_out = |m: &&Mapping| m.preferred == Announced::QuestionMark && m.hostname.is_none();
    match map.mappings.iter().find(left_out) {
        Some(m) => Err(format!(
            "valkey-glide leaves nodes out that announce ? in place of a host name, as {} does: let each announce one \
             (cluster-announce-hostname)",
            m.node_id.short()
        )),
        None => Ok(()),
    }
}

/// What the hook cannot reach (2.5.3, seen while a slot moved on servers that announce no host).
const BLANK_REDIRECTS: &str = "# A slot that moves is found when the topology is read again, every 60 s: a MOVED without \
                               a host is not followed.";

/// The host of the rule, where the rule also leads to the seed.
fn one_host<'a>(needed: &Needed<'a>, settings: &Settings) -> Option<&'a Host> {
    match needed.rule {
        Rule::OneHost(host) if *host == settings.seed.host => Some(host),
        _ => None,
    }
}

/// A node is looked up by its announced name where it has one, but MOVED and ASK bring its preferred endpoint: both are keys.
fn table<'a>(map: &'a AddressMap, needed: &Needed<'a>, settings: &Settings) -> BTreeMap<&'a Endpoint, &'a Endpoint> {
    let redirects = |reached: &'a Mapping| {
        let node = map.mappings.iter().find(|m| m.node_id == reached.node_id);
        node.map(|node| (&node.announced, &reached.reachable)).filter(|(from, to)| from != to)
    };
    let entries = needed.entries.iter().copied();
    // The ends of a tunnel are looked up, too, and stay what they are.
    let ends = entries.clone().filter(|_| settings.closed).map(|m| (&m.reachable, &m.reachable));
    ends.chain(entries.clone().map(|m| (&m.announced, &m.reachable))).chain(entries.filter_map(redirects)).collect()
}

/// What the resolver answers is asked again, so that no answer may stand for something else.
fn refuse_cycles(table: &BTreeMap<&Endpoint, &Endpoint>) -> Result<(), String> {
    match table.values().find(|to| table.contains_key(*to)) {
        Some(to) => {
            Err(format!("valkey-glide looks up what its map has answered, and {to} is announced by another node"))
        }
        None => Ok(()),
    }
}

fn imports(settings: &Settings) -> Vec<String> {
    let files = settings.tls && (settings.ca_file.is_some() || settings.client_certificate.is_some());
    let mut lines = Vec::new();
    lines.extend(settings.password.then(|| "import os".to_owned()));
    lines.extend(files.then(|| "from pathlib import Path".to_owned()));
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push("from glide import (".to_owned());
    for (name, is_used) in [
        ("AdvancedGlideClusterClientConfiguration", files),
        ("GlideClusterClient", true),
        ("GlideClusterClientConfiguration", true),
        ("NodeAddress", true),
        ("ServerCredentials", settings.password),
        ("TlsAdvancedConfiguration", files),
    ] {
        lines.extend(is_used.then(|| format!("    {name},")));
    }
    lines.extend([")", ""].map(str::to_owned));
    lines
}

fn resolver(host: Option<&Host>, table: &BTreeMap<&Endpoint, &Endpoint>, settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    if settings.closed {
        lines.push(
            "# Where nodes announce that they are, and the ends of the tunnel: what is answered is looked up again."
                .to_owned(),
        );
    } else if host.is_none() {
        lines.push(
            "# Where nodes announce that they are. What is answered is looked up again: none of that is a key."
                .to_owned(),
        );
    }
    if host.is_none() {
        lines.push("ADDRESSES = {".to_owned());
        lines.extend(table.iter().map(|(from, to)| python::entry(from, to)));
        lines.extend(["}", ""].map(str::to_owned));
    }
    lines.extend(["", "def resolve(host, port):"].map(str::to_owned));
    if settings.closed {
        lines.push("    # Whatever is not in the map is not dialled: that would be around the tunnel.".to_owned());
    }
    lines.push(match host {
        _ if settings.closed => format!("    return ADDRESSES.get((host, port), (\"{NOWHERE}\", 1))"),
        Some(host) => format!("    return (\"{host}\", port)"),
        None => "    return ADDRESSES.get((host, port), (host, port))".to_owned(),
    });
    lines.extend(["", ""].map(str::to_owned));
    lines
}

fn connect(needed: &Needed<'_>, settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = vec![
        "async def connect():".to_owned(),
        "    return await GlideClusterClient.create(".to_owned(),
        "        GlideClusterClientConfiguration(".to_owned(),
        format!("            [{}],", seeds(needed, settings)),
    ];
    if settings.tls {
        lines.push("            use_tls=True,".to_owned());
        lines.extend(tls(settings)?);
    }
    lines.extend(credentials(settings)?.map(|credentials| format!("            credentials={credentials},")));
    lines.extend(["            address_resolver=resolve,", "        )", "    )\n"].map(str::to_owned));
    Ok(lines)
}

/// One, or in a tunnel several ends.
fn seeds(needed: &Needed<'_>, settings: &Settings) -> String {
    let ends = needed.ends().filter(|_| settings.closed).map(|m| &m.reachable).filter(|end| **end != settings.seed);
    let seeds = [&settings.seed].into_iter().chain(ends);
    seeds.map(|Endpoint { host, port }| format!("NodeAddress(\"{host}\", {port})")).collect::<Vec<_>>().join(", ")
}

fn tls(settings: &Settings) -> Result<Vec<String>, String> {
    let (cert, key) = settings.client_certificate.as_ref().map(|(cert, key)| (cert, key)).unzip();
    let mut files = Vec::new();
    for (option, file) in
        [("root_pem_cacerts", settings.ca_file.as_ref()), ("client_cert_pem", cert), ("client_key_pem", key)]
    {
        if let Some(file) = file {
            files.push(format!("                    {option}=Path({}).read_bytes(),", quoted(file, '"')?));
        }
    }
    if files.is_empty() {
        return Ok(files);
    }
    let open = [
        "            advanced_config=AdvancedGlideClusterClientConfiguration(",
        "                tls_config=TlsAdvancedConfiguration(",
    ];
    let close = ["                ),", "            ),"];
    Ok(open.map(str::to_owned).into_iter().chain(files).chain(close.map(str::to_owned)).collect())
}

/// Without a password it says no AUTH at all, whatever the user (2.5.3).
fn credentials(settings: &Settings) -> Result<Option<String>, String> {
    let password = "os.environ[\"REDIS_PASSWORD\"]";
    match (&settings.username, settings.password) {
        (None, false) => Ok(None),
        (None, true) => Ok(Some(format!("ServerCredentials({password})"))),
        (Some(user), true) => Ok(Some(format!("ServerCredentials({password}, {})", quoted(user, '"')?))),
        (Some(_), false) => Err("valkey-glide takes no user without a password, and none was given".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixtures::*, Announced, Settings, emit};

    #[test]
    fn one_host_is_a_rule() {
        let expected = r#"# For valkey-glide 2.4 or newer, written by redis-doctor.
import os
from pathlib import Path

from glide import (
    AdvancedGlideClusterClientConfiguration,
    GlideClusterClient,
    GlideClusterClientConfiguration,
    NodeAddress,
    ServerCredentials,
    TlsAdvancedConfiguration,
)


def resolve(host, port):
    return ("redis.example.com", port)


async def connect():
    return await GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress("redis.example.com", 10000)],
            use_tls=True,
            advanced_config=AdvancedGlideClusterClientConfiguration(
                tls_config=TlsAdvancedConfiguration(
                    root_pem_cacerts=Path("ca.pem").read_bytes(),
                ),
            ),
            credentials=ServerCredentials(os.environ["REDIS_PASSWORD"], "app"),
            address_resolver=resolve,
        )
    )
"#;
        assert_eq!(emit(&one_host(), &tls()).unwrap(), expected);
    }

    #[test]
    fn nodes_that_moved_are_a_table() {
        let expected = r#"# For valkey-glide 2.4 or newer, written by redis-doctor.
from glide import (
    GlideClusterClient,
    GlideClusterClientConfiguration,
    NodeAddress,
)

# Where nodes announce that they are. What is answered is looked up again: none of that is a key.
ADDRESSES = {
    ("172.18.0.2", 6379): ("127.0.0.1", 7001),
    ("172.18.0.3", 6379): ("127.0.0.1", 7002),
}


def resolve(host, port):
    return ADDRESSES.get((host, port), (host, port))


async def connect():
    return await GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress("127.0.0.1", 7001)],
            address_resolver=resolve,
        )
    )
"#;
        assert_eq!(emit(&nat(), &plaintext()).unwrap(), expected);
    }

    #[test]
    fn another_seed_is_left_alone() {
        let settings = Settings { seed: "n1.example.org:6379".parse().unwrap(), ..tls() };
        let text = emit(&one_host(), &settings).unwrap();
        assert!(text.contains("    (\"10.0.0.5\", 8501): (\"redis.example.com\", 8501),\n"), "{text}");
    }

    #[test]
    fn names_are_keys_and_so_is_what_redirects_say() {
        let mut map = table();
        map.mappings[0].hostname = "n1.internal:6379".parse().ok();
        let text = emit(&map, &tls()).unwrap();
        assert!(text.contains("    (\"n1.internal\", 6379): (\"n1.example.com\", 6379),\n"), "{text}");
        assert!(text.contains("    (\"10.0.0.4\", 6379): (\"n1.example.com\", 6379),\n"), "{text}");
    }

    #[test]
    fn an_announced_name_that_leads_there_needs_no_map() {
        let mut map = table();
        map.mappings.truncate(1);
        map.mappings[0].hostname = Some(map.mappings[0].reachable.clone());
        assert!(emit(&map, &tls()).unwrap_err().starts_with("no map is needed"));
    }

    #[test]
    fn an_answer_that_is_announced_by_another_is_refused() {
        let map =
            map(&[("10.0.0.4:6379", "10.0.0.5:6379", "10.0.0.5"), ("10.0.0.5:6379", "10.0.0.6:6379", "10.0.0.6")]);
        let why = "valkey-glide looks up what its map has answered, and 10.0.0.5:6379 is announced by another node";
        assert_eq!(emit(&map, &tls()).unwrap_err(), why);
    }

    #[test]
    fn a_question_mark_is_refused() {
        let mut unnamed = table();
        unnamed.mappings[0].preferred = Announced::QuestionMark;
        assert!(emit(&unnamed, &tls()).unwrap_err().starts_with("valkey-glide leaves nodes out that announce ?"));
    }

    #[test]
    fn a_user_alone_is_refused() {
        let settings = Settings { password: false, ..tls() };
        assert!(emit(&one_host(), &settings).unwrap_err().contains("no user without a password"));
    }

    #[test]
    fn a_client_certificate_is_shown() {
        let settings = Settings { client_certificate: Some(("c.pem".into(), "k.pem".into())), ..tls() };
        let text = emit(&one_host(), &settings).unwrap();
        assert!(text.contains("client_cert_pem=Path(\"c.pem\").read_bytes(),"), "{text}");
        assert!(text.contains("client_key_pem=Path(\"k.pem\").read_bytes(),"), "{text}");
    }

    #[test]
    fn nothing_goes_around_a_tunnel() {
        let expected = r#"# For valkey-glide 2.4 or newer, written by redis-doctor.
from glide import (
    GlideClusterClient,
    GlideClusterClientConfiguration,
    NodeAddress,
)

# Where nodes announce that they are, and the ends of the tunnel: what is answered is looked up again.
ADDRESSES = {
    ("10.0.0.4", 6379): ("127.0.0.1", 20711),
    ("10.0.0.5", 6379): ("127.0.0.1", 20712),
    ("127.0.0.1", 20711): ("127.0.0.1", 20711),
    ("127.0.0.1", 20712): ("127.0.0.1", 20712),
}


def resolve(host, port):
    # Whatever is not in the map is not dialled: that would be around the tunnel.
    return ADDRESSES.get((host, port), ("not-in-the-tunnel.invalid", 1))


async def connect():
    return await GlideClusterClient.create(
        GlideClusterClientConfiguration(
            [NodeAddress("127.0.0.1", 20711), NodeAddress("127.0.0.1", 20712)],
            address_resolver=resolve,
        )
    )
"#;
        assert_eq!(emit(&tunnel(), &closed()).unwrap(), expected);
    }
}
