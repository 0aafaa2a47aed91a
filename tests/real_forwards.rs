//! `--map` and `tunnel --check` on real clusters behind forwards: those that are right, and those that are wrong in each way.

mod support;

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    thread,
};

use redis_doctor::render::{MAP_CHECK_SCHEMA, REPORT_SCHEMA};
use serde_json::{Value, json};
use support::{
    cluster::Cluster,
    doctor,
    fake::{Fake, cluster_node},
    forward::Forward,
    free_port, need, output,
    pki::{Leaf, Pki},
    server::Settings,
    text,
};
use tempfile::TempDir;

const PASSWORD: &str = "sesame";

fn redis_is_there() -> bool {
    need("redis-server") && need("redis-cli") && need("openssl")
}

fn name(n: usize) -> String {
    format!("n{n}.lab.test")
}

/// A cluster whose nodes announce names that resolve nowhere, and a forward to each.
struct Lab {
    cluster: Cluster,
    forwards: Vec<Forward>,
    ids: Vec<String>,
    folder: TempDir,
    tls: bool,
}

impl Lab {
    fn start(nodes: usize, replicas: usize, settings: Settings, each: fn(usize, Settings, &Pki) -> Settings) -> Self {
        let (pki, folder) = (Pki::new(), TempDir::new().unwrap());
        fs::copy(pki.ca(), folder.path().join("ca.pem")).unwrap();
        let with_name = move |n: usize, settings: Settings| {
            let settings = settings.config("cluster-announce-hostname", &name(n));
            each(n, settings.config("cluster-preferred-endpoint-type", "hostname"), &pki)
        };
        let cluster = Cluster::builder().nodes(nodes).replicas(replicas).settings(settings).each(with_name).start();
        cluster.wait_for_views("every name is known", |view| (0..nodes).all(|n| view.contains(&name(n))));
        let ids = cluster.node_ids();
        let forwards = cluster.nodes.iter().map(|node| Forward::start(vec![node.address], None)).collect();
        Lab { cluster, forwards, ids, folder, tls: false }
    }

    fn plaintext() -> Self {
        Lab::start(6, 1, Settings::default().password(PASSWORD), |_, settings, _| settings)
    }

    fn tls() -> Self {
        let lab = Lab::start(3, 0, Settings::default().password(PASSWORD), |n, settings, pki| {
            settings.tls(&pki.issue(&format!("node-{n}"), &Leaf::new(&[&format!("DNS:{}", name(n))])))
        });
        Lab { tls: true, ..lab }
    }

    fn address(&self, n: usize) -> SocketAddr {
        self.forwards[n].address
    }

    fn key(&self, n: usize) -> String {
        format!("{}:{}", name(n), self.cluster.nodes[n].address.port())
    }

    fn entry(&self, n: usize) -> Value {
        let mut entry = json!({
            "node_id": self.ids[n],
            "announced": self.key(n),
            "also_announced": [self.cluster.nodes[n].address.to_string()],
            "reachable": self.address(n).to_string(),
        });
        if self.tls {
            entry["server_name"] = name(n).into();
        }
        entry
    }

    /// The entries of all nodes, as a tunnel's folder has them.
    fn entries(&self) -> Vec<Value> {
        (0..self.ids.len()).map(|n| self.entry(n)).collect()
    }

    fn file(&self, file: &str, content: &Value) -> PathBuf {
        let file = self.folder.path().join(file);
        fs::write(&file, content.to_string()).unwrap();
        file
    }

    /// Writes the folder's map.
    fn map(&self, entries: &[Value]) -> PathBuf {
        let ca = self.tls.then_some("ca.pem");
        let map = json!({"format": 1, "tls": self.tls, "ca_file": ca, "kind": "ssh", "address_map": entries});
        self.file("map.json", &map);
        self.folder.path().to_path_buf()
    }

