//! Hostile, broken and odd servers: whatever they do, the program ends in time with a report, and leaks nothing.
#![cfg(feature = "lab")]

#[path = "hostile/cases.rs"]
mod cases;
#[path = "hostile/commands.rs"]
mod commands;
#[path = "hostile/doctor.rs"]
mod doctor;
#[path = "hostile/in_between.rs"]
mod in_between;
#[path = "hostile/pasted.rs"]
mod pasted;
#[path = "hostile/replies.rs"]
mod replies;
#[path = "hostile/secure.rs"]
mod secure;
#[path = "hostile/server.rs"]
mod server;
#[path = "hostile/snapshots.rs"]
mod snapshots;
#[path = "hostile/tls.rs"]
mod tls;

use std::sync::{Mutex, PoisonError};

use cases::Case;
use server::Server;

/// Most of a case is waiting.
const AT_ONCE: usize = 12;

#[test]
fn whatever_a_server_does_there_is_a_report() {
    each(meet);
}

#[test]
fn whatever_a_server_does_the_commands_of_tunnels_end() {
    each(|case| {
        let Started { seed, nodes } = start(case);
        commands::try_all(case, &seed, nodes.as_ref())?;
        gave_no_password(case, &seed, nodes.as_ref())
    });
}

fn each(try_it: impl Fn(&Case) -> Result<(), String> + Sync) {
    // One test after the other: more programs at once than this, and a loaded machine looks like one that hangs.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = Mutex::new(cases::all().into_iter());
    let failures = Mutex::new(Vec::new());
    let only = std::env::var("HOSTILE_CASE").ok();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().unwrap().next() else { break };
                    if only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
                        continue;
                    }
                    if let Err(why) = try_it(&case) {
                        failures.lock().unwrap().push(format!("{}: {why}", case.name));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} failed:\n\n{}\n", failures.len(), failures.join("\n\n"));
}

/// The servers of a case.
struct Started {
    seed: Server,
    nodes: Option<Server>,
}

fn start(case: &Case) -> Started {
    let nodes = case.nodes.clone().map(|script| Server::start(case.tls.clone(), script));
    let seed = Server::start(case.tls.clone(), (case.seed)(nodes.as_ref().map_or(1, |n| n.address.port())));
    Started { seed, nodes }
}

/// Starts the servers of a case, checks them, and compares with what is expected.
fn meet(case: &Case) -> Result<(), String> {
    let Started { seed, nodes } = start(case);
    let endpoint = format!("{}{}", case.scheme, seed.address);
    let outcome = doctor::check(&endpoint, &case.arguments)?;
    let top = outcome.codes.first().map(String::as_str);
    if !case.top.is_empty() && !top.is_some_and(|top| case.top.contains(&top)) {
        return Err(format!("{:?} was expected first, not {:?}\n{}", case.top, outcome.codes, outcome.table));
    }
    if outcome.codes.is_empty() && outcome.report["summary"]["passed"] == 0 {
        return Err("neither a finding nor a check that passed".to_owned());
    }
    if outcome.report["topology"].is_null() && outcome.report["exit"] != 1 {
        return Err(format!("nothing is known of the deployment, and all is said to be well: {:?}", outcome.codes));
    }
    if outcome.table.trim().is_empty() {
        return Err("the table is empty".to_owned());
    }
    if std::env::var_os("HOSTILE_SHOW").is_some() {
        println!("{}: exit {}, {:?}", case.name, outcome.report["exit"], outcome.codes);
    }
    if let Some(nodes) = nodes.as_ref().filter(|nodes| nodes.connections() > case.most_connections) {
        return Err(format!("{} connections, where {} are enough", nodes.connections(), case.most_connections));
    }
    gave_no_password(case, &seed, nodes.as_ref())
}

fn gave_no_password(case: &Case, seed: &Server, nodes: Option<&Server>) -> Result<(), String> {
    let servers = || [Some(seed), nodes].into_iter().flatten();
    if case.gets_no_password && servers().any(|server| server.heard(doctor::PASSWORD.as_bytes())) {
        return Err("the server was given the password".to_owned());
    }
    Ok(())
}
