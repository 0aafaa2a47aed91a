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

/// Cases in which the server matters: the stack, and why.
const BY_THE_SERVER: &[(&str, &str, &str)] =
    &[("B18", "hiredis", "the server of the measurements refused such a name in the ClientHello, Redis does not look")];

#[test]
fn the_runtimes_of_this_machine_agree_with_their_stacks() {
    if !(need("redis-server") && need("openssl")) {
        return;
    }
    let (dir, pki, measured) = (TempDir::new().unwrap(), Pki::new(), measurements("cases.json"));
    let reissuer = Reissuer::new(dir.path(), measured.now);
    let served: Vec<Case> = measured.cases.into_iter().filter(|case| case.served).collect();
    let all = in_parallel(served, |case| {
        let (case, files) = reissuer.reissue(&case);
        let server = Served::start(&files, &pki.ca());
        let call = Call { port: server.port(), anchors: files.anchors, host: case.host.clone() };
        (case, server, call)
    });
    let mut cases = Vec::new();
    let mut servers = Vec::new();
    let mut calls = Vec::new();
    for (case, server, call) in all {
        cases.push(case);
        servers.push(server);
        calls.push(call);
    }
    println!(
        "{} chains, {} of them by Redis",
        servers.len(),
        servers.iter().filter(|server| server.is_redis()).count()
    );
    let wrong: Vec<String> =
        runtimes(dir.path()).iter().flat_map(|runtime| disagreements(runtime, &cases, &calls)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn disagreements(runtime: &Runtime, cases: &[Case], calls: &[Call]) -> Vec<String> {
    let said = runtime.dial(calls);
    let pairs = cases.iter().zip(said);
    let meant =
        pairs.filter(|(case, _)| !BY_THE_SERVER.iter().any(|(id, stack, _)| *id == case.id && *stack == runtime.stack));
    let wrong: Vec<String> = meant.filter_map(|(case, said)| compare(runtime, case, said.as_deref())).collect();
    println!("{:<20} {}: {} of {} agree", runtime.stack, runtime.program, cases.len() - wrong.len(), cases.len());
    wrong
}

/// What is wrong about the verdict or the class, if anything.
fn compare(runtime: &Runtime, case: &Case, said: Option<&str>) -> Option<String> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let refusal = stack(runtime.stack).unwrap().refusal(&case.chain(now), Some(&case.host()));
    let agrees = match (said, &refusal) {
        (None, None) => true,
        // redis-cli tells no more than that.
        (Some(said), Some(refusal)) => {
            runtime.stack == "hiredis" || same(runtime.stack, class_of(runtime.stack, said), refusal.class)
        }
        _ => false,
    };
    let predicted = refusal.map(|refusal| format!("{:?}: {}", refusal.class, refusal.text));
    (!agrees).then(|| format!("{} {} ({}): {said:?}, not {predicted:?}", runtime.program, case.id, case.what))
}
