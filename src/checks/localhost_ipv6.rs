//! `localhost` is `::1` first, and nobody listens there.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Endpoint,
};

pub(super) const CHECK: Check = Check {
    code: "localhost-ipv6",
    severity: Severity::Info,
    expects: "A server that is called localhost listens at the first address that this name has.",
    explain: "Most systems give ::1 before 127.0.0.1 for localhost. A server that listens on 127.0.0.1 alone (bind 127.0.0.1, a \
              port that a container publishes on IPv4 only) is then found by clients that try one address after the other, and \
              not by those that take the first: Node.js 17 to 19 (`connect ECONNREFUSED ::1:6379`), and ioredis in cluster mode, \
              which resolves its seeds to one address itself. 127.0.0.1 in place of the name works for all of them.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let endpoint = &context.snapshot.target.endpoint;
    let behind = context.behind_the_name();
    let [first, .., _] = &behind[..] else { return };
    let Some(socket) = context.snapshot.seed.opened().and(context.snapshot.seed.socket) else { return };
    let is_dead = first.attempt.is_some_and(|attempt| attempt.opened().is_none() && attempt.failure().is_some());
    if !(endpoint.host.is_loopback() && first.ip.is_ipv6() && is_dead) {
        return verdicts.pass();
    }
    verdicts.fail(Problem {
        title: format!(
            "{} is {} first, where nobody listens; the server is at {}",
            endpoint.host,
            first.ip,
            socket.ip()
        ),
        subjects: vec![context.endpoint()],
        expected: "a server at the first address of the name".to_owned(),
        presented: format!(
            "{}: refused; {}: answers",
            Endpoint::new(crate::facts::Host::Ip(first.ip), endpoint.port),
            socket
        ),
        remedies: vec![
            Remedy {
                audience: Audience::Client,
                text: "Give clients the address in place of the name.".to_owned(),
                lines: vec![context.endpoint_with_scheme().replacen(&endpoint.to_string(), &socket.to_string(), 1)],
                proof: Some("dialled: it answers there".to_owned()),
            },
            Remedy {
                audience: Audience::Server,
                text: "Or listen on both (redis.conf, 6.2+).".to_owned(),
                lines: vec!["bind 127.0.0.1 -::1".to_owned()],
                proof: None,
            },
        ],
        ..Problem::default()
    });
}
