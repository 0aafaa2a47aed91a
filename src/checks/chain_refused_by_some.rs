//! A chain that leads to a trusted root, and that some TLS stacks refuse all the same.

use std::collections::BTreeMap;

use crate::{
    diagnosis::{Alike, Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::CertificateChain,
    names::{self, Class, STACKS},
};

pub(super) const CHECK: Check = Check {
    code: "chain-refused-by-some",
    severity: Severity::Warning,
    expects: "A chain that is trusted is trusted by every TLS stack.",
    explain: "Verifiers differ in what they ask of a chain beside its signatures and dates. OpenSSL (Node.js, Python up to 3.12, redis-cli, .NET) wants a root in the CA \
              file, where Go, Java and rustls do with an intermediate, and an issuer whose key identifier is the one that the \
              certificate names. Java wants digitalSignature in the server's keyUsage, and knows name constraints of its own. \
              Dates, weak keys and digests, and a CA as the server's own have checks of their own.",
    transient: false,
    explains: &[],
    examine,
};

/// Told by certificate-expired, issuer-expires-first, weak-signature, weak-key and ca-as-leaf.
const ELSEWHERE: [Class; 5] = [Class::Expired, Class::NotYetValid, Class::Algorithm, Class::Key, Class::CaAsLeaf];

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut found = Alike::default();
    let mut chains: BTreeMap<String, &CertificateChain> = BTreeMap::new();
    for (chain, subjects) in context.chains() {
        let said = if chain.is_trusted() { dissent(chain) } else { String::new() };
        if said.is_empty() {
            verdicts.pass_each(subjects);
            continue;
        }
        for subject in subjects {
            found.add(&said, subject.clone());
        }
        chains.entry(said).or_insert(chain);
    }
    for (said, subjects) in found {
        let Some(chain) = chains.get(&said) else { continue };
        verdicts.fail(Problem {
            title: "the chain is trusted here, and some TLS stacks refuse it".to_owned(),
            subjects,
            expected: "a chain that is made as RFC 5280 asks for it, under a root".to_owned(),
            presented: said,
            clients: context.affected_by_chain(chain),
            remedies: vec![remedy(chain)],
        });
    }
}

/// What is said of the chain, each with who says it.
fn dissent(chain: &CertificateChain) -> String {
    let strict = names::strict_refusal(chain);
    let mut texts: Vec<(String, Vec<&str>)> = Vec::new();
    for stack in STACKS {
        // What a stack would say next is for when the first was mended; what it says for being strict is told by x509-strict.
        let first = stack.chain_refusal(chain).filter(|refusal| strict.as_ref() != Some(refusal));
        let Some(refusal) = first.filter(|refusal| !ELSEWHERE.contains(&refusal.class)) else { continue };
        match texts.iter_mut().find(|(text, _)| *text == refusal.text) {
            Some((_, stacks)) => stacks.push(stack.id),
            None => texts.push((refusal.text, vec![stack.id])),
        }
    }
    let line = |(text, stacks): &(String, Vec<&str>)| format!("{}: {text}", stacks.join(", "));
    texts.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn remedy(chain: &CertificateChain) -> Remedy {
    let mut first = STACKS.iter().filter_map(|stack| stack.chain_refusal(chain));
    let (audience, text) = if first.any(|refusal| refusal.class == Class::AnchorNotRoot) {
        (Audience::Client, "Give clients the root, and not only the intermediate, as their CA file.")
    } else {
        (
            Audience::Certificate,
            "Have the CA and the certificate made anew in the form that all of them take: a CA with keyUsage keyCertSign and critical basicConstraints, both with key identifiers.",
        )
    };
    let lines = match audience {
        Audience::Client => vec!["--cacert ROOT.pem".to_owned()],
        _ => [
            "[ca]",
            "basicConstraints = critical, CA:TRUE",
            "keyUsage = critical, keyCertSign, cRLSign",
            "subjectKeyIdentifier = hash",
            "[redis]",
            "keyUsage = critical, digitalSignature",
            "subjectKeyIdentifier = hash",
            "authorityKeyIdentifier = keyid",
        ]
        .map(str::to_owned)
        .into(),
    };
    Remedy { audience, text: text.to_owned(), lines, proof: None }
}