    /// `tunnel --check` without an endpoint.
    fn prove(&self, entries: &[Value]) -> (Option<i32>, Value) {
        let mut command = doctor();
        command.arg("tunnel").arg("--check").arg(self.map(entries)).args(["--format", "json", "--timeout", "3s"]);
        let ended = output(command.env("REDISCLI_AUTH", PASSWORD));
        let said = parsed(&ended.stdout, &ended.stderr, MAP_CHECK_SCHEMA);
        (ended.status.code(), said)
    }
}

fn parsed(stdout: &[u8], stderr: &[u8], schema: &str) -> Value {
    let said: Value = serde_json::from_slice(stdout).unwrap_or_else(|why| panic!("{why}: {}", text(stderr)));
    let schema: Value = serde_json::from_str(schema).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&said).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!said.to_string().contains(PASSWORD));
    said
}

/// A command through a map.
fn through(map: &std::path::Path, words: &[&str]) -> (Option<i32>, Value) {
    let mut command = doctor();
    command.args(words).arg("--map").arg(map).args(["--format", "json", "--timeout", "3s"]);
    let ended = output(command.env("REDISCLI_AUTH", PASSWORD));
    (ended.status.code(), parsed(&ended.stdout, &ended.stderr, REPORT_SCHEMA))
}

fn faults(said: &Value) -> Vec<Vec<&str>> {
    said["entries"].as_array().unwrap().iter().map(codes).collect()
}

