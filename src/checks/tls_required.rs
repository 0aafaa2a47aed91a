//! Plaintext was asked for at an endpoint that speaks TLS.

use crate::{
    clients::{Symptom, Where},
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Spoke, Transport},
};

pub(super) const CHECK: Check = Check {
    code: "tls-required",
    severity: Severity::Error,
    expects: "An endpoint that is asked in plaintext speaks plaintext.",
    explain: "A TLS port closes a plaintext connection without a word; the server's log says `wrong version number`, which \
              reads like a clash of TLS versions and is none. The client, probe or exporter simply opens the port without \
              TLS: give it the rediss:// scheme, or its TLS switch.",
    transient: false,
    explains: &["endpoint-unreachable", "not-redis", "node-unreachable"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = &context.snapshot.seed;
    if seed.transport != Transport::Plaintext || seed.opened().is_none() {
        return;
    }
    if seed.spoke != Some(Spoke::Tls) {
        return verdicts.pass();
    }
    let endpoint = &context.snapshot.target.endpoint;
    verdicts.fail(Problem {
        title: format!("{endpoint} speaks TLS, and was asked in plaintext"),
        subjects: vec![context.endpoint()],
        expected: "an answer to a plaintext command".to_owned(),
        presented: "the connection was closed; a ClientHello on the same port is answered with a certificate"
            .to_owned(),
        clients: context.affected(&Symptom::TlsRequired, Where::Seed),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Use the rediss:// scheme (or the client's TLS option), with the CA that signed the certificate."
                .to_owned(),
            lines: vec![context.endpoint_over(Transport::Tls)],
            proof: Some("the port answered a ClientHello".to_owned()),
        }],
    });
}
