//! Without a server name in the ClientHello another certificate comes, and that one will not do.

use crate::{
    clients::{Sni, Verifies},
    diagnosis::{Affected, Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, affected_by},
    facts::{Attempt, CertificateChain, Host},
    names::{Speaks, speaks_for},
};

pub(super) const CHECK: Check = Check {
    code: "certificate-by-sni",
    severity: Severity::Warning,
    expects: "A client that sends no server name sees a certificate that is as good.",
    explain: "Proxies and TLS terminators choose the certificate by the server name in the ClientHello. Redis itself has one \
              certificate and does not look. Who sends no name gets the default one: redis-cli and hiredis unless told one \
              (--sni), Node.js clients without tls.servername, Java for names of a single label, and everybody who dials an \
              IP. Looked at by tls-check only, since it takes more connections.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let seed = std::iter::once((context.endpoint(), &context.snapshot.seed, Some(context.given_as().clone())));
    let nodes = context.nodes().filter_map(|(node, attempts)| {
        Some((context.node(node), context.announced(attempts)?, context.followed_as(node)))
    });
    let mut found: Option<(&CertificateChain, &CertificateChain, Host)> = None;
    let mut subjects: Vec<Subject> = Vec::new();
    for (subject, attempt, host) in seed.chain(nodes) {
        let (Some((own, other)), Some(host)) = (both(context, attempt), host) else { continue };
        let good = |chain: &CertificateChain| chain.is_trusted() && speaks_for(&chain.leaf, &host) == Speaks::Yes;
        if own.leaf.fingerprint == other.leaf.fingerprint || good(other) || !good(own) {
            verdicts.pass();
            continue;
        }
        subjects.push(subject);
        found.get_or_insert((own, other, host));
    }
    let Some((own, other, host)) = found else { return };
    verdicts.fail(Problem {
        title: "without a server name the server presents another certificate, which will not do".to_owned(),
        subjects,
        expected: named(own),
        presented: named(other),
        clients: affected(other, &host),
        remedies: vec![
            Remedy {
                audience: Audience::Server,
                text: "Make this certificate the default of the proxy, for those that send no name.".to_owned(),
                lines: Vec::new(),
                proof: None,
            },
            Remedy {
                audience: Audience::Client,
                text: "Or have the client send the name.".to_owned(),
                lines: vec![format!("tls: {{ servername: '{host}' }}"), format!("redis-cli --sni {host}")],
                proof: None,
            },
        ],
    });
}

/// The chain of the attempt, and the one that comes without a server name.
fn both<'a>(context: &Context<'a>, attempt: &Attempt) -> Option<(&'a CertificateChain, &'a CertificateChain)> {
    let without = *attempt.looks.as_ref()?.without_sni()?.seen()?;
    Some((context.snapshot.chain(attempt)?, context.snapshot.chains.get(without)?))
}

fn named(chain: &CertificateChain) -> String {
    let names: Vec<String> = chain.leaf.names.iter().take(6).map(ToString::to_string).collect();
    format!("\"{}\" for {}", chain.leaf.subject, names.join(", "))
}

/// Those that send no name unless one is configured, and refuse what comes then.
fn affected(other: &CertificateChain, host: &Host) -> Vec<Affected> {
    affected_by(|client| {
        let verified = Some(host).filter(|_| client.verifies != Verifies::Nothing);
        let refusal = (client.sni == Sni::Configured).then(|| client.stack.refusal(other, verified)).flatten()?;
        Some(refusal.text)
    })
}
