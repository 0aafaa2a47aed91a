//! The folder that `tunnel --out` writes, and its scripts: what is in the way is respected, and only what was started is ended.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A look at two nodes of a replication, whom nobody reaches.
fn look() -> Value {
    let node = |n: u16, role: &str| {
        let host = json!({ "host": format!("10.9.8.{n}") });
        json!({
            "id": format!("{n:040x}"), "role": role, "primary": null, "slots": [],
            "address": { "preferred": host, "port": 6379, "ip": host, "hostname": "absent", "tcp_port": null, "tls_port": null, "bus_port": null },
            "flags": { "fail": false, "pfail": false, "handshake": false, "noaddr": false, "loading": false, "link_down": false },
        })
    };
    let nodes = [node(1, "primary"), node(2, "replica")];
    let ids = nodes.iter().map(|node| json!({ "id": node["id"], "attempts": [] })).collect::<Vec<_>>();
    json!({
        "format": 1, "tool_version": "", "taken_at": 0, "vantage": { "hostname": null, "addresses": [] },
        "target": { "endpoint": "10.9.8.1:6379", "asked": "plaintext", "server_name": null, "sni": null, "username": null,
                    "password_given": false, "client_certificate_given": false, "trust": null },
        "seed": { "candidates": [["seed", "10.9.8.1:6379"]], "socket": null, "transport": "plaintext", "server_name": "10.9.8.1",
                  "connection": { "failed": { "stage": "connect", "kind": "timed-out", "detail": "" } }, "spoke": null, "took_ms": 0 },
        "topology": { "seen": { "kind": "cluster", "nodes": nodes, "announced": 2, "malformed": [],
                                "views": [{ "members": [nodes[0]["id"], nodes[1]["id"]], "differences": [], "more": 0 }] } },
        "nodes": ids, "chains": [], "cut_short": false,
    })
}

/// A place for a tunnel.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Place(TempDir::with_prefix("a tunnel").unwrap());
        fs::write(place.at("look.json"), look().to_string()).unwrap();
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a tunnel to `dir`; what is said on stderr where nothing was written.
    fn write(&self, kind: &str, more: &[&str]) -> Result<(), String> {
        let look = self.at("look.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_redis-doctor"));
        command.args(["tunnel", "--with", kind, "--server", "192.0.2.9", "--from"]).arg(look).arg("--out");
        let output = command.arg(self.at("dir")).args(more).output().unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_their_owners_alone() {
    let place = Place::new();
    place.write("spiped", &[]).unwrap();
    for (path, expected) in [("dir/server/keys", 0o700), ("dir/server/keys/node-1.key", 0o600)] {
        assert_eq!(mode(&place.at(path)), expected, "{path}");
    }
}

