//! Private addresses are announced by a server that was reached at a public one.

use crate::diagnosis::{Check, Context, Problem, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "announced-private",
    severity: Severity::Info,
    expects: "A server that is reached at a public address announces addresses that are public too.",
    explain: "Addresses of RFC 1918, RFC 6598 and of link-local and unique-local networks mean something only inside one \
              network. Announced to a client outside they time out, or, worse, lead to another machine that happens to have \
              the same address. Inside the network they are right, so this only explains what else was found.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let public = context.snapshot.seed.socket.is_some_and(|socket| {
        let host = crate::facts::Host::Ip(socket.ip());
        !host.is_private() && !host.is_loopback()
    });
    if !public {
        context.nodes().for_each(|_| verdicts.pass());
        return;
    }
    let mut subjects = Vec::new();
    for (node, _) in context.nodes() {
        if context.followed_as_announced(node).is_some_and(|endpoint| endpoint.host.is_private()) {
            subjects.push(context.node(node));
        } else {
            verdicts.pass();
        }
    }
    verdicts.fail(Problem {
        title: "private addresses are announced by a server reached at a public one".to_owned(),
        subjects,
        expected: "public addresses or names".to_owned(),
        presented: "addresses of a private network".to_owned(),
        ..Problem::default()
    });
}
