//! The field cases: what people reported, put up again, and the root cause on top of what `check` says.
//!
//! Each case is a function that puts up its deployment and has it checked; what is expected stands in
//! `scenes/cases/ID.json`. `FIELD_CASES=O-01,O-14` picks some, `FIELD_SCREENS=1` shows what people see.

mod support;

#[path = "field/access.rs"]
mod access;
#[path = "field/astray.rs"]
mod astray;
#[path = "field/certificates.rs"]
mod certificates;
#[path = "field/clusters.rs"]
mod clusters;
#[path = "field/containers.rs"]
mod containers;
#[path = "field/expected.rs"]
mod expected;
#[path = "field/forwards.rs"]
mod forwards;
#[path = "field/fronts.rs"]
mod fronts;
#[path = "field/given.rs"]
mod given;
#[path = "field/groups.rs"]
mod groups;
#[path = "field/health.rs"]
mod health;
#[path = "field/kinds.rs"]
mod kinds;
#[path = "field/managed.rs"]
mod managed;
#[path = "field/mixed.rs"]
mod mixed;
#[path = "field/names.rs"]
mod names;
#[path = "field/network.rs"]
mod network;
#[path = "field/night.rs"]
mod night;
#[path = "field/reach.rs"]
mod reach;
#[path = "field/replicas.rs"]
mod replicas;
#[path = "field/run.rs"]
mod run;
#[path = "field/sentinels.rs"]
mod sentinels;
#[path = "field/services.rs"]
mod services;
#[path = "field/table.rs"]
mod table;
#[path = "field/unserved.rs"]
mod unserved;
#[path = "field/watch.rs"]
mod watch;
#[path = "field/watching.rs"]
mod watching;
#[path = "field/ways.rs"]
mod ways;

use std::{collections::BTreeSet, panic};

use run::{Case, Row, Run};
use support::{in_parallel, is_asked, namespace, need};

/// Every case, a file for each kind of trouble.
const SHELF: &[&[Case]] = &[
    access::CASES,
    astray::CASES,
    certificates::CASES,
    clusters::CASES,
    containers::CASES,
    forwards::CASES,
    fronts::CASES,
    groups::CASES,
    health::CASES,
    kinds::CASES,
    managed::CASES,
    mixed::CASES,
    names::CASES,
    night::CASES,
    reach::CASES,
    replicas::CASES,
    sentinels::CASES,
    services::CASES,
    unserved::CASES,
    given::CASES,
    watch::CASES,
    watching::CASES,
    ways::CASES,
];

#[test]
fn every_field_case_has_its_root_cause_on_top() {
    let programs = ["redis-server", "redis-cli", "openssl", "socat", "stunnel", "haproxy", "nginx", "nutcracker"];
    if !programs.into_iter().all(need) {
        return;
    }
    if !namespace::is_inside("every_field_case_has_its_root_cause_on_top", &network::NETWORK) {
        return;
    }
    let asked = |case: &&Case| is_asked("FIELD_CASES", |id| id == case.id);
    let cases: Vec<&Case> = SHELF.iter().copied().flatten().filter(asked).collect();
    let mut rows: Vec<Row> = in_parallel(cases.clone(), row);
    // Where dozens of servers run at once some answer late: what differs is played once more, alone, and that is said.
    for (seen, case) in rows.iter_mut().zip(cases).filter(|(seen, _)| !seen.wrong.is_empty()) {
        println!("once more, alone: {}: {}", seen.id, seen.wrong);
        *seen = row(case);
    }
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    println!("{}", table::table(&rows));
    let wrong = rows.iter().filter(|row| !row.wrong.is_empty()).count();
    assert!(wrong == 0 && !rows.is_empty(), "{wrong} wrong cases: see above");
}

#[test]
fn no_case_is_without_a_scene() {
    let played: BTreeSet<String> = SHELF.iter().copied().flatten().map(|case| case.id.to_owned()).collect();
    let written: BTreeSet<String> = expected::all();
    assert_eq!(played, written, "the cases of tests/field, and the files of tests/scenes/cases");
}

/// Puts one up and looks. A case that cannot be put up is wrong, too.
fn row(case: &Case) -> Row {
    let mut run = Run::new(case.id);
    let ended = panic::catch_unwind(panic::AssertUnwindSafe(|| (case.play)(&mut run)));
    let why = ended.err().map(|panicked| {
        let text = panicked.downcast_ref::<String>().cloned();
        text.or_else(|| panicked.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    });
    run.finish(why)
}
