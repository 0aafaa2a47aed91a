//! What must not work: forwards that lead elsewhere, ends that are not who they should be, announced text that is no host.

use std::{
    any::Any,
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Instant,
};

use serde_json::Value;

use super::{
    bastion::Bastion,
    folder::{Folder, Outcome, files_in, said},
    lanes::Cell,
    python::Python,
    scenes::Scene,
    strangers::{TLS_KINDS, bad_certificates, strangers},
    support::{cluster::Cluster, in_parallel, is_asked, need, output, text},
    world::{Machine, Reaches, SERVER, running_in},
};

/// It is asked for, and its program is here.
pub fn is_here(kind: &&'static str) -> bool {
    // The client comes with the server's package.
    let program = if *kind == "ssh" { "sshd" } else { kind };
    is_asked("TUNNELS_KINDS", |name| name == *kind) && need(program)
}

type Case<'a> = (String, Box<dyn Fn() -> Outcome + Send + Sync + 'a>);

/// All of them.
pub fn cells() -> Vec<Cell> {
    let plain = Scene::plain();
    let tls = Scene::tls_certificate();
    let mut cases: Vec<Case<'_>> =
        vec![("folder: kept".into(), Box::new(|| kept(&plain))), ("hostile hosts".into(), Box::new(hostile))];
    if is_here(&"ssh") {
        cases.push(("ssh: two forwards swapped".into(), Box::new(|| swapped(&plain))));
        cases.push(("ssh: a forward missing".into(), Box::new(|| missing(&plain))));
    }
    if is_here(&"spiped") {
        cases.push(("spiped: two ends crossed".into(), Box::new(|| crossed(&plain))));
        cases.push(("spiped: wrong keys".into(), Box::new(|| wrong_keys(&plain))));
    }
    for kind in TLS_KINDS.iter().copied().filter(is_here) {
        let plain = &plain;
        cases.push((format!("{kind}: strangers"), Box::new(move || strangers(kind, plain))));
    }
    for kind in ["spiped", "ssh"].iter().chain(TLS_KINDS).copied().filter(is_here) {
        let plain = &plain;
        cases.push((format!("{kind}: port taken"), Box::new(move || port_taken(kind, plain))));
    }
    let mut cells = in_parallel(cases, |(name, case)| cell(&name, case));
    // These need the same bad certificates at the same time.
    cells.extend(bad_certificates(&tls));
    cells
}

pub fn cell(name: &str, case: impl Fn() -> Outcome) -> Cell {
    let began = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(case));
    let outcome = done.unwrap_or_else(|panic| Err(words(&*panic)));
    let (lane, step) = name.split_once(": ").unwrap_or((name, "refused"));
    Cell { lane: lane.to_owned(), step: step.to_owned(), outcome, took: began.elapsed().as_secs_f32() }
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned())
}

/// A server, and a client that reaches nothing else.
pub fn machines() -> (Machine, Machine) {
    let server = Machine::new(Reaches::Nodes);
    let client = Machine::new(Reaches::Server(&server));
    (server, client)
}

/// `--check` finds fault with these forwards, by their announced addresses, and with no other.
pub fn is_blamed(folder: &Folder<'_>, announced: &[&str]) -> Outcome {
    let done = folder.check();
    let told = said(&done);
    let others = entries(folder).into_keys().filter(|address| !announced.contains(&address.as_str()));
    if done.status.code() != Some(1) {
        return Err(format!("--check has to end with 1, not {told}"));
    }
    if let Some(unnamed) = announced.iter().find(|address| !told.contains(**address)) {
        return Err(format!("--check does not name {unnamed}: {told}"));
    }
    let blamed = |address: &String| told.lines().any(|line| line.contains(address.as_str()) && line.contains("✗"));
    match others.into_iter().find(blamed) {
        Some(address) => Err(format!("--check blames {address}, too: {told}")),
        None => Ok(()),
    }
}

/// Announced and reachable, by what is announced.
pub fn entries(folder: &Folder<'_>) -> BTreeMap<String, String> {
    let map = folder.map();
    let word = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    map["address_map"].as_array().unwrap().iter().map(|e| (word(e, "announced"), word(e, "reachable"))).collect()
}

