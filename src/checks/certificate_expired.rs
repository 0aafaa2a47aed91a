//! A certificate is past its end, or before its start: of a presented chain, the root that is trusted, or the client's own.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts, apart, moment},
    facts::{Attempt, Certificate, CertificateChain, ChainProblem, ChainVerdict, FailureKind},
    names::{Class, weakness::is_out_of_date},
};

pub(super) const CHECK: Check = Check {
    code: "certificate-expired",
    severity: Severity::Error,
    expects: "Every certificate of a chain is within its dates, and so is the client's own.",
    explain: "Redis loads its certificate once. A file that was renewed on disk is not served until `CONFIG SET tls-cert-file` \
              with the same path, or a restart, so an expired certificate in a handshake beside a fresh file on disk is the \
              usual case. Where only some nodes are named, those are the ones that were not reloaded. A certificate that is \
              not valid yet, right after it was issued, tells of a clock that is wrong, here or at the issuer. Of a root that \
              clients have in their CA file, OpenSSL and Go look at the dates, Java and rustls do not.",
    transient: false,
    explains: &["credentials-withheld", "renewal-half-done"],
    examine,
};

/// Whose certificate it is, and what to do about it.
struct Case<'a> {
    which: &'static str,
    certificate: &'a Certificate,
    /// More of the kind, of other nodes.
    others: Vec<&'a Certificate>,
    remedies: Vec<Remedy>,
}

impl Case<'_> {
    /// Both are over, or both are still to come, and the same is to be done.
    fn is_like(&self, other: &Case<'_>, now: i64) -> bool {
        let over = |case: &Case<'_>| now > case.certificate.not_after;
        (self.which, over(self), &self.remedies) == (other.which, over(other), &other.remedies)
    }

    /// The first and the last day of what is wrong.
    fn days(&self, end: fn(&Certificate) -> i64, now: i64) -> (String, String) {
        let all = || self.others.iter().chain([&self.certificate]).map(|certificate| end(certificate));
        let told = |at: Option<i64>| at.map(|at| moment(at, now)).unwrap_or_default();
        (told(all().min()), told(all().max()))
    }
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let now = context.now();
    let mut cases: Vec<(Case<'_>, &CertificateChain, Vec<Subject>)> = Vec::new();
    for (chain, subjects) in context.chains() {
        let Some(case) = sent(context, chain, now).or_else(|| trusted(context, chain, now)) else {
            verdicts.pass_each(subjects);
            continue;
        };
        // A certificate for every node, all of the same day and made by the same machine, is one thing to mend.
        match cases.iter_mut().find(|(known, ..)| known.is_like(&case, now)) {
            Some((known, _, all)) => {
                known.others.push(case.certificate);
                all.extend_from_slice(subjects);
            }
            None => cases.push((case, chain, subjects.to_vec())),
        }
    }
    for (case, chain, subjects) in cases {
        let clients = context.affected_by_chain(chain);
        verdicts.fail_with_chain(context, chain, Problem { subjects, clients, ..problem(case, now) });
    }
    if let Some(case) = clients_own(context, now) {
        let subjects: Vec<Subject> = vec![context.endpoint()];
        verdicts.fail(Problem { subjects, ..problem(case, now) });
    }
}

/// The first of what was sent. A superfluous one harms nobody as long as the chain is trusted.
fn sent<'a>(context: &Context<'_>, chain: &'a CertificateChain, now: i64) -> Option<Case<'a>> {
    let by_verdict = matches!(
        &chain.verdict,
        ChainVerdict::Untrusted { problem: ChainProblem::Expired | ChainProblem::NotYetValid, .. }
    );
    let counts = by_verdict || is_out_of_date(&chain.leaf, now);
    let certificate = chain.certificates().find(|c| is_out_of_date(c, now)).filter(|_| counts)?;
    let over = now > certificate.not_after;
    let clock = (!over).then(|| Remedy {
        audience: Audience::Client,
        text: "Compare the clocks here, on the application's machine and on the issuer's: the one that is wrong is to be set (by \
               NTP); one that was just issued needs no more than waiting."
            .to_owned(),
        lines: ["date -u", "timedatectl set-ntp true"].map(str::to_owned).to_vec(),
        proof: None,
    });
    let advice = if over {
        "Renew it; where the file on disk is already new, make the named nodes load it: this by a Unix socket or a plaintext \
         port, since redis-cli refuses the old one, or a restart."
    } else {
        "Where the clocks are right, have it issued anew, and make the nodes load it."
    };
    let load = Remedy {
        audience: Audience::Server,
        text: advice.to_owned(),
        lines: vec!["CONFIG SET tls-cert-file SAME-PATH tls-key-file SAME-PATH".to_owned()],
        proof: None,
    };
    let ask = Remedy {
        audience: Audience::Certificate,
        text: "Where there is no new one yet, this says what to ask for.".to_owned(),
        lines: vec![context.ca_request()],
        proof: None,
    };
    Some(Case {
        which: match certificate {
            leaf if leaf == &chain.leaf => "certificate",
            root if root.is_self_issued() => "root that is sent along",
            _ => "intermediate certificate",
        },
        certificate,
        others: Vec::new(),
        remedies: clock.into_iter().chain([load, ask]).collect(),
    })
}

