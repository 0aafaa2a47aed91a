//! The other half of the proof: what `address-map --for` writes is handed to the library as it stands, and every key works.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Instant,
};

use redis_doctor::clients;

use super::{
    cells::{self, Account, Cell, arguments},
    rows::Row,
    scene::Scene,
    support::{doctor, driver, output, slots::Migration, text},
};

/// Writes the map for each row, where there is one, and runs the library with it. One row after the other: slots migrate.
pub fn proofs(layout: &'static str, scene: &Scene, rows: &[&Row]) -> Vec<Cell> {
    rows.iter().filter_map(|row| proof(layout, scene, row)).collect()
}

fn proof(layout: &'static str, scene: &Scene, row: &Row) -> Option<Cell> {
    let map = written(scene, row)?;
    let files = tempfile::TempDir::new().unwrap();
    let file = files.path().join(format!("emitted.{}", driver::extension(row.client)));
    fs::write(&file, &map).unwrap();
    let began = Instant::now();
    // A panic would take the whole page with it.
    let done = catch_unwind(AssertUnwindSafe(|| run(scene, row, &file)));
    let observed = done
        .unwrap_or_else(|_| Err("the slot did not migrate".into()))
        .map_err(|why| format!("{why}; the map:\n{map}"));
    let took = began.elapsed().as_secs_f32();
    let predicted = Ok(Account { outcome: "ok".into(), ..Account::default() });
    Some(Cell { row: format!("{} map", row.name()), layout, predicted, observed, inner: map, took })
}

/// The map, where this client can be given one that was proved.
fn written(scene: &Scene, row: &Row) -> Option<String> {
    let mut look = doctor();
    look.arg("address-map").args(arguments(&scene.knows)).args(["--for", row.client]);
    look.envs(scene.knows.password.as_ref().map(|password| ("REDISCLI_AUTH", password)));
    let done = output(&mut look);
    (done.status.success() && !done.stdout.is_empty()).then(|| text(&done.stdout))
}

/// Before the migration, half-way through it (ASK) and after it (MOVED), where the hook is said to cover redirects.
fn run(scene: &Scene, row: &Row, map: &Path) -> Result<Account, String> {
    let mut request = row.request(scene, "map");
    request.config = Some(map.to_owned());
    let says_otherwise = fs::read_to_string(map).unwrap().contains(NO_HOST);
    request.rounds = if follows_redirects(row) && !says_otherwise { 3 } else { 1 };
    let (migration, mut rounds) = (Migration::of(&scene.nodes[..scene.primaries], &request.keys), 0);
    let lines = row.driver().drive(&request, |round| {
        if round == 1 {
            migration.begin();
        } else {
            migration.end();
        }
        rounds = round;
    });
    if rounds == 1 {
        migration.end();
    }
    if rounds > 0 {
        let back = migration.reversed();
        back.begin();
        back.end();
    }
    let lines = lines?;
    let worst = lines.iter().find(|line| !line.is_ok()).unwrap_or(&lines[0]);
    Ok(cells::account(worst, scene))
}

/// How a map says that redirects are not followed on servers that announce no host.
const NO_HOST: &str = "without a host is not followed";

fn follows_redirects(row: &Row) -> bool {
    let entries = clients::of_version(row.client, row.version);
    entries.iter().any(|client| client.hook.as_ref().is_some_and(|hook| hook.covers.redirects))
}