#[test]
fn nothing_is_written_where_something_is_in_the_way() {
    let place = Place::new();
    fs::create_dir_all(place.at("dir/server")).unwrap();
    fs::write(place.at("dir/server/start"), "mine").unwrap();
    assert!(place.write("spiped", &[]).unwrap_err().contains("server/start is there already"));
    fs::remove_file(place.at("dir/server/start")).unwrap();
    symlink("nowhere", place.at("dir/map.json")).unwrap();
    assert!(place.write("spiped", &[]).unwrap_err().contains("map.json is there already"));
    fs::remove_file(place.at("dir/map.json")).unwrap();
    fs::create_dir(place.at("elsewhere")).unwrap();
    symlink("../../elsewhere", place.at("dir/server/keys")).unwrap();
    assert!(place.write("spiped", &["--force"]).unwrap_err().contains("a link"));
    fs::remove_file(place.at("dir/server/keys")).unwrap();
    fs::set_permissions(place.at("dir/server"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(place.write("spiped", &["--force"]).unwrap_err().contains("by everybody"));
    let left: Vec<_> = fs::read_dir(place.at("dir")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["server"], "and nothing else");
}

#[test]
fn force_replaces_what_is_ours_and_nothing_else() {
    let place = Place::new();
    place.write("spiped", &[]).unwrap();
    for (path, text) in [("keys/mine.key", "k"), ("keys/node-9.key", "old"), ("known_hosts", "h"), ("victim", "v")] {
        fs::write(place.at("dir/client").join(path), text).unwrap();
    }
    fs::create_dir(place.at("dir/client/run")).unwrap();
    fs::write(place.at("dir/client/run/node-1.pid"), "1").unwrap();
    fs::remove_file(place.at("dir/client/start")).unwrap();
    symlink("victim", place.at("dir/client/start")).unwrap();
    place.write("stunnel", &["--force"]).unwrap();
    let text = |path: &str| fs::read_to_string(place.at("dir/client").join(path)).ok();
    for (path, expected) in [("keys/mine.key", "k"), ("known_hosts", "h"), ("victim", "v"), ("run/node-1.pid", "1")] {
        assert_eq!(text(path).as_deref(), Some(expected), "{path}");
    }
    assert!(text("start").unwrap().starts_with("#!/bin/sh"));
    for gone in ["keys/node-9.key", "keys/node-1.key", "nodes/node-1.env"] {
        assert_eq!(text(gone), None, "{gone}");
    }
}

/// A tunnel whose program does nothing but run.
struct Running(Place);

impl Running {
    fn new() -> Self {
        let place = Place::new();
        place.write("spiped", &[]).unwrap();
        fs::create_dir(place.at("bin")).unwrap();
        let program = place.at("bin/spiped");
        fs::write(&program, "#!/bin/sh\nsleep 600\n").unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Running(place)
    }

    /// From another folder, with something in `CDPATH`.
    fn script(&self, words: &str) -> Output {
        let place = &self.0;
        let path = format!("{}:{}", place.at("bin").display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("sh client/{words}")]).current_dir(place.at("dir"));
        shell.env("PATH", path).env("CDPATH", "/").output().unwrap()
    }

    fn pid(&self, node: &str) -> Option<u32> {
        let text = fs::read_to_string(self.0.at("dir/client/run").join(format!("{node}.pid"))).ok()?;
        text.split(' ').next()?.trim().parse().ok()
    }

    fn is_alive(&self, node: &str) -> bool {
        self.pid(node).is_some_and(is_alive)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.script("stop");
    }
}

fn is_alive(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap().status.success()
}

#[test]
fn a_start_that_fails_stops_what_it_started_and_nothing_else() {
    let tunnel = Running::new();
    assert!(tunnel.script("start node-2").status.success());
    let again = tunnel.script("start");
    assert!(String::from_utf8_lossy(&again.stderr).contains("node-2 runs already"), "{again:?}");
    assert!(tunnel.is_alive("node-2") && tunnel.pid("node-1").is_none());
    fs::create_dir(tunnel.0.at("dir/client/run/starting")).unwrap();
    assert!(!tunnel.script("start node-1").status.success(), "another start is at work");
    let second = tunnel.pid("node-2").unwrap();
    assert!(tunnel.script("stop").status.success());
    assert!(!is_alive(second) && tunnel.pid("node-2").is_none());
    assert!(tunnel.script("start").status.success() && tunnel.is_alive("node-1") && tunnel.is_alive("node-2"));
}

#[test]
fn a_number_that_is_somebody_elses_by_now_is_left_alone() {
    let tunnel = Running::new();
    let mut other = Command::new("sh").args(["-c", "exec sleep 600"]).spawn().unwrap();
    fs::create_dir(tunnel.0.at("dir/client/run")).unwrap();
    fs::write(tunnel.0.at("dir/client/run/node-1.pid"), format!("{} 1\n", other.id())).unwrap();
    assert!(tunnel.script("stop").status.success());
    assert!(other.try_wait().unwrap().is_none(), "it was not ours");
    fs::write(tunnel.0.at("dir/client/run/node-1.pid"), format!("{} 1\n", other.id())).unwrap();
    assert!(tunnel.script("start").status.success(), "and it does not keep ours from starting");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_script_that_is_sourced_leaves_the_shell_alone() {
    let tunnel = Running::new();
    for name in ["start", "stop"] {
        let line = format!("cd client && . ./{name}; pwd; false; echo \"still here $UNSET\"");
        let output = Command::new("sh").args(["-c", &line]).current_dir(tunnel.0.at("dir")).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("client\nstill here"), "{output:?}");
    }
    assert!(!tunnel.0.at("dir/client/run").exists());
}
