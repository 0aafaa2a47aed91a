//! TLS was asked for at an endpoint that speaks plaintext.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts, turned_away},
    facts::{Asked, Endpoint, Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "tls-not-spoken",
    severity: Severity::Error,
    expects: "An endpoint that is asked for TLS speaks TLS.",
    explain: "A plaintext Redis never answers a ClientHello: it waits for a line end that the bytes of TLS do not hold, so \
              clients hang until they time out. redis-doctor tries an inline PING beside the handshake; an answer to that \
              settles it. Either the port is the plaintext one of two, or the server was never set up for TLS.",
    transient: false,
    explains: &["endpoint-unreachable", "tls-handshake-failed"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    if context.snapshot.target.asked != Asked::Tls || seed.opened().is_none() || turned_away(seed).is_some() {
        return;
    }
    let (Some(Spoke::PlainRedis(line)), Transport::Tls) = (&seed.spoke, seed.transport) else { return verdicts.pass() };
    let endpoint = &context.snapshot.target.endpoint;
    let lines = vec![context.endpoint_over(Transport::Plaintext)];
    verdicts.fail(Problem {
        title: format!("{endpoint} speaks plaintext Redis, not TLS"),
        subjects: vec![context.endpoint()],
        expected: "an answer to a TLS ClientHello".to_owned(),
        presented: format!("silence to the ClientHello; to an inline PING in plaintext: {line}"),
        clients: context.affected(&Symptom::TlsNotSpoken, Where::Seed),
        remedies: [
            seed.tls_port.map(|port| Remedy {
                audience: Audience::Client,
                text: format!("The TLS port of this server is {port}."),
                lines: vec![format!("rediss://{}", Endpoint::new(endpoint.host.clone(), port))],
                proof: Some("the server says so (CONFIG GET tls-port), and a ClientHello is answered there".to_owned()),
            }),
            Some(Remedy {
                audience: Audience::Client,
                text: "Use the server's TLS port, or, where plaintext is meant, the scheme without the second s."
                    .to_owned(),
                lines,
                proof: Some("the inline PING was answered in plaintext on this very port".to_owned()),
            }),
            seed.tls_port.is_none().then(|| Remedy {
                audience: Audience::Server,
                text: "Turn TLS on for a port of its own.".to_owned(),
                lines: ["tls-port PORT", "tls-cert-file FILE", "tls-key-file FILE", "tls-ca-cert-file FILE"]
                    .map(str::to_owned)
                    .into(),
                proof: None,
            }),
        ]
        .into_iter()
        .flatten()
        .collect(),
    });
}