/// A root that some client libraries refuse for its dates.
fn trusted<'a>(context: &Context<'a>, chain: &CertificateChain, now: i64) -> Option<Case<'a>> {
    let used = |anchor: &&Certificate| {
        chain.judgements.iter().any(|judgement| judgement.anchor.as_ref() == Some(&anchor.fingerprint))
    };
    let certificate = context.snapshot.anchors.iter().filter(used).find(|anchor| is_out_of_date(anchor, now))?;
    let minded = !context.affected_by_class(chain, &[Class::Expired, Class::NotYetValid]).is_empty();
    minded.then(|| Case {
        which: "root that clients trust",
        certificate,
        others: Vec::new(),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Get the CA's present certificate and give it to the clients; where it has a new key, have the servers' certificates issued anew.".to_owned(),
            lines: vec!["--cacert CA.pem".to_owned()],
            proof: None,
        }],
    })
}

/// The client certificate that was given, where a server asks for one. Whom a server has turned away by now is told of that
/// by client-certificate-refused.
fn clients_own<'a>(context: &Context<'a>, now: i64) -> Option<Case<'a>> {
    let snapshot = context.snapshot;
    let refused = |attempt: &Attempt| attempt.failure().is_some_and(|f| f.kind == FailureKind::ClientCertificate);
    let given = snapshot.target.client_certificate.as_ref().filter(|_| !snapshot.all_attempts().any(refused))?;
    let asks = |attempt: &Attempt| attempt.tls().is_some_and(|session| session.client_cert.requested);
    let certificate = given.chain.certificates().find(|c| is_out_of_date(c, now))?;
    snapshot.all_attempts().any(asks).then(|| Case {
        which: "client certificate",
        certificate,
        others: Vec::new(),
        remedies: vec![Remedy {
            audience: Audience::Client,
            text: "Renew it, and give the application the new file.".to_owned(),
            lines: vec!["--cert CLIENT.pem --key CLIENT.key".to_owned()],
            proof: None,
        }],
    })
}

fn problem(case: Case<'_>, now: i64) -> Problem {
    let Case { which, certificate, .. } = case;
    let over = now > certificate.not_after;
    let (first, last) = case.days(|certificate| certificate.not_after, now);
    let (_, begin) = case.days(|certificate| certificate.not_before, now);
    let many = case.others.len() + 1;
    let several = match which.strip_prefix("root") {
        Some(rest) => format!("roots{}", rest.replace(" is ", " are ")),
        None => format!("{which}s"),
    };
    let title = match (over, many) {
        (true, 1) => format!("the {which} expired on {last}"),
        (true, _) if first == last => format!("{many} {several} expired on {last}"),
        (true, _) => format!("{many} {several} expired, the first on {first}, the last on {last}"),
        (false, 1) => {
            let soon = apart(certificate.not_before, now).map(|apart| format!(", in {apart} by the clock here"));
            format!("the {which} is not valid before {begin}{}", soon.unwrap_or_default())
        }
        (false, _) => format!("{many} {several} are not valid before {begin}"),
    };
    let (from, to) = (moment(certificate.not_before, now), moment(certificate.not_after, now));
    let today = if over { certificate.not_after } else { certificate.not_before };
    let today = if apart(today, now).is_some() { now } else { today };
    let more = if many > 1 { format!(", and {} more", many - 1) } else { String::new() };
    Problem {
        title,
        expected: format!("valid on {}", moment(now, today)),
        presented: format!("{} (serial {}), valid from {from} to {to}{more}", certificate.subject, certificate.serial),
        remedies: case.remedies,
        ..Problem::default()
    }
}