/// The folder's `node-1`, `node-2` and so on, as they are announced.
fn numbered(folder: &Folder<'_>) -> Vec<String> {
    let map = folder.map();
    map["address_map"].as_array().unwrap().iter().map(|e| e["announced"].as_str().unwrap().to_owned()).collect()
}

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let before = fs::read_to_string(file).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "{}: nothing was changed", file.display());
    fs::write(file, after).unwrap();
}

fn through_ssh(scene: &Scene, change: impl FnOnce(Vec<String>) -> Vec<String>, blamed: &[usize]) -> Outcome {
    let (server, client) = machines();
    let _bastion = Bastion::start(&server);
    let folder = Folder::generate("ssh", &["--via", &Bastion::via()], scene, [&client, &server])?;
    edit(&folder.path.join("client/ssh_config"), |config| {
        let lines: Vec<String> = config.lines().map(|line| line.to_owned() + "\n").collect();
        let is_forward = |line: &String| line.contains("LocalForward");
        let forwards = change(lines.iter().filter(|line| is_forward(line)).cloned().collect());
        let first = lines.iter().position(is_forward).expect("there are forwards");
        let rest: Vec<String> = lines.into_iter().filter(|line| !is_forward(line)).collect();
        [&rest[..first], &forwards, &rest[first..]].concat().concat()
    });
    folder.start()?;
    let nodes = numbered(&folder);
    is_blamed(&folder, &blamed.iter().map(|n| nodes[*n].as_str()).collect::<Vec<_>>())?;
    folder.stop()
}

fn swapped(scene: &Scene) -> Outcome {
    let swap = |lines: Vec<String>| {
        let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
        let to = |n: usize| words[[1, 0, 2, 3, 4, 5][n]][2];
        (0..6).map(|n| format!("    LocalForward {} {}\n", words[n][1], to(n))).collect()
    };
    through_ssh(scene, swap, &[0, 1])
}

fn missing(scene: &Scene) -> Outcome {
    through_ssh(scene, |lines| [&lines[..3], &lines[4..]].concat(), &[3])
}

/// Each pair has a key of its own: it leads to its node or nowhere.
fn crossed(scene: &Scene) -> Outcome {
    let (server, client) = machines();
    let folder = Folder::generate("spiped", &["--server", SERVER], scene, [&client, &server])?;
    let target = |n: usize| {
        let text = folder.read(&format!("client/nodes/node-{n}.env"));
        text.lines().find(|line| line.starts_with("TARGET=")).unwrap().to_owned()
    };
    let (one, two) = (target(1), target(2));
    for (n, from, to) in [(1, &one, &two), (2, &two, &one)] {
        edit(&folder.path.join(format!("client/nodes/node-{n}.env")), |text| text.replace(from, to));
    }
    folder.start()?;
    let nodes = numbered(&folder);
    is_blamed(&folder, &[&nodes[0], &nodes[1]])?;
    folder.stop()
}

