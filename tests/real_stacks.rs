//! Real Redis servers present the odd certificates, and the runtimes of this machine dial them: what `names` says of each
//! stack holds.

mod support;

#[path = "real_stacks/reissue.rs"]
mod reissue;
#[path = "real_stacks/runtimes.rs"]
mod runtimes;
#[path = "real_stacks/served.rs"]
mod served;

use redis_doctor::names::stack;
use tempfile::TempDir;
use time::OffsetDateTime;

use reissue::Reissuer;
use runtimes::{Call, Runtime, runtimes};
use served::Served;
use support::{
    in_parallel, need,
    pki::Pki,
    said::{Case, class_of, measurements, same},
};

/// Where it is the server that decides: the case, how the ids of the stacks begin, and why.
const BY_THE_SERVER: &[(&str, &str, &str)] =
    &[("B18", "hiredis", "that of the measurements refused such a name in the ClientHello, Redis does not look at it")];

/// What a runtime has to be asked, and the server that is to answer.
struct Trial {
    case: Case,
    server: Served,
    call: Call,
}

#[test]
fn the_runtimes_of_this_machine_agree_with_their_stacks() {
    if !(need("redis-server") && need("openssl")) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let (trials, runtimes) = (trials(&dir), runtimes(dir.path()));
    let by_redis = trials.iter().filter(|trial| trial.server.is_redis()).count();
    println!("{} chains, {by_redis} of them presented by Redis", trials.len());
    let wrong = in_parallel(runtimes, |runtime| disagreements(&runtime, &trials)).concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn trials(dir: &TempDir) -> Vec<Trial> {
    let (reissuer, pki) = (Reissuer::new(dir.path()), Pki::new());
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut cases: Vec<(Case, i64)> = Vec::new();
    for file in ["cases.json", "several.json"] {
        let measured = measurements(file);
        cases.extend(measured.cases.into_iter().map(|case| (case, now - measured.now)));
    }
    cases.retain(|(case, _)| case.served);
    in_parallel(cases, |(case, later)| {
        let (case, files) = reissuer.reissue(&case, later);
        let server = Served::start(&files, &pki.ca());
        let call = Call { port: server.port(), anchors: files.anchors, host: case.host.clone() };
        Trial { case, server, call }
    })
}

fn disagreements(runtime: &Runtime, trials: &[Trial]) -> Vec<String> {
    let meant: Vec<&Trial> = trials.iter().filter(|trial| !is_by_the_server(runtime, &trial.case)).collect();
    let said = runtime.dial(meant.iter().map(|trial| &trial.call));
    let wrong: Vec<String> =
        meant.iter().zip(said).filter_map(|(trial, said)| compare(runtime, &trial.case, said.as_deref())).collect();
    println!("{:<20} {}: {} of {} agree", runtime.stack, runtime.program, meant.len() - wrong.len(), meant.len());
    wrong
}

fn is_by_the_server(runtime: &Runtime, case: &Case) -> bool {
    BY_THE_SERVER.iter().any(|(id, stack, _)| *id == case.id && runtime.stack.starts_with(stack))
}

/// What is wrong about the verdict or the class, if anything.
fn compare(runtime: &Runtime, case: &Case, said: Option<&str>) -> Option<String> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let refusal = stack(runtime.stack).unwrap().refusal(&case.chain(now), Some(&case.host()));
    let agrees = match (said, &refusal) {
        (None, None) => true,
        // redis-cli tells no more than that.
        (Some(_), Some(_)) if runtime.stack == "hiredis" => true,
        (Some(said), Some(refusal)) => same(runtime.stack, class_of(runtime.stack, said), refusal.class),
        _ => false,
    };
    let predicted = refusal.map(|refusal| format!("{:?}: {}", refusal.class, refusal.text));
    (!agrees).then(|| {
        format!("{} {} {} ({}): {said:?}, not {predicted:?}", runtime.stack, runtime.program, case.id, case.what)
    })
}
