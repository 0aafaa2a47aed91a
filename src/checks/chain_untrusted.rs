//! A presented chain leads to no trusted root.

use super::chain_incomplete;
use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::{CertificateChain, ChainProblem, ChainVerdict},
    names::weakness::{Weakness, leads_nowhere, serves_servers, weaknesses},
};

pub(super) const CHECK: Check = Check {
    code: "chain-untrusted",
    severity: Severity::Error,
    expects: "Every presented chain leads to a root that is trusted.",
    explain: "The server's certificate was signed by a CA that this check does not know: a provider's private CA, an internal \
              PKI, or a self-signed certificate. The application needs the same file: many clients ignore the system store, \
              and Node.js, Java and rustls each have their own way of being given a CA. Get the CA file from whoever runs the \
              server, not from the connection itself, and give it with --cacert.",
    transient: false,
    explains: &["credentials-withheld", "credentials-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    for (chain, subjects) in context.chains() {
        let (problem, text) =
            match &chain.verdict {
                // rustls-webpki names one thing, and a date or a CA as the server's own before it looks for an issuer.
                ChainVerdict::Untrusted { text, .. } if leads_nowhere(chain) => (ChainProblem::UnknownIssuer, text),
                ChainVerdict::Untrusted {
                    problem: ChainProblem::Expired | ChainProblem::NotYetValid, text, ..
                } if !serves_servers(&chain.leaf) => (ChainProblem::Usage, text),
                ChainVerdict::Untrusted { problem, text, .. } => (*problem, text),
                ChainVerdict::Trusted { .. } => {
                    verdicts.pass_each(subjects);
                    continue;
                }
            };
        let told_elsewhere =
            matches!(problem, ChainProblem::Expired | ChainProblem::NotYetValid | ChainProblem::CaAsLeaf)
                || chain_incomplete::evidence(context, chain).is_some()
                || problem == ChainProblem::Other && is_weak(context, chain);
        if told_elsewhere {
            continue;
        }
        let source = context.snapshot.target.trust.as_ref();
        let source = source.map_or_else(String::new, |t| format!("{} ({} in it)", t.label, t.anchors));
        let end = chain.last();
        // A CA that was made anew under its old name: the anchor is found by name, and its key does not fit.
        let same_name = text.contains("Signature");
        let (title, advice) = match problem {
            ChainProblem::UnknownIssuer if chain.leaf.is_self_issued() => (
                "the certificate is self-signed and not trusted".to_owned(),
                "Get the certificate from whoever runs the server and give it as the CA, or have one issued by a CA.",
            ),
            ChainProblem::UnknownIssuer => (
                format!("the certificate was issued by \"{}\", which is not trusted here", end.issuer),
                "Get that CA's certificate from whoever runs the server, and give it to redis-doctor and to the application.",
            ),
            ChainProblem::Other if same_name => (
                format!("the certificate was signed by another key than that of the trusted \"{}\"", end.issuer),
                "The CA was made anew under its old name: get its present certificate from whoever runs the server.",
            ),
            ChainProblem::Usage => (
                "the certificate may not be used by a server".to_owned(),
                "Have it issued with the extended key usages serverAuth and, where nodes talk TLS to each other, clientAuth.",
            ),
            _ => ("the certificate chain does not verify".to_owned(), "Have it issued anew; the reason is above."),
        };
        let odd = odd_one(context, chain, subjects).filter(|_| problem == ChainProblem::UnknownIssuer);
        let title = odd.as_ref().map_or(title, |odd| odd.title.clone());
        let said = match problem {
            ChainProblem::UnknownIssuer => String::new(),
            ChainProblem::Usage => {
                format!(": for {}", chain.leaf.usages.iter().flatten().cloned().collect::<Vec<_>>().join(", "))
            }
            _ => format!(": {text}"),
        };
        let by_client = problem == ChainProblem::UnknownIssuer || (problem == ChainProblem::Other && same_name);
        let lines = if by_client { vec!["--cacert CA.pem".to_owned()] } else { Vec::new() };
        let audience = if by_client { Audience::Client } else { Audience::Certificate };
        verdicts.fail_with_chain(
            context,
            chain,
            Problem {
                title,
                subjects: subjects.to_vec(),
                expected: format!("a chain to one of the roots in {source}"),
                presented: format!(
                    "{} ← {} (SHA-256 {}…){said}",
                    chain.leaf.subject,
                    end.issuer,
                    chain.leaf.fingerprint.get(..16).unwrap_or_default()
                ),
                clients: context.affected_by_chain(chain),
                remedies: odd
                    .map(|odd| odd.remedy)
                    .into_iter()
                    .chain([Remedy { audience, text: advice.to_owned(), lines, proof: None }])
                    .collect(),
            },
        );
    }
}

/// Nodes whose certificate comes from elsewhere than that of the others.
struct OddOne {
    title: String,
    remedy: Remedy,
}

/// The fewer nodes show what is not trusted, and the others a chain that is: then it is these nodes, not the CA that was given.
fn odd_one(context: &Context<'_>, chain: &CertificateChain, subjects: &[Subject]) -> Option<OddOne> {
    let nodes = |subjects: &[Subject]| subjects.iter().filter(|subject| subject.id.is_some()).count();
    let trusted = context.chains().filter(|(other, _)| other.is_trusted());
    let (sound, issuer) = trusted.fold((0, None), |(sum, issuer), (other, subjects)| {
        (sum + nodes(subjects), issuer.or(Some(&other.last().issuer)))
    });
    let (odd, all) = (nodes(subjects), context.nodes().count());
    let issuer = issuer.filter(|_| odd > 0 && odd < sound)?;
    let whose = if odd == 1 { "has its certificate" } else { "have their certificates" };
    let from = if chain.leaf.is_self_issued() {
        "a self-signed one".to_owned()
    } else {
        format!("issued by \"{}\", which is not trusted here", chain.last().issuer)
    };
    Some(OddOne {
        title: format!("{odd} of {all} nodes {whose} from elsewhere than the others: {from}"),
        remedy: Remedy {
            audience: Audience::Certificate,
            text: format!(
                "Give these nodes a certificate from the CA of the others (\"{issuer}\"), in redis.conf too; clients that trust that CA need \
                 no change."
            ),
            lines: vec!["CONFIG SET tls-cert-file FULLCHAIN.pem tls-key-file KEY.pem".to_owned()],
            proof: None,
        },
    })
}

/// What rustls-webpki has no class for is a weakness that has a check of its own.
fn is_weak(context: &Context<'_>, chain: &CertificateChain) -> bool {
    let told = [Weakness::WeakSignature, Weakness::WeakKey, Weakness::OldVersion, Weakness::OutOfDate];
    weaknesses(chain, &context.snapshot.anchors, context.now()).iter().any(|weak| told.contains(&weak.weakness))
}
