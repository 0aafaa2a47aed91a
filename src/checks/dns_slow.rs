//! The system's resolver takes long for the endpoint's name.

use crate::{
    diagnosis::{Check, Context, Problem, Severity, Verdicts},
    facts::Lookup,
};

pub(super) const CHECK: Check = Check {
    code: "dns-slow",
    severity: Severity::Warning,
    expects: "The endpoint's name resolves at once.",
    explain: "A resolver that gets no answer waits and asks again: 5 s with glibc unless resolv.conf has another `timeout`. Clients spend \
              that before they connect, at every new connection, and most count it towards their connect timeout. Mostly one of the two \
              queries is lost that glibc sends at once (A and AAAA, from one port: conntrack in Kubernetes, or a firewall, drops the \
              second), or the first name server of the list is dead. It was measured from where redis-doctor runs, by getaddrinfo, as \
              most clients ask.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let Some(lookup) = context.lookup().filter(|lookup| lookup.system.seen().is_some()) else { return };
    let slow = |lookup: &Lookup| lookup.slow_ms.filter(|_| context.snapshot.seed.socket.is_some());
    let Some(took) = slow(lookup) else { return verdicts.pass() };
    let seconds = took / 100;
    verdicts.fail(Problem {
        title: format!("{} took {}.{} s to resolve, at every new connection", lookup.name, seconds / 10, seconds % 10),
        subjects: vec![context.endpoint()],
        expected: "an answer within half a second".to_owned(),
        presented: format!("{took} ms, by getaddrinfo, seen from {}", context.vantage()),
        clients: Vec::new(),
        remedies: vec![context.slow_resolver_remedy()],
    });
}
