//! What holds for every emitter of the shelf.

use std::{collections::BTreeSet, path::Path};

use super::{fixtures::*, *};
use crate::address_map::{Key, Mapping, Way};

fn emit_all(map: &AddressMap, settings: &Settings) -> impl Iterator<Item = (&'static str, Result<String, String>)> {
    ALL.iter().map(|emitter| (emitter.client, (emitter.emit)(map, settings)))
}

/// What is written for a person to paste: the neutral form is none, and some libraries have no address map at all.
fn pasted(map: &AddressMap, settings: &Settings) -> Vec<(&'static str, Result<String, String>)> {
    let cannot = |why: &String| {
        why.contains("has no address map")
            || why.contains("one name on every node")
            || why.contains("fixed_hostname")
            || why.contains("compares no name")
    };
    let has_none = |said: &Result<String, String>| said.as_ref().is_err_and(cannot);
    emit_all(map, settings).filter(|(client, said)| *client != "json" && !has_none(said)).collect()
}

/// One text of every library that is served by one host, or at least by one name.
fn one_of_each(settings: &Settings) -> Vec<(&'static str, Result<String, String>)> {
    let mut served = pasted(&one_host(), settings);
    let by_name = pasted(&one_name(), settings);
    let rest: Vec<_> =
        by_name.into_iter().filter(|(client, _)| served.iter().all(|(other, _)| other != client)).collect();
    served.extend(rest);
    served
}

#[test]
fn every_emitter_is_named_after_a_client_and_stands_on_the_shelf() {
    let clients: BTreeSet<_> = ALL.iter().map(|emitter| emitter.client).collect();
    assert_eq!(clients.len(), ALL.len());
    assert!(clients.iter().all(|id| *id == "json" || crate::clients::by_id(id).next().is_some()));
    assert!(by_client("redis-py").is_some_and(|emitter| emitter.client == "redis-py"));
    assert!(by_client("telnet").is_none());
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emitters");
    for file in room.read_dir().unwrap() {
        let stem = file.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-");
        let shared = [
            "mod", "tests", "fixtures", "closed", "no-hook", "php", "ruby", "java", "java-pem", "node", "python",
            "quote", "rule", "sentinel",
        ]
        .contains(&stem.as_str());
        assert!(shared || clients.contains(stem.as_str()), "{stem} is not in ALL");
    }
}

#[test]
fn a_refused_map_is_refused_in_the_same_words() {
    let map = AddressMap { refused: Some("a balancer stands in front".to_owned()), ..one_host() };
    assert!(emit_all(&map, &tls()).all(|(_, said)| said == Err("a balancer stands in front".to_owned())));
}

#[test]
fn nothing_is_written_where_nothing_differs() {
    let same = map(&[("10.0.0.4:6379", "10.0.0.4:6379", "10.0.0.4")]);
    for map in [same, AddressMap::default()] {
        for (client, said) in emit_all(&map, &tls()) {
            assert!(said.unwrap_err().starts_with("no map is needed"), "{client}");
        }
    }
    let lost = AddressMap { unmapped: vec![unmapped()], ..AddressMap::default() };
    assert!(emit_all(&lost, &tls()).all(|(_, said)| said.unwrap_err().contains("no way to any node was proved")));
}

#[test]
fn a_wrong_name_is_no_matter_on_plaintext() {
    assert!(emit_all(&one_name(), &plaintext()).all(|(_, said)| said.is_err()));
}

#[test]
fn keys_that_collide_are_refused() {
    let map = map(&[
        ("127.0.0.1:6379", "n1.example.com:6379", "n1.example.com"),
        ("127.0.0.1:6379", "n2.example.com:6379", "n2.example.com"),
    ]);
    for (client, said) in emit_all(&map, &tls()) {
        assert_eq!(said.unwrap_err(), "two nodes announce 127.0.0.1:6379, so no map can tell them apart", "{client}");
    }
}

#[test]
fn nodes_that_are_not_covered_are_counted_and_nothing_they_announce_is_written() {
    let map = AddressMap { unmapped: vec![unmapped()], ..table() };
    for (client, said) in pasted(&map, &tls()) {
        let text = said.unwrap();
        assert!(text.contains("One node is not covered: no way to it was proved."), "{client}: {text}");
        assert!(!text.contains("10.0.0.9") && !text.contains("*/"), "{client}: {text}");
    }
}