fn codes(entry: &Value) -> Vec<&str> {
    entry["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect()
}

fn fault(said: &Value, entry: usize, n: usize) -> String {
    let fault = &said["entries"][entry]["faults"][n];
    format!("{} | {}", fault["text"].as_str().unwrap(), fault["next"].as_str().unwrap_or_default())
}

fn found(said: &Value) -> Vec<&str> {
    said["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn forwards_of_a_plaintext_cluster() {
    if !redis_is_there() {
        return;
    }
    let mut lab = Lab::plaintext();
    let right = lab.entries();
    let (code, said) = lab.prove(&right);
    assert_eq!(code, Some(0), "{said:#}");
    assert_eq!((faults(&said), said["not_needed"].as_u64()), (vec![Vec::new(); 6], Some(0)));

    // Two changed places: both are named.
    let mut swapped = right.clone();
    (swapped[0]["reachable"], swapped[1]["reachable"]) = (right[1]["reachable"].clone(), right[0]["reachable"].clone());
    let (code, said) = lab.prove(&swapped);
    assert_eq!(
        (code, &faults(&said)[..3]),
        (Some(1), &[vec!["other-node"], vec!["other-node"], vec![]][..]),
        "{said:#}"
    );
    for (entry, other) in [(0, 1), (1, 0)] {
        let told = fault(&said, entry, 0);
        let here = format!("answers at {}, the target of {}: the two are swapped", lab.address(entry), lab.key(other));
        assert!(told.contains(&here) && told.contains("Exchange the far ends"), "{told}");
    }

    // Three went round.
    let mut turned = right.clone();
    for n in 0..3 {
        turned[n]["reachable"] = right[(n + 1) % 3]["reachable"].clone();
    }
    let (_, said) = lab.prove(&turned);
    assert!(fault(&said, 0, 0).contains(&format!("the target of {} |", lab.key(2))), "{said:#}");

    // A node without a forward, and a forward that nobody listens on, the first one at that.
    let mut short = right[..5].to_vec();
    short[0]["reachable"] = format!("127.0.0.1:{}", free_port()).into();
    let (code, said) = lab.prove(&short);
    assert_eq!((code, faults(&said)[0].clone()), (Some(1), vec!["not-answering"]), "{said:#}");
    assert!(fault(&said, 0, 0).contains("Start the tunnel: nobody listens on this port"), "{said:#}");
    assert_eq!(said["missing"][0]["announced"], lab.key(5), "{said:#}");
    assert!(faults(&said)[1..].iter().all(Vec::is_empty));

    // The other key of the node is none that clients with this map miss.
    let (code, said) = lab.prove(&right.iter().map(swap_keys).collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{said:#}");

    // A replica comes back on another port: its forward is dead, and its key is nobody's.
    lab.cluster.nodes[4].move_away();
    let port = lab.cluster.nodes[4].address.port();
    lab.cluster.wait_for_views("the move is known", |view| {
        view.contains(&format!("127.0.0.1:{port}@")) && !view.contains("fail")
    });
    let (code, said) = lab.prove(&right);
    assert_eq!((code, faults(&said)[4].clone()), (Some(1), vec!["node-moved", "not-answering"]), "{said:#}");
    let told = fault(&said, 4, 0);
    assert!(told.contains(&format!("it announces {} now | Let the forward lead to", lab.key(4))), "{told}");
    assert!(fault(&said, 4, 1).contains("takes the connection and drops it"), "{said:#}");
    assert_eq!(said["missing"].as_array().unwrap().len(), 0, "the fault speaks of it: {said:#}");
    // Its forward follows it, and the key does not.
    let mut followed = right.clone();
    let follows = Forward::start(vec![lab.cluster.nodes[4].address], None);
    followed[4]["reachable"] = follows.address.to_string().into();
    let (_, said) = lab.prove(&followed);
    assert_eq!(faults(&said)[4], ["node-moved"], "{said:#}");
}

/// The entry with the announced IP as its key, and the name as the further one.
fn swap_keys(entry: &Value) -> Value {
    let mut entry = entry.clone();
    let key = entry["announced"].clone();
    entry["announced"] = entry["also_announced"][0].clone();
    entry["also_announced"] = json!([key]);
    entry
}

#[test]
fn checks_through_maps_of_all_kinds() {
    if !redis_is_there() {
        return;
    }
    let lab = Lab::plaintext();
    let seed = format!("redis://{}", lab.address(0));
    let around = output(doctor().args(["check", &seed, "--timeout", "2s"]).env("REDISCLI_AUTH", PASSWORD));
    assert_eq!(around.status.code(), Some(1), "without a map nothing announced is there");
    let pairs: Vec<(String, SocketAddr)> = (0..6).map(|n| (lab.key(n), lab.address(n))).collect();
    let objects: serde_json::Map<String, Value> =
        pairs.iter().map(|(key, at)| (key.clone(), json!({"host": at.ip(), "port": at.port()}))).collect();
    let lines = lab.folder.path().join("map.txt");
    fs::write(&lines, as_lines(pairs.iter().map(|(key, at)| (key.to_uppercase(), *at)))).unwrap();
    for map in [lab.map(&lab.entries()), lab.file("nat.json", &json!({ "natMap": objects })), lines.clone()] {
        let (code, said) = through(&map, &["check", &seed]);
        assert_eq!((code, found(&said)), (Some(0), vec![]), "{}: {said:#}", map.display());
        assert!(said["map"]["entries"].as_u64().unwrap() >= 6, "{said:#}");
        assert_eq!(said["address_map"], json!([]), "the map in use is none to propose");
    }

    // The screen says it in a line, and what was saved still does.
    let saved = lab.folder.path().join("seen.json");
    let mut command = doctor();
    command.args(["check", &seed, "--map"]).arg(&lines).arg("--save").arg(&saved).env("REDISCLI_AUTH", PASSWORD);
    let first = support::text(&output(&mut command).stdout);
    let again = support::text(&output(doctor().args(["check", "--from"]).arg(&saved)).stdout);
    for screen in [&first, &again] {
        let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("through 6 entries of"), "{screen}");
    }
    let refused = output(doctor().args(["check", "--from"]).arg(&saved).arg("--map").arg(&lines));
    assert_eq!(refused.status.code(), Some(2));

    // One node left out, and a key that is nobody's.
    fs::write(&lines, as_lines(pairs[1..].iter().cloned()) + "n9.lab.test:6379=127.0.0.1:1\n").unwrap();
    let (code, said) = through(&lines, &["check", &seed]);
    assert_eq!(code, Some(1));
    assert_eq!(found(&said).iter().filter(|code| **code == "map-incomplete").count(), 2, "{said:#}");
    assert_eq!(found(&said)[0], "hostname-unresolvable", "{said:#}");
    assert!(
        said["findings"][0]["title"].as_str().unwrap().starts_with("1 of 6 nodes are not in the map, "),
        "{said:#}"
    );

    // Crossed: another node answers where the map leads.
    fs::write(&lines, as_lines((0..6).map(|n| (pairs[n].0.clone(), pairs[(n + 1) % 6].1)))).unwrap();
    let (code, said) = through(&lines, &["check", &seed]);
    assert_eq!((code, found(&said)[0]), (Some(1), "wrong-node"), "{said:#}");
    assert!(said["findings"][0]["title"].as_str().unwrap().contains("where the map leads"), "{said:#}");
}

fn as_lines(pairs: impl Iterator<Item = (String, SocketAddr)>) -> String {
    pairs.map(|(key, at)| format!("{key}={at}")).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn tls_passes_through_under_the_names_of_the_map() {
    if !redis_is_there() {
        return;
    }
    let lab = Lab::tls();
    let right = lab.entries();
    let (code, said) = lab.prove(&right);
    assert_eq!((code, faults(&said)), (Some(0), vec![Vec::<&str>::new(); 3]), "{said:#}");
    let seed = lab.address(0).to_string();
    let folder = lab.map(&right);
    let (code, said) = through(&folder, &["check", &seed]);
    assert_eq!((code, found(&said)), (Some(0), vec![]), "{said:#}");
    let (_, said) = through(&folder, &["clients", &seed]);
    let outcome = |id: &str| {
        let row = said["clients"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
        row["outcome"].as_str().unwrap().to_owned()
    };
    // redis-py has no room for a name in its map, and libvalkey none for a map.
    assert_eq!(["node-redis", "ioredis", "go-redis"].map(outcome), ["ok"; 3]);
    assert_eq!([outcome("redis-py"), outcome("redis-cli")], ["fails", "unknown"], "{said:#}");
    let (code, said) = through(&folder, &["tls-check", &seed]);
    assert_eq!(code, Some(0), "{said:#}");

    // The same without the names: what is verified is 127.0.0.1, and no certificate speaks for that.
    let nameless: Vec<Value> = right.iter().map(|e| without(e, "server_name")).collect();
    let (code, said) = lab.prove(&nameless);
    assert_eq!((code, faults(&said)), (Some(1), vec![vec!["name-not-proved"]; 3]), "{said:#}");
    let (code, said) = through(&lab.map(&nameless), &["check", &seed]);
    assert_eq!((code, found(&said)[0]), (Some(1), "san-mismatch"), "{said:#}");

    // Crossed, each under the other's name: nothing about the connection itself is wrong with that.
    let mut swapped = right.clone();
    for field in ["reachable", "server_name"] {
        (swapped[0][field], swapped[1][field]) = (right[1][field].clone(), right[0][field].clone());
    }
    let (code, said) = lab.prove(&swapped);
    assert_eq!((code, &faults(&said)[..2]), (Some(1), &[vec!["other-node"], vec!["other-node"]][..]), "{said:#}");
}

fn without(entry: &Value, field: &str) -> Value {
    let mut entry = entry.clone();
    entry.as_object_mut().unwrap().remove(field);
    entry
}

#[test]
fn forwards_behind_which_nobody_is() {
    let folder = TempDir::new().unwrap();
    let closed = Forward::start(vec![SocketAddr::from(([127, 0, 0, 1], free_port()))], None);
    let spiped = nonces();
    let targets = [SocketAddr::from(([127, 0, 0, 1], free_port())), closed.address, spiped];
    let entry = |(n, at): (usize, &SocketAddr)| json!({"node_id": format!("{n:040x}"), "announced": format!("10.9.9.{n}:6379"), "reachable": at.to_string()});
    let entries: Vec<Value> = targets.iter().enumerate().map(entry).collect();
    fs::write(folder.path().join("map.json"), json!({"tls": false, "address_map": entries}).to_string()).unwrap();
    let logs = folder.path().join("client/run");
    fs::create_dir_all(&logs).unwrap();
    fs::write(folder.path().join("client/start"), "").unwrap();
    let mut command = doctor();
    command.args(["tunnel", "--check"]).arg(folder.path()).args(["--format", "json", "--timeout", "2s"]);
    let ended = output(&mut command);
    let said = parsed(&ended.stdout, &ended.stderr, MAP_CHECK_SCHEMA);
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(faults(&said), [["not-answering"], ["not-answering"], ["spiped-port"]], "{said:#}");
    let told: Vec<String> = (0..3).map(|n| fault(&said, n, 0)).collect();
    let (logs, start) = (logs.display().to_string(), folder.path().join("client/start").display().to_string());
    assert!(told[0].contains(&format!("Start the tunnel again: {start} ({logs} says why")), "{}", told[0]);
    assert!(told[1].contains("what it leads to is down") && told[1].contains(&logs), "{}", told[1]);
    assert!(told[2].contains("dial the near end"), "{}", told[2]);
    let screen =
        text(&output(doctor().args(["tunnel", "--check"]).arg(folder.path()).args(["--timeout", "2s"])).stdout);
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("no server behind 3 forwards tells which nodes there are"), "{screen}");
}

/// What spiped's encrypted side says: 32 random bytes to everyone.
fn nonces() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let byte = |i: usize| u8::try_from((n * 89 + i * 37 + 200) % 256).unwrap();
            let nonce: Vec<u8> = (0..32).map(byte).collect();
            let Ok(mut stream) = stream else { return };
            let _ = stream.write_all(&nonce);
            thread::spawn(move || {
                thread::sleep(std::time::Duration::from_secs(5));
                drop(stream);
            });
        }
    });
    address
}

