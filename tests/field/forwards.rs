//! One forward or proxy before a cluster, and the tunnel that is printed for it, started for real.

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    network::{filtered, open},
    run::{Case, Run},
    support::{
        cases::Seen,
        cluster::Cluster,
        doctor,
        forward::Forward,
        need, output,
        pki::{Leaf, Pki},
        server::{Server, Settings},
        text,
        tunnel::{Adds, Tunnel},
        wait_until,
    },
};

pub const CASES: &[Case] = &[
    Case { id: "O-06", play: one_ssh_forward },
    Case { id: "O-07", play: one_port_forward },
    Case { id: "O-32", play: hand_written_maps },
    Case { id: "O-37", play: one_session },
    Case { id: "O-38", play: tls_terminator },
];

/// What stands for programs that lead into somebody's network: socat, which leaves from an address of that network. Names are
/// looked up in the file `names` beside them.
const STAND_INS: [(&str, &str); 3] = [
    (
        "ssh",
        r#"while read -r word local far; do
    [ "$word" = LocalForward ] && lead "${local##*:}" "${far%:*}" "${far##*:}" &
done < ssh_config
wait
"#,
    ),
    (
        "kubectl",
        r#"[ "$1" = -n ] && shift 2
ip=${4#status.podIP=}
[ "$1" = get ] && exec sed -n "s,^\([^ ]*\) ${ip%%,*}\$,pod/\1,p" "$here/names"
lead "${5%:*}" "${4#pod/}" "${5#*:}"
"#,
    ),
    (
        "aws",
        r#"for words; do :; done
host=${words#host=} port=${words#*portNumber=}
lead "${words##*=}" "${host%%,*}" "${port%%,*}"
"#,
    ),
];

const LEAD: &str = r#"#!/bin/sh
here=$(dirname -- "$0")
lead() {
    at=$(sed -n "s/^$2 //p" "$here/names")
    exec socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr,fork" "TCP:${at:-$2}:$3,bind=${at:-$2}"
}
"#;

/// The tunnel that a remedy's line writes; it ends with it.
struct Written {
    folder: TempDir,
}

impl Written {
    /// Runs the line of the first network remedy, with the placeholder filled in, and starts what it wrote.
    fn start(seen: &Seen, fill: (&str, &str), names: &[(String, IpAddr)]) -> Self {
        let folder = TempDir::new().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for (program, script) in STAND_INS {
            let stand_in = bin.join(program);
            fs::write(&stand_in, format!("{LEAD}{script}")).unwrap();
            fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let names: Vec<String> = names.iter().map(|(name, ip)| format!("{name} {ip}\n")).collect();
        fs::write(bin.join("names"), names.concat()).unwrap();
        let lines = seen.lines("network");
        let line = lines.first().expect("a line for the network");
        let words = line.strip_prefix("redis-doctor ").expect("a command of ours").replace(fill.0, fill.1);
        let done = output(doctor().args(words.split(' ')).current_dir(folder.path()));
        assert!(done.status.success(), "{words}: {}", text(&done.stderr));
        let written = Written { folder };
        written.script("start");
        written.wait();
        written
    }

    /// Runs every line of the network remedies, and starts both ends of what they wrote.
    fn start_both_ends(seen: &Seen) -> Self {
        let folder = TempDir::new().unwrap();
        for line in seen.lines("network") {
            let words = line.strip_prefix("redis-doctor ").expect("a command of ours");
            let done = output(doctor().args(words.split(' ')).current_dir(folder.path()));
            assert!(matches!(done.status.code(), Some(0 | 1)), "{words}: {}", text(&done.stderr));
        }
        let written = Written { folder };
        for end in ["server", "client"] {
            written.run(end, "start");
        }
        written.wait();
        written
    }

    /// Programs that lead somewhere take a moment until they listen.
    fn wait(&self) {
        let map = fs::read(self.map().join("map.json")).unwrap();
        let map: serde_json::Value = serde_json::from_slice(&map).unwrap();
        for entry in map["address_map"].as_array().unwrap() {
            let end = entry["reachable"].as_str().unwrap();
            wait_until(end, Duration::from_secs(20), || {
                TcpStream::connect(end).map(drop).map_err(|error| error.to_string())
            });
        }
    }

    fn script(&self, name: &str) {
        self.run("client", name);
    }

    fn run(&self, end: &str, name: &str) {
        let bin = self.folder.path().join("bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(self.map().join(end).join(name));
        let done = output(command.env("PATH", path).stdin(Stdio::null()));
        assert!(done.status.success(), "{name}: {}{}", text(&done.stdout), text(&done.stderr));
    }

    fn map(&self) -> PathBuf {
        self.folder.path().join("tunnel")
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let ends = ["client", "server"].into_iter().filter(|end| self.map().join(end).join("stop").exists());
        if !std::thread::panicking() {
            ends.for_each(|end| self.run(end, "stop"));
        }
    }
}

/// Six nodes in a network to which one forward leads.
fn behind(run: &mut Run, names: Option<fn(usize) -> String>, preferred: &'static str) -> (Cluster, Forward) {
    let each = move |n: usize, node: Settings| match names {
        None => node,
        Some(name) => {
            node.config("cluster-announce-hostname", &name(n)).config("cluster-preferred-endpoint-type", preferred)
        }
    };
    let cluster = Cluster::builder().nodes(6).replicas(1).ips((0..6).map(filtered).collect()).each(each).start();
    if let Some(name) = names {
        cluster.wait_for_views("every name is known", |view| (0..6).all(|n| view.contains(&name(n))));
    }
    run.name_nodes(&cluster);
    let forward = Forward::start(vec![cluster.nodes[0].address], Some(filtered(0)));
    (cluster, forward)
}

fn mend(run: &mut Run, seen: &Seen, endpoint: &str, fill: (&str, &str), names: &[(String, IpAddr)]) {
    if !need("socat") {
        return;
    }
    let written = Written::start(seen, fill, names);
    run.mended(&format!("{endpoint} --map {}", written.map().display()));
}

/// `ssh -L` to one node.
fn one_ssh_forward(run: &mut Run) {
    let (_cluster, forward) = behind(run, None, "ip");
    let endpoint = format!("redis://{}", forward.address);
    let seen = run.check(&endpoint);
    mend(run, &seen, &endpoint, ("BASTION", "bastion.lab.test"), &[]);
}

/// `kubectl port-forward` to one pod, which says what the pods are called.
fn one_port_forward(run: &mut Run) {
    let name = |n: usize| format!("redis-{n}.redis.default.svc.cluster.local");
    let (_cluster, forward) = behind(run, Some(name), "ip");
    let endpoint = format!("redis://{}", forward.address);
    let seen = run.check(&endpoint);
    let pods: Vec<_> = (0..6).map(|n| (format!("redis-{n}"), filtered(n))).collect();
    mend(run, &seen, &endpoint, ("", ""), &pods);
}

/// A session manager's forward to the configuration endpoint.
fn one_session(run: &mut Run) {
    let name = |n: usize| format!("cache-000{}-001.cache.abc123.euw1.cache.amazonaws.com", n + 1);
    let (_cluster, forward) = behind(run, Some(name), "hostname");
    let endpoint = format!("redis://{}", forward.address);
    let seen = run.check(&endpoint);
    let names: Vec<_> = (0..6).map(|n| (name(n), filtered(n))).collect();
    mend(run, &seen, &endpoint, ("INSTANCE", "i-0123456789abcdef0"), &names);
}

/// TLS ends in a stunnel before a plaintext cluster, which announces its own ports.
fn tls_terminator(run: &mut Run) {
    if !need("stunnel4") {
        return;
    }
    let pki = Pki::new();
    let leaf = pki.issue("proxy", &Leaf::new(&["DNS:localhost", "IP:127.0.0.1"]));
    let cluster = Cluster::builder().ips((0..3).map(open).collect()).start();
    run.name_nodes(&cluster);
    let proxies: Vec<Tunnel> =
        cluster.nodes.iter().map(|node| Tunnel::stunnel(Adds::Nothing, node.address, &leaf)).collect();
    let trust = format!("--cacert {}", pki.ca().display());
    let endpoint = format!("rediss://localhost:{} {trust}", proxies[0].address.port());
    let seen = run.check(&endpoint);
    let written = Written::start_both_ends(&seen);
    let node = cluster.nodes[0].address;
    run.mended(&format!("redis://{node} --map {}", written.map().display()));
    // And by hand: a service of the kind that is there for each node, and the map that goes with them.
    let folder = TempDir::new().unwrap();
    let entry = |(node, proxy): (&Server, &Tunnel)| format!("{}=localhost:{}\n", node.address, proxy.address.port());
    let map: String = cluster.nodes.iter().zip(&proxies).map(entry).collect();
    let file = folder.path().join("map.txt");
    fs::write(&file, map).unwrap();
    run.mended(&format!("{endpoint} --map {}", file.display()));
}

/// Four maps that people wrote, each wrong in its way, and the right one.
fn hand_written_maps(run: &mut Run) {
    let cluster = Cluster::builder().nodes(4).replicas(1).ips((0..4).map(filtered).collect()).start();
    run.name_nodes(&cluster);
    let ways: Vec<Forward> =
        cluster.nodes.iter().zip(0..).map(|(node, n)| Forward::start(vec![node.address], Some(filtered(n)))).collect();
    let endpoint = format!("redis://{}", ways[0].address);
    run.check(&endpoint);
    let folder = TempDir::new().unwrap();
    let nodes: Vec<SocketAddr> = cluster.nodes.iter().map(|node| node.address).collect();
    let to = |n: usize| ways[n].address.to_string();
    let pair = |(key, to): &(String, String)| format!("{key}={to}\n");
    let pairs = |keys: &[(String, String)]| keys.iter().map(pair).collect::<Vec<_>>().concat();
    let right: Vec<(String, String)> = nodes.iter().map(ToString::to_string).zip((0..4).map(to)).collect();
    let by_name = right
        .iter()
        .zip(0..)
        .map(|((key, to), n)| (key.replace(&filtered(n).to_string(), "redis.internal"), to.clone()));
    let by_name: Vec<_> = by_name.collect();
    let doubled: Vec<_> = right.iter().map(|(key, _)| (key.clone(), to(0))).collect();
    let primaries = right[..2].to_vec();
    let mut crossed = right.clone();
    (crossed[0].1, crossed[1].1) = (to(1), to(0));
    let wrong = [
        (by_name, "never-announced"),
        (doubled, "shared-target"),
        (primaries, "no address was found where this node answers"),
        (crossed, "other-node"),
    ];
    for (map, fault) in wrong {
        let (exit, said) = judged(folder.path(), &endpoint, &pairs(&map));
        run.holds(&format!("exit 1 for {fault}, and it is named: {said}"), exit == Some(1) && said.contains(fault));
    }
    let (exit, said) = judged(folder.path(), &endpoint, &pairs(&right));
    run.holds(&format!("the right one is right: {said}"), exit == Some(0));
    run.mended(&format!("{endpoint} --map {}", folder.path().join("map.txt").display()));
}

/// `address-map --check`: the exit code, and what it said.
fn judged(folder: &Path, endpoint: &str, map: &str) -> (Option<i32>, String) {
    let file = folder.join("map.txt");
    fs::write(&file, map).unwrap();
    let done = output(doctor().args(["address-map", endpoint, "--check"]).arg(&file).args(["--format", "json"]));
    if std::env::var_os("FIELD_SCREENS").is_some() {
        println!("{}", text(&output(doctor().args(["address-map", endpoint, "--check"]).arg(&file)).stdout));
    }
    (done.status.code(), text(&done.stdout))
}
