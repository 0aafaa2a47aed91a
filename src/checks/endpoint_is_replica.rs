//! The endpoint is a replica.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Verdicts, is_for_one_server, is_for_readers},
    facts::Role,
};

pub(super) const CHECK: Check = Check {
    code: "endpoint-is-replica",
    severity: Severity::Info,
    expects: "Whoever means to write is given the primary.",
    explain: "The address that was given is one of a replica, cluster mode off: reads work, and writes are answered with `READONLY You \
              can't write against a read only replica.` That is as it should be for an endpoint of readers; for anything else, use \
              the primary. `--expect primary` makes an error of it, `--expect replica` says that it is meant.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let endpoint = &context.snapshot.target.endpoint;
    match context.seed_role() {
        Some(Role::Replica) if context.role.is_none() => {}
        Some(_) => return verdicts.pass(),
        None => return,
    }
    if is_for_readers(&endpoint.host) || !is_for_one_server(&endpoint.host) {
        return verdicts.pass();
    }
    let writable = context.seed_server().and_then(|said| said.replication.read_only) == Some(false);
    let writes = if writable {
        "writes are taken there and lost with the next copy (replica-read-only no)"
    } else {
        "writes there are refused (READONLY You can't write against a read only replica)"
    };
    verdicts.fail(Problem {
        title: format!("{endpoint} is a replica: {writes}"),
        subjects: vec![context.endpoint()],
        expected: "role:master, where it is for writes".to_owned(),
        presented: format!("role:slave; {}", context.primary_in_words()),
        clients: Vec::new(),
        remedies: context.to_the_primary().into_iter().collect(),
    });
}
