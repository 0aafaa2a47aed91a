//! The predictions of `redis-doctor clients`, and its maps, against the real libraries on real clusters.
//!
//! `MATRIX_LAYOUTS=A,B` and `MATRIX_CLIENTS=go-redis,redis-rs@1.8` pick columns and rows; `MATRIX_REPORT=FILE` keeps the page.

mod support;

#[path = "matrix/cells.rs"]
mod cells;
#[path = "matrix/classify.rs"]
mod classify;
#[path = "matrix/driver.rs"]
mod driver;
#[path = "matrix/layouts.rs"]
mod layouts;
#[path = "matrix/maps.rs"]
mod maps;
#[path = "matrix/namespace.rs"]
mod namespace;
#[path = "matrix/report.rs"]
mod report;
#[path = "matrix/rows.rs"]
mod rows;
#[path = "matrix/scene.rs"]
mod scene;
#[path = "matrix/silence.rs"]
mod silence;
#[path = "matrix/slots.rs"]
mod slots;

use std::{fs, panic, sync::Mutex, thread};

use cells::{Cell, Snapshot, cell};
use layouts::{LAYOUTS, Layout};
use rows::{ROWS, Row};
use scene::Scene;
use support::{need, skip};
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
    if !namespace::is_inside("every_library_does_as_predicted") {
        return;
    }
    let files = TempDir::new().unwrap();
    let layouts: Vec<&Layout> =
        LAYOUTS.iter().filter(|layout| is_asked("MATRIX_LAYOUTS", |asked| asked == layout.name)).collect();
    let ready = in_parallel(layouts, 2, |layout| start(layout, &files));
    let rows: Vec<&Row> =
        ROWS.iter().filter(|row| is_asked("MATRIX_CLIENTS", |asked| row.is_meant(asked)) && is_ready(row)).collect();
    let all = ready.iter().flat_map(|ready| rows.iter().map(move |row| (ready, *row))).collect();
    let mut cells = in_parallel(all, 2, |(ready, row)| cell(ready.layout.name, &ready.scene, &ready.seen, row));
    let bad = |ready: &Ready, row: &Row| cells.iter().any(|c| c.is(ready.layout.name, &row.name()) && c.is_bad());
    let rows_of = |ready| rows.iter().copied().filter(|row| bad(ready, row)).collect::<Vec<_>>();
    let all = ready.iter().map(|ready| (ready, rows_of(ready))).collect();
    let proofs = in_parallel(all, 2, |(ready, rows)| maps::proofs(ready.layout.name, &ready.scene, &rows));
    cells.extend(proofs.into_iter().flatten());
    conclude(&cells);
}

fn start(layout: &'static Layout, files: &TempDir) -> Ready {
    let scene =
        panic::catch_unwind(layout.start).unwrap_or_else(|_| panic!("the layout {} does not start", layout.name));
    let seen = Snapshot::of(&scene, files.path().join(format!("{}.json", layout.name)));
    Ready { layout, scene, seen }
}

/// One that stands in the list means it, or there is no list.
fn is_asked(variable: &str, means_it: impl Fn(&str) -> bool) -> bool {
    std::env::var(variable).map_or(true, |list| list.split(',').any(means_it))
}

/// `tests/clients/setup` has installed it.
fn is_ready(row: &Row) -> bool {
    let marked = driver::installed().join(format!("{}.ready", row.client));
    marked.exists() || skip(&format!("{} is not set up", row.name()))
}

/// Does it to all, several at a time: most of a cell is waiting. The order stays.
fn in_parallel<T: Send, R: Send>(all: Vec<T>, each_core: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let count = all.len();
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let queue = Mutex::new(all.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    thread::scope(|scope| {
        for _ in 0..(cores * each_core * 3 / 2).min(count) {
            scope.spawn(|| {
                loop {
                    let Some((n, next)) = queue.lock().unwrap().next() else { break };
                    let result = work(next);
                    done.lock().unwrap().push((n, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
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
