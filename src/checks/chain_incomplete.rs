//! The server does not send the intermediate that its certificate hangs on.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Certificate, CertificateChain, ChainProblem, ChainVerdict},
};

pub(super) const CHECK: Check = Check {
    code: "chain-incomplete",
    severity: Severity::Error,
    expects: "The server sends its certificate with every intermediate up to, not including, the root.",
    explain: "A file that holds the leaf alone works only for clients that happen to have the intermediate. Put leaf and \
              intermediates, in this order, into tls-cert-file. Seen from outside, a missing intermediate and an unknown \
              root look alike; it is called incomplete where something tells them apart: another node sends the missing \
              certificate, the leaf says where to fetch it, or a trusted root of the same organisation is there.",
    transient: false,
    explains: &["chain-untrusted", "chain-superfluous", "credentials-withheld"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for (chain, subjects) in context.chains() {
        let Some(evidence) = evidence(context, chain) else {
            verdicts.pass_each(subjects);
            continue;
        };
        let last = namesake(chain).map_or_else(|| chain.last(), |(signed, _)| signed);
        let instead = namesake(chain).map(|(_, sent)| sent).or_else(|| beside(chain));
        let mut lines = vec!["cat LEAF.pem INTERMEDIATE.pem > FULLCHAIN.pem".to_owned()];
        lines.push("tls-cert-file FULLCHAIN.pem".to_owned());
        verdicts.fail_with_chain(
            context,
            chain,
            Problem {
                title: match instead {
                    Some(_) => {
                        "the server sends another intermediate certificate than the one that is needed".to_owned()
                    }
                    None => "the server leaves an intermediate certificate out".to_owned(),
                },
                subjects: subjects.to_vec(),
                expected: format!("the certificate of \"{}\" after {}", last.issuer, called(last)),
                presented: format!(
                    "a chain that ends at {}; {evidence}{}",
                    called(last),
                    beside(chain).map(|sent| format!("; sent in its place: \"{}\"", sent.subject)).unwrap_or_default()
                ),
                clients: context.affected_by_chain(chain),
                remedies: vec![Remedy {
                    audience: Audience::Server,
                    text: "Serve the leaf followed by its intermediates.".to_owned(),
                    lines,
                    proof: None,
                }],
            },
        );
    }
}

/// By its subject, which may be empty where it has alternative names (RFC 5280 section 4.1.2.6).
fn called(certificate: &Certificate) -> String {
    if certificate.subject.is_empty() {
        return "the server's own".to_owned();
    }
    format!("\"{}\"", certificate.subject)
}

/// An intermediate that was sent and that leads from nowhere: the wrong one of two, or last year's.
fn beside(chain: &CertificateChain) -> Option<&Certificate> {
    let leads =
        |certificate: &Certificate| chain.certificates().any(|c| c != certificate && c.issuer == certificate.subject);
    chain.rest.iter().find(|certificate| certificate.is_ca && !certificate.is_self_issued() && !leads(certificate))
}

/// A certificate that was sent, and behind it one of its issuer's name with another key (RFC 5280 section 4.2.1.1): an
/// intermediate that was made anew under its old name.
fn namesake(chain: &CertificateChain) -> Option<(&Certificate, &Certificate)> {
    if chain.is_trusted() {
        return None;
    }
    let differ = |signed: &Certificate, sent: &Certificate| matches!((&signed.authority_key_id, &sent.subject_key_id), (Some(wanted), Some(has)) if wanted != has);
    let issuers = |signed: &'_ Certificate| {
        let name = signed.issuer.clone();
        chain.rest.iter().filter(move |sent| sent.subject == name && !sent.is_self_issued())
    };
    chain.certificates().filter(|signed| !signed.is_self_issued()).find_map(|signed| {
        let sent = issuers(signed).next()?;
        issuers(signed).all(|sent| differ(signed, sent)).then_some((signed, sent))
    })
}

/// What tells a missing intermediate from an unknown root; `None` where nothing does.
pub(super) fn evidence(context: &Context<'_>, chain: &CertificateChain) -> Option<String> {
    if let Some((signed, sent)) = namesake(chain) {
        return Some(format!(
            "\"{}\" is there with another key than the one that signed {}",
            sent.subject,
            called(signed)
        ));
    }
    let ChainVerdict::Untrusted { problem: ChainProblem::UnknownIssuer, issuer_resembles_anchor, .. } = &chain.verdict
    else {
        return None;
    };
    let last = chain.last();
    if last.is_self_issued() {
        return None;
    }
    let others = context.snapshot.chains.iter().filter(|c| c.is_trusted()).flat_map(|c| &c.rest);
    if others.into_iter().any(|c| c.subject == last.issuer) {
        return Some("another node sends the missing one".to_owned());
    }
    if let Some(url) = last.ca_issuers.first() {
        return Some(format!("its issuer can be fetched from {url}"));
    }
    let anchors = &context.snapshot.anchors;
    if beside(chain).is_some_and(|sent| anchors.iter().any(|anchor| anchor.subject == sent.issuer)) {
        return Some(format!("\"{}\" is neither sent nor trusted", last.issuer));
    }
    let issuer = last.issuer.to_ascii_lowercase();
    let named = ["intermediate", "issuing", "sub ca", "subordinate"].iter().any(|word| issuer.contains(word));
    (named || *issuer_resembles_anchor)
        .then(|| format!("its issuer \"{}\" is not among the roots that are trusted", last.issuer))
}