/// A password that is meant for the tunnel stays in it: a node that the map does not know is not told it in plaintext.
#[test]
fn the_password_does_not_go_around_the_tunnel() {
    let ids = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    let Ok(outside) = TcpListener::bind("127.0.0.1:0").map(|probe| probe.local_addr().unwrap().port()) else { return };
    // The machine's own address, which is no loopback address.
    let Some(mut stray) = own_address().and_then(|ip| Fake::bind_port(&ip, outside)) else { return };
    let mut inside = Fake::bind("127.0.0.1");
    let host: &'static str = stray.address.ip().to_string().leak();
    let nodes = vec![(ids[0], "10.9.9.1", 6379), (ids[1], host, outside)];
    inside.serve(None, cluster_node(ids[0], nodes.clone()));
    stray.serve(None, cluster_node(ids[1], nodes));
    let folder = TempDir::new().unwrap();
    let map =
        json!({"tls": false, "address_map": [{"announced": "10.9.9.1:6379", "reachable": inside.address.to_string()}]});
    fs::write(folder.path().join("map.json"), map.to_string()).unwrap();
    let mut command = doctor();
    command.args(["tunnel", "--check"]).arg(folder.path()).args(["--format", "json", "--timeout", "2s"]);
    let ended = output(command.env("REDISCLI_AUTH", PASSWORD));
    let said = parsed(&ended.stdout, &ended.stderr, MAP_CHECK_SCHEMA);
    assert!(inside.heard().contains(PASSWORD), "{said:#}");
    assert!(!stray.heard().is_empty() && !stray.heard().contains(PASSWORD), "{}", stray.heard());
    assert_eq!(said["missing"][0]["node_id"], ids[1], "{said:#}");
}

fn own_address() -> Option<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}
