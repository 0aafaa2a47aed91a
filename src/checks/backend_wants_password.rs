//! A proxy takes the client's password for itself, and gives none to the server behind it.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Attempt, AuthOutcome, Observed},
};

pub(super) const CHECK: Check = Check {
    code: "backend-wants-password",
    severity: Severity::Error,
    expects: "A proxy gives the servers behind it the password that they want.",
    explain: "A proxy that speaks Redis (Envoy, twemproxy, predixy, redis-cluster-proxy) answers AUTH by itself: with OK where it has \
              a password for its clients, else with \"no password is set\". Its connections to the servers are its own, shared by all \
              clients, and logged in with what stands in its configuration. Where nothing stands there, clients meet NOAUTH behind a \
              successful AUTH, which no server does by itself.",
    transient: false,
    explains: &[
        "discovery-refused",
        "discovery-impossible",
        "command-unsupported",
        "privileges-missing",
        "credentials-superfluous",
    ],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    let others = context.nodes().filter_map(|(node, attempts)| {
        let attempt = context.announced(attempts).filter(|attempt| attempt.socket != seed.socket)?;
        Some((attempt, context.node(node)))
    });
    let mut subjects: Vec<Subject> = Vec::new();
    let mut presented = None;
    for (attempt, subject) in std::iter::once((seed, context.endpoint())).chain(others) {
        match said(attempt) {
            Some(said) => {
                subjects.push(subject);
                presented.get_or_insert(said);
            }
            None => verdicts.pass(),
        }
    }
    let Some(presented) = presented else { return };
    verdicts.fail(Problem {
        title: "a proxy takes the password for itself, and gives none to the server behind it".to_owned(),
        subjects,
        expected: "the password in the proxy's configuration, for its own connections to the servers".to_owned(),
        presented,
        remedies: vec![configure()],
        ..Problem::default()
    });
}

/// What came of AUTH, and a command that is answered with NOAUTH all the same.
fn said(attempt: &Attempt) -> Option<String> {
    let connection = attempt.opened()?;
    let auth = match &connection.auth {
        Observed::Seen(AuthOutcome::Accepted) => "OK",
        Observed::Seen(AuthOutcome::Superfluous(answer)) => answer,
        _ => return None,
    };
    let refused = connection.refusals.iter().find(|refusal| refusal.answer.starts_with("NOAUTH"))?;
    Some(format!("AUTH: {auth}; {}: {}", refused.command, refused.answer))
}

fn configure() -> Remedy {
    let text = "Give the proxy the servers' password, and restart it: of Envoy in the cluster (not in the listener: \
                downstream_auth_passwords are what it asks of clients), of twemproxy in the pool, of redis-cluster-proxy in its file.";
    let lines = [
        "typed_extension_protocol_options:",
        "  envoy.filters.network.redis_proxy:",
        "    \"@type\": type.googleapis.com/envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions",
        "    auth_password: { inline_string: PASSWORD }",
        "redis_auth: PASSWORD",
        "auth PASSWORD",
    ];
    let lines = lines.map(str::to_owned).to_vec();
    Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }
}
