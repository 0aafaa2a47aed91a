//! The predictions of `redis-doctor clients`, and its maps, against the real libraries on real clusters.
//!
//! `MATRIX_LAYOUTS=A,B` and `MATRIX_CLIENTS=go-redis,redis-rs@1.8` pick columns and rows; `MATRIX_REPORT=FILE` keeps the page.

mod support;

#[path = "matrix/cells.rs"]
mod cells;
#[path = "matrix/classify.rs"]
mod classify;
#[path = "matrix/layouts.rs"]
mod layouts;
#[path = "matrix/maps.rs"]
mod maps;
#[path = "matrix/network.rs"]
mod network;
#[path = "matrix/report.rs"]
mod report;
#[path = "matrix/rows.rs"]
mod rows;
#[path = "matrix/scene.rs"]
mod scene;
#[path = "matrix/silence.rs"]
mod silence;

use std::{fs, panic};

use cells::{Cell, Snapshot, cell};
use layouts::{LAYOUTS, Layout};
use rows::{ROWS, Row};
use scene::Scene;
use support::{in_parallel, is_asked, namespace, need, skip};
use tempfile::TempDir;

/// A layout that runs, and what redis-doctor saw of it.
struct Ready {
    layout: &'static Layout,
    scene: Scene,
    seen: Snapshot,
}

#[test]
fn every_library_does_as_predicted() {
    if !(need("redis-server") && need("redis-cli") && need("openssl")) {
        return;
    }
    if !namespace::is_inside("every_library_does_as_predicted", &network::NETWORK) {
        return;
    }
    let files = TempDir::new().unwrap();
    let ready = in_parallel(layouts(), |layout| start(layout, &files));
    let rows = rows();
    let mut cells = predictions(&ready, &rows);
    cells.extend(proofs(&ready, &rows, &cells));
    conclude(&cells);
}

fn layouts() -> Vec<&'static Layout> {
    let asked = |layout: &&Layout| is_asked("MATRIX_LAYOUTS", |name| name == layout.name);
    LAYOUTS.iter().filter(asked).filter(|layout| layout.is_possible()).collect()
}

fn rows() -> Vec<&'static Row> {
    let asked = |row: &&Row| is_asked("MATRIX_CLIENTS", |name| row.is_meant(name));
    ROWS.iter().filter(asked).filter(|row| is_ready(row)).collect()
}

fn predictions(ready: &[Ready], rows: &[&Row]) -> Vec<Cell> {
    let all: Vec<(&Ready, &Row)> = ready.iter().flat_map(|ready| rows.iter().map(move |row| (ready, *row))).collect();
    let run = |(ready, row): (&Ready, &Row)| cell(ready.layout.name, &ready.scene, &ready.seen, row);
    let mut cells = in_parallel(all.clone(), run);
    // Time-outs of a few seconds are missed on a busy machine: what differs is run once more, alone, and that is said.
    for (seen, pair) in cells.iter_mut().zip(all).filter(|(seen, _)| !seen.difference().is_empty()) {
        println!("once more, alone: {} on {}: {}", seen.row, seen.layout, seen.difference());
        *seen = run(pair);
    }
    cells
}

/// Of the cells that were predicted to fail; side by side only where the clusters are different ones.
fn proofs(ready: &[Ready], rows: &[&Row], cells: &[Cell]) -> Vec<Cell> {
    let is_bad = |ready: &Ready, row: &Row| cells.iter().any(|c| c.is(ready.layout.name, &row.name()) && c.is_bad());
    let bad = |ready| rows.iter().copied().filter(|row| is_bad(ready, row)).collect::<Vec<_>>();
    let all = ready.iter().map(|ready| (ready, bad(ready))).collect();
    let cells = in_parallel(all, |(ready, rows)| maps::proofs(ready.layout.name, &ready.scene, &rows));
    cells.into_iter().flatten().collect()
}

fn start(layout: &'static Layout, files: &TempDir) -> Ready {
    let scene =
        panic::catch_unwind(layout.start).unwrap_or_else(|_| panic!("the layout {} does not start", layout.name));
    let seen = Snapshot::of(&scene, files.path().join(format!("{}.json", layout.name)));
    Ready { layout, scene, seen }
}

/// `tests/clients/setup` has installed it.
fn is_ready(row: &Row) -> bool {
    row.driver().is_ready() || skip(&format!("{} is not set up", row.name()))
}

fn conclude(cells: &[Cell]) {
    let page = report::report(cells);
    println!("{page}");
    if let Some(file) = std::env::var_os("MATRIX_REPORT") {
        fs::write(file, &page).unwrap();
    }
    let wrong = cells.iter().filter(|cell| !cell.difference().is_empty()).count();
    assert!(wrong == 0 && !cells.is_empty(), "wrong cells: see above");
}
