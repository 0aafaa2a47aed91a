//! The TLS handshake fails for a reason that is not the certificate.

mod by_name;

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{Alert, Attempt, FailureKind, ServerHello, Spoke},
};

pub(super) const CHECK: Check = Check {
    code: "tls-handshake-failed",
    severity: Severity::Error,
    expects: "Client and server have a TLS version and a cipher suite in common.",
    explain: "`protocol_version` means that the server has neither TLS 1.2 nor 1.3 enabled; `handshake_failure` that no suite, \
              group or signature scheme is shared, or (in TLS 1.2) that a client certificate is missing; \
              `unrecognized_name` that a front which routes by server name does not know the one that was sent. Many fronts say \
              another alert in its place, or close: where other names are known than the one that was sent (announced, in DNS, in \
              the endpoint's certificate) they are tried, and this says which one is answered.",
    transient: false,
    // Clients meet the certificate only by the name.
    explains: &["endpoint-unreachable", "node-unreachable", "san-mismatch"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut unknown = Alike::default();
    let mut ccm = Alike::default();
    let answered = by_name::examine(context, verdicts);
    let mut note = |attempt: Option<&Attempt>, subject: Subject| match attempt.zip(attempt.and_then(handshake_failure))
    {
        _ if answered.contains(&subject) => {}
        Some((attempt, detail)) if wants_another_name(detail) => unknown.add(&sent(context, attempt), subject),
        Some((attempt, detail)) if takes_ccm_alone(attempt) => ccm.add(&said(detail, heard(attempt)), subject),
        Some((attempt, detail)) => found.add(&said(detail, heard(attempt)), subject),
        None => verdicts.pass(),
    };
    note(Some(&context.snapshot.seed), context.endpoint());
    for (node, attempts) in context.nodes() {
        note(context.announced(attempts), context.node(node));
    }
    for (name, subjects) in unknown {
        verdicts.fail(Problem { subjects, ..nameless(&name) });
    }
    for (detail, subjects) in ccm {
        verdicts.fail(Problem { subjects, presented: detail, ..only_ccm() });
    }
    for (detail, subjects) in found {
        let text = "Allow TLS 1.2 or 1.3 with a current suite on the server (tls-protocols, tls-ciphers, tls-ciphersuites), \
                    or send the server name that the front in between expects (--sni NAME).";
        verdicts.fail(Problem {
            title: "the TLS handshake fails".to_owned(),
            subjects,
            expected: "TLS 1.2 or 1.3 with a suite that both sides know".to_owned(),
            presented: detail,
            remedies: vec![Remedy {
                audience: Audience::Server,
                text: text.to_owned(),
                lines: Vec::new(),
                proof: None,
            }],
            ..Problem::default()
        });
    }
}

/// `HAProxy` with strict-sni, nginx with `ssl_reject_handshake` and OpenSSL say so (RFC 6066 section 3).
fn wants_another_name(detail: &str) -> bool {
    Alert::read(detail).is_some_and(|Alert(number)| number == 112)
}

/// The server name that was sent; empty where there was none, since an address is none.
fn sent(context: &Context<'_>, attempt: &Attempt) -> String {
    let asked = context.snapshot.target.sni.clone();
    asked.or_else(|| attempt.server_name.name().map(str::to_owned)).unwrap_or_default()
}

fn nameless(name: &str) -> Problem {
    let (title, presented) = if name.is_empty() {
        (
            "the front chooses by the server name (SNI), and an IP address sends none".to_owned(),
            "no server name; the fatal alert unrecognized_name (112)".to_owned(),
        )
    } else {
        (
            format!("the front knows no service by the server name {name}"),
            format!("the server name {name}; the fatal alert unrecognized_name (112)"),
        )
    };
    Problem { title, expected: KNOWN.to_owned(), presented, remedies: vec![send("NAME")], ..Problem::default() }
}

/// What a front goes by.
const KNOWN: &str = "the name by which the front (private link, ingress, router, proxy) knows this service";

/// How clients send a server name.
fn send(name: &str) -> Remedy {
    let text = "Dial the service by that name, where it leads here; else keep the address and send the name beside it. These look \
                at it so, and say it to redis-cli and Node.js.";
    Remedy {
        audience: Audience::Client,
        text: text.to_owned(),
        lines: vec![
            format!("--sni {name} --server-name {name}"),
            format!("redis-cli --tls --sni {name}"),
            format!("tls: {{ servername: '{name}' }}"),
        ],
        proof: None,
    }
}

/// Offered everything, the server picks what hardly any client offers.
fn takes_ccm_alone(attempt: &Attempt) -> bool {
    heard(attempt).is_some_and(|hello| hello.version == "TLSv1.3" && hello.suite.contains("_CCM"))
}

fn only_ccm() -> Problem {
    Problem {
        title: "the server takes no cipher suite of TLS 1.3 but CCM, which hardly any client has".to_owned(),
        expected: "an AES-GCM or ChaCha20 suite of TLS 1.3 (RFC 8446 section 9.1)".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "Allow the suites that every client has, in redis.conf too; under FIPS leave the last one out."
                .to_owned(),
            lines: vec![
                "CONFIG SET tls-ciphersuites \
                 TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
                    .to_owned(),
            ],
            proof: None,
        }],
        ..Problem::default()
    }
}

/// The alert by its number, and what the server would rather speak, where it was heard of.
fn said(detail: &str, heard: Option<&ServerHello>) -> String {
    let alert = Alert::read(detail).map_or_else(|| detail.to_owned(), |alert| format!("the fatal alert {alert}"));
    let Some(hello) = heard else { return alert };
    let group = hello.group.as_ref().map(|group| format!(" with the group {group}")).unwrap_or_default();
    format!("{alert}; offered everything, the server takes {}, {}{group}", hello.version, hello.suite)
}

fn heard(attempt: &Attempt) -> Option<&ServerHello> {
    attempt.hello.as_ref()?.seen()
}

fn handshake_failure(attempt: &Attempt) -> Option<&String> {
    let failure = attempt.opened()?.tls.failure()?;
    let spoken = matches!(attempt.spoke, Some(Spoke::PlainRedis(_)));
    // TLS that makes no sense is still TLS: nothing else speaks of it.
    let senseless = failure.kind == FailureKind::NotSpoken && attempt.spoke == Some(Spoke::Tls);
    let other = senseless || matches!(failure.kind, FailureKind::TlsAlert | FailureKind::Other | FailureKind::Hostile);
    (other && !spoken).then_some(&failure.detail)
}
