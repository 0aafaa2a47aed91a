//! An intermediate or root comes to its end while the certificates that it signed are still valid.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, date},
    names::{
        STACKS,
        weakness::{Ending, endings},
    },
};

pub(super) const CHECK: Check = Check {
    code: "issuer-expires-first",
    severity: Severity::Warning,
    expects: "No certificate outlives the ones that it hangs on.",
    explain: "Everybody watches the date of the server's certificate; the intermediate that is sent with it, and the root in the \
              clients' CA file, have dates of their own. When an intermediate ends first, every client refuses the server \
              although its certificate is still valid. When a root does, the stacks part company: OpenSSL (redis-cli, Python, \
              Node.js, PHP, Ruby, .NET) and Go look at the dates of a root, Java and rustls do not. The chain is judged \
              again for the day after each such end, so that a certificate that nobody needs counts for nothing.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let (anchors, now) = (&context.snapshot.anchors, context.now());
    let mut found: Vec<(Ending<'_>, Vec<Subject>)> = Vec::new();
    for (chain, subjects) in context.chains() {
        if chain.is_trusted() && anchors.is_empty() {
            for subject in subjects {
                verdicts.skip(
                    subject.clone(),
                    "the snapshot holds no trust anchors, so that nothing can be judged for another day",
                );
            }
            continue;
        }
        let endings = endings(chain, anchors, context.anchors(), now);
        if endings.is_empty() {
            verdicts.pass_each(subjects);
        }
        for ending in endings {
            let same =
                |(known, _): &&mut (Ending<'_>, _)| known.certificate.fingerprint == ending.certificate.fingerprint;
            match found.iter_mut().find(same) {
                Some((_, all)) => all.extend(subjects.iter().cloned()),
                None => found.push((ending, subjects.to_vec())),
            }
        }
    }
    for (ending, subjects) in found {
        verdicts.fail(problem(context, &ending, subjects));
    }
}

fn problem(context: &Context<'_>, ending: &Ending<'_>, subjects: Vec<Subject>) -> Problem {
    let (certificate, leaf) = (ending.certificate, &ending.then.leaf);
    let (which, audience, text) = if ending.is_anchor {
        (
            "root that clients trust",
            Audience::Client,
            "Give clients the CA's new certificate beside the old one before that day; where it has a new key, have the servers' certificates issued anew.",
        )
    } else {
        (
            "intermediate certificate",
            Audience::Certificate,
            "Get the CA's new intermediate (or a certificate issued under it), serve it in place of the old one, and make every node load it.",
        )
    };
    let by = if ending.stacks.len() == STACKS.len() {
        "every TLS stack".to_owned()
    } else {
        ending.stacks.iter().map(|stack| stack.id).collect::<Vec<_>>().join(", ")
    };
    Problem {
        title: format!("the {which} expires on {}, before the servers' certificates", date(certificate.not_after)),
        subjects,
        expected: format!("valid until {}, as long as \"{}\"", date(leaf.not_after), leaf.subject),
        presented: format!(
            "\"{}\" until {}; from then on refused by {}",
            certificate.subject,
            date(certificate.not_after),
            by
        ),
        clients: context.affected_by_chain(&ending.then),
        remedies: vec![Remedy { audience, text: text.to_owned(), lines: Vec::new(), proof: None }],
    }
}
