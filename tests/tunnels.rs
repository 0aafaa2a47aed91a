//! Every kind of tunnel that `redis-doctor tunnel` writes, with the real programs, real clusters and real clients.
//!
//! `TUNNELS_KINDS=spiped,ssh` picks kinds; `TUNNELS_REPORT=FILE` keeps the page.

mod support;

#[path = "tunnels/bastion.rs"]
mod bastion;
#[path = "tunnels/folder.rs"]
mod folder;
#[path = "tunnels/lanes.rs"]
mod lanes;
#[path = "tunnels/page.rs"]
mod page;
#[path = "tunnels/python.rs"]
mod python;
#[path = "tunnels/scenes.rs"]
mod scenes;
#[path = "tunnels/strangers.rs"]
mod strangers;
#[path = "tunnels/world.rs"]
mod world;
#[path = "tunnels/wrong.rs"]
mod wrong;

use std::fs;

use lanes::{Cell, Client, Lane};
use scenes::Scene;
use support::{driver::Driver, in_parallel, need, skip};

const NODE_REDIS: Client = ("node-redis", "6");
const IOREDIS: Client = ("ioredis", "6");
const REDIS_PY: Client = ("redis-py", "8");
const GO_REDIS: Client = ("go-redis", "struct");
const REDIS_CLI: Client = ("redis-cli", "7.0");
const ALL: &[Client] = &[NODE_REDIS, IOREDIS, REDIS_PY, GO_REDIS];

const NAMES: &[&str] = &["--listen", "loopback-addresses"];
const ANNOUNCED: &[&str] = &["--listen", "announced"];

/// Kind, cluster, more words, clients.
type Route = (&'static str, &'static str, &'static [&'static str], &'static [Client]);

const LANES: &[Route] = &[
    ("spiped", "plain", &[], ALL),
    ("spiped", "v6", &[], ALL),
    ("spiped", "plain", ANNOUNCED, &[REDIS_CLI, REDIS_PY]),
    ("stunnel", "plain", &[], ALL),
    ("stunnel", "tls+cert", &[], ALL),
    ("stunnel", "tls+password", &[], ALL),
    ("haproxy", "plain", &[], &[IOREDIS]),
    ("haproxy", "tls+cert", &[], &[NODE_REDIS]),
    ("haproxy", "tls+password", &[], &[IOREDIS]),
    ("nginx", "plain", &[], &[NODE_REDIS]),
    ("nginx", "tls+cert", &[], &[REDIS_PY]),
    ("nginx", "tls+password", &[], &[NODE_REDIS]),
    ("socat", "plain", &[], &[REDIS_PY]),
    ("socat", "tls+cert", &[], &[IOREDIS]),
    ("socat", "tls+password", &[], &[REDIS_PY]),
    ("ghostunnel", "plain", &[], &[GO_REDIS]),
    ("ghostunnel", "tls+cert", &[], &[GO_REDIS]),
    ("ghostunnel", "tls+password", &[], &[IOREDIS]),
    ("envoy", "plain", &[], &[IOREDIS]),
    ("envoy", "tls+cert", &[], &[NODE_REDIS]),
    ("envoy", "tls+password", &[], &[GO_REDIS]),
    ("ssh", "plain", &[], ALL),
    ("ssh", "tls+password", &[], &[NODE_REDIS, IOREDIS, GO_REDIS]),
    ("ssh", "tls+cert", &[], &[GO_REDIS]),
    ("ssh", "tls+password", NAMES, &[REDIS_CLI, NODE_REDIS, REDIS_PY]),
];

#[test]
fn every_kind_carries_a_whole_cluster() {
    if !has_what_it_takes() || !world::is_inside("every_kind_carries_a_whole_cluster") {
        return;
    }
    let lanes: Vec<Lane> = LANES.iter().enumerate().filter_map(lane).collect();
    if lanes.is_empty() {
        skip("every kind of tunnel that is asked for");
        return;
    }
    let starts = [
        ("plain", Scene::plain as fn() -> Scene),
        ("v6", Scene::v6),
        ("tls+cert", Scene::tls_certificate),
        ("tls+password", Scene::tls_password),
    ];
    let wanted = starts.into_iter().filter(|(name, _)| lanes.iter().any(|lane| lane.scene == *name));
    let scenes: Vec<Scene> = in_parallel(wanted.collect(), |(_, start)| start());
    let scene = |lane: &Lane| scenes.iter().find(|scene| scene.name == lane.scene).expect("it was started");
    let done: Vec<(Lane, Vec<Cell>)> = in_parallel(lanes, |lane| {
        let cells = lane.run(scene(&lane));
        (lane, cells)
    });
    let cells =
        done.into_iter().flat_map(|(lane, cells)| if is_well(&cells) { cells } else { again(lane, &cells, scene) });
    let cells: Vec<Cell> = cells.chain([lanes::redirected(&scenes)]).collect();
    let page = page::page(&cells);
    println!("{page}");
    if let Some(file) = std::env::var_os("TUNNELS_REPORT") {
        fs::write(file, &page).unwrap();
    }
    assert!(is_well(&cells) && !cells.is_empty(), "something differs: see above");
}

#[test]
fn what_is_wrong_is_refused() {
    if has_what_it_takes() && world::is_inside("what_is_wrong_is_refused") {
        let cells = wrong::cells();
        println!("{}", page::page(&cells));
        assert!(cells.iter().all(|cell| cell.outcome.is_ok()), "something differs: see above");
    }
}

fn is_well(cells: &[Cell]) -> bool {
    cells.iter().all(|cell| cell.outcome.is_ok())
}

/// A lane that differs is run once more, alone, with slots of its own: on a busy machine time-outs of seconds are missed.
fn again<'s>(lane: Lane, cells: &[Cell], scene: impl Fn(&Lane) -> &'s Scene) -> Vec<Cell> {
    println!("once more, alone:\n{}", page::page(cells));
    let lane = Lane { number: lane.number + LANES.len(), ..lane };
    lane.run(scene(&lane))
}

/// A lane, if it is asked for and its programs are here.
fn lane((number, &(kind, scene, words, clients)): (usize, &Route)) -> Option<Lane> {
    if !wrong::is_here(&kind) {
        return None;
    }
    let ready = |&(id, row): &Client| Driver::of(id, row).is_ready() || skip(&format!("{id} {row} is not set up"));
    let clients: Vec<Client> = clients.iter().copied().filter(ready).collect();
    (!clients.is_empty()).then_some(Lane { number, kind, scene, words, clients })
}

/// What every lane needs.
fn has_what_it_takes() -> bool {
    let all = ["redis-server", "redis-cli", "openssl", "python3", "shellcheck", "systemd-analyze", "ss"];
    all.iter().all(|program| need(program))
}