fn wrong_keys(scene: &Scene) -> Outcome {
    let (server, client) = machines();
    let folder = Folder::generate("spiped", &["--server", SERVER], scene, [&client, &server])?;
    let key = folder.path.join("client/keys/node-2.key");
    let right = fs::read(&key).unwrap();
    for (content, mode, why) in [(&right[..31], 0o600, "32 bytes"), (&right[..], 0o644, "read by others")] {
        fs::write(&key, content).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let done = folder.start();
        if !done.as_ref().is_err_and(|told| told.contains(why)) {
            return Err(format!("a key with {} bytes and mode {mode:o} has to be refused: {done:?}", content.len()));
        }
        folder.stop()?;
    }
    fs::write(&key, right.iter().map(|byte| !byte).collect::<Vec<u8>>()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    folder.start()?;
    is_blamed(&folder, &[&numbered(&folder)[1]])?;
    folder.stop()
}

/// What was written stays, unless asked otherwise; ports stay in any case, and nobody else's are given out.
fn kept(scene: &Scene) -> Outcome {
    let (server, client) = machines();
    let folder = Folder::generate("spiped", &["--server", SERVER], scene, [&client, &server])?;
    let key = folder.path.join("client/keys/node-1.key");
    let before = (fs::read(&key).unwrap(), folder.map());
    let again = |words: &[&str]| {
        let mut doctor = scene.doctor("tunnel", true);
        doctor.args(["--with", "spiped", "--server", SERVER, "--out"]).arg(&folder.path).args(words);
        output(&mut server.here(&doctor))
    };
    let refused = again(&[]);
    if refused.status.code() != Some(2) || !said(&refused).contains("--force") {
        return Err(format!("without --force: {}", said(&refused)));
    }
    if (fs::read(&key).unwrap(), folder.map()) != before {
        return Err("without --force something was changed".into());
    }
    let forced = again(&["--force"]);
    if !forced.status.success() || folder.map() != before.1 || fs::read(&key).unwrap() == before.0 {
        return Err(format!("--force keeps ports and makes new keys: {}", said(&forced)));
    }
    let taken = folder.ports()[0].clone();
    let listener = Python::listen(&server, &taken);
    let other = Folder::generate("spiped", &["--server", SERVER], scene, [&client, &server]);
    drop(listener);
    let (mine, others) = (folder.ports(), other?.ports());
    if others[0] == taken || others[1..] != mine[1..] {
        return Err(format!("{taken} is in use: {mine:?} become {others:?}"));
    }
    Ok(())
}

/// Half a tunnel is none: where one port cannot be had, the rest is stopped again.
fn port_taken(kind: &'static str, scene: &Scene) -> Outcome {
    let (server, client) = machines();
    let _bastion = (kind == "ssh").then(|| Bastion::start(&server));
    let via = Bastion::via();
    let words = if kind == "ssh" { ["--via", &via] } else { ["--server", SERVER] };
    let folder = Folder::generate(kind, &words, scene, [&client, &server])?;
    let listener = Python::listen(&client, &folder.ports()[3]);
    let done = folder.start();
    let left = running_in(&folder.path.join("client"));
    if done.is_ok() || !left.is_empty() {
        return Err(format!("{done:?}, and there run {left:?}"));
    }
    drop(listener);
    folder.stop()?;
    folder.start()?;
    folder.is_proved()?;
    folder.stop()
}

/// Redis 7.0 takes and gossips whatever it is told to announce.
const HOSTILE: &[&str] = &[
    "${POD_IP}",
    "10.0.0.1 ssl verify none #",
    "\"; touch /tmp/pwned; \"",
    "$(touch /tmp/pwned)",
    "-oProxyCommand=touch /tmp/pwned",
    "10.0.0.1\nProxyCommand touch x",
    "a'b",
    "10.0.0.1;reboot",
];

fn hostile() -> Outcome {
    let ips = (4..7).map(|n| [127, 0, 66, n].into()).collect();
    let cluster = Cluster::builder().ips(ips).start();
    let scene = Scene { name: "hostile", cluster, pki: None, identity: None, password: None };
    let liar = &scene.cluster.nodes[2];
    let id = liar.node_id();
    for text in HOSTILE {
        liar.command(&["CONFIG", "SET", "cluster-announce-ip", text]);
        let heard = &text[..text.find('\n').unwrap_or(text.len())];
        scene.cluster.wait_for_views("the lie goes round", |view| view.contains(heard));
        for kind in ["spiped", "stunnel", "haproxy", "nginx", "socat", "ssh", "envoy", "ghostunnel"] {
            let words = if kind == "ssh" { ["--via", "bastion.lab.test"] } else { ["--server", SERVER] };
            let files = tempfile::TempDir::new().unwrap();
            let path = files.path().join("tunnel");
            let done = output(scene.doctor("tunnel", true).args(["--with", kind, "--out"]).arg(&path).args(words));
            let told = said(&done);
            if done.status.code() != Some(1) || !told.contains(&id[..8]) {
                return Err(format!("{kind}: {text:?} has to be refused by name: {told}"));
            }
            let map: Value = serde_json::from_str(&fs::read_to_string(path.join("map.json")).unwrap()).unwrap();
            let ids: Vec<&str> =
                map["address_map"].as_array().unwrap().iter().map(|e| e["node_id"].as_str().unwrap()).collect();
            if ids.len() != 2 || ids.contains(&id.as_str()) {
                return Err(format!("{kind}: {text:?}: the other two nodes, and only they, are written: {ids:?}"));
            }
            let holds = |file: &&std::path::PathBuf| text_of(file).contains(heard);
            if let Some(file) = files_in(&path).iter().find(holds) {
                return Err(format!("{kind}: {text:?} stands in {}", file.display()));
            }
        }
    }
    Ok(())
}

fn text_of(file: &Path) -> String {
    text(&fs::read(file).unwrap())
}