#[test]
fn file_and_user_names_stay_inside_their_literals() {
    let settings = Settings {
        ca_file: Some(r#"C:\o'neill "x"\ca.pem"#.to_owned()),
        username: Some(r#"'"); evil("#.to_owned()),
        ..tls()
    };
    for (client, said) in one_of_each(&settings) {
        let text = said.unwrap();
        let (file, user) =
            if ["node-redis", "ioredis", "phpredis", "predis", "redis-cluster-client", "redis-rb"].contains(&client) {
                (r#"'C:\\o\'neill "x"\\ca.pem'"#, r#"'\'"); evil('"#)
            } else {
                (r#""C:\\o'neill \"x\"\\ca.pem""#, r#""'\"); evil(""#)
            };
        assert!(text.contains(file) && text.contains(user), "{client}: {text}");
    }
}

#[test]
fn control_characters_are_not_written() {
    for settings in [
        Settings { ca_file: Some("ca\n.pem".to_owned()), ..tls() },
        Settings { username: Some("app\u{1b}[2J".to_owned()), ..tls() },
    ] {
        for (client, said) in one_of_each(&settings) {
            assert!(said.unwrap_err().contains("control character"), "{client}");
        }
    }
}

#[test]
fn node_takes_no_address_as_a_server_name() {
    let map = map(&[("n1.example.com:6379", "n1.example.com:6379", "10.0.0.4")]);
    for client in ["node-redis", "ioredis"] {
        let said = (by_client(client).unwrap().emit)(&map, &tls()).unwrap_err();
        assert_eq!(
            said,
            "Node takes no IP address as a server name, and n1.example.com:6379 verifies as 10.0.0.4 only"
        );
    }
}

#[test]
fn redis_py_is_warned_of_localhost() {
    let map = map(&[("10.0.0.4:6379", "localhost:6379", "localhost")]);
    let text = (by_client("redis-py").unwrap().emit)(&map, &tls()).unwrap();
    assert!(text.contains("# redis-py resolves \"localhost\" first"), "{text}");
}

#[test]
fn json_holds_every_mapping_with_its_proof() {
    let text = (by_client("json").unwrap().emit)(&table(), &tls()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mappings = json.as_array().unwrap();
    assert_eq!(mappings.len(), 3);
    assert_eq!(mappings[1]["announced"], "10.0.0.5:6379");
    assert_eq!(mappings[1]["reachable"], "n2.example.com:7379");
    assert_eq!(mappings[1]["server_name"], "n2.example.com");
    assert_eq!(mappings[1]["node_id"], "0000000000000000000000000000000000000001");
    assert_eq!(mappings[1]["proof"]["identity"], "cluster-myid");
}

/// A node that announces an IP and a name, both of which lead to it.
fn both(ways: &[(&str, &str)]) -> Mapping {
    let mut mapping = map(&[("10.0.0.4:6379", "10.0.0.4:6379", "10.0.0.4")]).mappings.remove(0);
    let way = |(endpoint, name): &(&str, &str)| Way {
        endpoint: endpoint.parse().unwrap(),
        server_name: name.parse().unwrap(),
        proof: mapping.proof.clone(),
    };
    mapping.ways = ways.iter().map(way).collect();
    mapping.ip = Some(mapping.announced.clone());
    mapping.hostname = "n1.example.com:6379".parse().ok();
    mapping
}

#[test]
fn each_client_has_its_own_key() {
    let mut mapping = both(&[]);
    mapping.announced = "lb.example.com:6379".parse().unwrap();
    mapping.resolved = None;
    for (key, told) in [
        (Key::Preferred, Some("lb.example.com:6379")),
        (Key::HostnameElsePreferred, Some("n1.example.com:6379")),
        (Key::HostnameElseIp, Some("n1.example.com:6379")),
        (Key::Ip, Some("10.0.0.4:6379")),
        (Key::ResolvedIp, None),
    ] {
        assert_eq!(mapping.key(key).map(ToString::to_string).as_deref(), told, "{key:?}");
    }
    let unresolved = AddressMap { mappings: vec![mapping.clone()], ..AddressMap::default() }.keyed_by(Key::ResolvedIp);
    assert!(unresolved.mappings.is_empty() && unresolved.unmapped.len() == 1);
    mapping.resolved = "10.9.9.9:6379".parse().ok();
    assert_eq!(mapping.key(Key::ResolvedIp).unwrap().to_string(), "10.9.9.9:6379");
    mapping.hostname = None;
    assert_eq!(mapping.key(Key::ResolvedIp).unwrap().to_string(), "10.0.0.4:6379");
    assert_eq!(mapping.key(Key::HostnameElsePreferred).unwrap().to_string(), "lb.example.com:6379");
}

#[test]
fn a_key_that_leads_there_itself_is_not_mapped() {
    let by_both = both(&[("10.0.0.4:6379", "10.0.0.4"), ("n1.example.com:6379", "n1.example.com")]);
    let by_ip = both(&[("10.0.0.4:6379", "10.0.0.4"), ("n1.example.com:6379", "redis.example.com")]);
    let keyed = |mapping: Mapping| {
        AddressMap { mappings: vec![mapping], ..AddressMap::default() }.keyed_by(Key::HostnameElseIp).mappings.remove(0)
    };
    assert!(!keyed(by_both).is_needed());
    let map = keyed(by_ip);
    assert_eq!(
        (map.announced.to_string(), map.reachable.to_string()),
        ("n1.example.com:6379".into(), "10.0.0.4:6379".into())
    );
}

#[test]
fn in_a_tunnel_a_client_has_every_node_or_a_layout_that_needs_no_map() {
    for (map, settings, way_out) in
        [(tunnel(), closed(), "--listen announced"), (through(), closed_tls(), "terminate TLS (--with stunnel)")]
    {
        for (client, said) in emit_all(&map, &settings) {
            match said {
                Ok(text) => assert!(text.contains("20711") && text.contains("20712"), "{client}: {text}"),
                Err(why) => assert!(why.contains(way_out), "{client}: {why}"),
            }
        }
    }
}

#[test]
fn a_tunnel_at_the_announced_addresses_is_closed_as_well() {
    let map =
        map(&[("127.0.0.1:7001", "127.0.0.1:7001", "127.0.0.1"), ("127.0.0.1:7002", "127.0.0.1:7002", "127.0.0.1")]);
    let settings = Settings { seed: "127.0.0.1:7001".parse().unwrap(), ..closed() };
    for (client, said) in emit_all(&map, &settings) {
        match said {
            Ok(text) => {
                assert!(
                    text.contains("7001") && (text.contains("7002") || text.contains("fixed_hostname")),
                    "{client}"
                );
            }
            Err(why) => assert!(why.starts_with("no map is needed"), "{client}: {why}"),
        }
    }
}

#[test]
fn around_a_tunnel_there_is_no_way() {
    let mut map = tunnel();
    for mapping in &mut map.mappings {
        let direct = Way {
            endpoint: mapping.announced.clone(),
            server_name: mapping.announced.host.clone(),
            proof: mapping.proof.clone(),
        };
        mapping.ways.insert(0, direct);
    }
    for (emitter, (_, alone)) in ALL.iter().zip(emit_all(&tunnel(), &closed())) {
        assert_eq!((emitter.emit)(&map, &closed()), alone, "{}", emitter.client);
    }
}

#[test]
fn an_end_that_another_node_announces_is_refused_where_the_hook_is_asked_about_seeds() {
    let map =
        map(&[("10.0.0.4:6379", "127.0.0.1:7001", "127.0.0.1"), ("127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1")]);
    let why = "127.0.0.1:7001 is an end of the tunnel, and another node announces it: listen elsewhere";
    for client in ["go-redis", "lettuce", "jedis", "redisson", "stackexchange-redis", "valkey-glide"] {
        assert_eq!((by_client(client).unwrap().emit)(&map, &closed()), Err(why.to_owned()), "{client}");
    }
}

#[test]
fn six_ends_of_a_tunnel_are_seeds() {
    let nodes: Vec<_> = (1..=8).map(|n| (format!("10.0.0.{n}:6379"), format!("127.0.0.1:2071{n}"))).collect();
    let map = map(&nodes.iter().map(|(from, to)| (from.as_str(), to.as_str(), "127.0.0.1")).collect::<Vec<_>>());
    let settings = Settings { seed: "127.0.0.1:20718".parse().unwrap(), ..closed() };
    let said = |client| (by_client(client).unwrap().emit)(&map, &settings).unwrap();
    assert!(said("node-redis").contains("rootNodes: [...nodes.values()].slice(0, 6)"));
    let first = "Addrs: []string{\"127.0.0.1:20718\", \"127.0.0.1:20711\", \"127.0.0.1:20712\", \"127.0.0.1:20713\", \
                 \"127.0.0.1:20714\", \"127.0.0.1:20715\"},";
    assert!(said("go-redis").contains(first), "{}", said("go-redis"));
}
