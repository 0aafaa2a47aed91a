//! What may be wrong with a client certificate, as far as the files that were given tell.

use crate::{
    diagnosis::{Audience, Context, Remedy, date},
    facts::{Certificate, ChainProblem, ChainVerdict, ClientCertificate, Flaw, FlawKind, Place, Step, Verifier},
    names::{defects::Code, weakness::serves_clients},
};

/// What is wrong with the files, as far as they tell.
#[derive(Clone, PartialEq)]
pub(super) enum Fault {
    /// The key is another certificate's.
    OtherKey,
    /// Past its end date.
    Expired(Certificate),
    /// Before its start date.
    NotYetValid(Certificate),
    /// The leaf is not for clients.
    Purpose(Certificate),
    /// The intermediate that is missing after this one; who has it.
    Incomplete(Certificate, String),
    /// Nothing that is trusted signed this one.
    Foreign(Certificate),
    /// Anything else that OpenSSL, which servers verify with, has against this one.
    Other(Certificate, FlawKind),
}

/// All of them, those first that need no knowledge of the server.
pub(super) fn faults(context: &Context<'_>, given: &ClientCertificate) -> Vec<Fault> {
    let (leaf, now) = (&given.chain.leaf, context.snapshot.taken_at);
    let of_each = |certificate: &Certificate| {
        let expired = (certificate.not_after < now).then(|| Fault::Expired(certificate.clone()));
        expired.or_else(|| (certificate.not_before > now).then(|| Fault::NotYetValid(certificate.clone())))
    };
    let key = (given.key_fits == Some(false)).then_some(Fault::OtherKey);
    let purpose = (!serves_clients(leaf)).then(|| Fault::Purpose(leaf.clone()));
    let dates = given.chain.certificates().filter_map(of_each);
    key.into_iter().chain(dates).chain(purpose).chain(issuer(context, given)).chain(others(given)).collect()
}

/// Whether something is missing between the file and what is trusted here, or it has nothing to do with it.
fn issuer(context: &Context<'_>, given: &ClientCertificate) -> Option<Fault> {
    let ChainVerdict::Untrusted { problem, issuer_resembles_anchor, .. } = given.chain.verdict else { return None };
    let last = given.chain.last();
    if problem != ChainProblem::UnknownIssuer {
        // A trusted CA has its issuer's name, and another key.
        let steps = given.chain.judgement(Verifier::OpenSsl).into_iter().flat_map(|judgement| &judgement.steps);
        let unsigned =
            |step: &Step| matches!(step, Step::Flaw(Flaw { kind: FlawKind::Unverified | FlawKind::NoIssuer, .. }));
        return steps.into_iter().any(unsigned).then(|| Fault::Foreign(last.clone()));
    }
    let served = context.snapshot.chains.iter().flat_map(|chain| &chain.rest);
    let mut issuers = served.filter(|c| c.subject == last.issuer && c.is_ca && !c.is_self_issued());
    let evidence = match (issuers.next(), last.ca_issuers.first()) {
        (Some(_), _) => "a server sends it with its own".to_owned(),
        (None, Some(url)) => format!("{url} has it"),
        (None, None) if issuer_resembles_anchor && !last.is_self_issued() => {
            "a trusted CA of the same organisation is there".to_owned()
        }
        (None, None) => return Some(Fault::Foreign(last.clone())),
    };
    Some(Fault::Incomplete(last.clone(), evidence))
}

/// What is neither of those, of the certificates in the file.
fn others(given: &ClientCertificate) -> impl Iterator<Item = Fault> {
    use FlawKind::{
        AnchorNotRoot, Expired, ExpiresNow, NoIssuer, NotYetValid, OtherAnchor, RootSent, SelfSigned, Unverified,
        Usage, UsageAny, UsageEmpty,
    };
    let steps = given.chain.judgement(Verifier::OpenSsl).into_iter().flat_map(|judgement| &judgement.steps);
    steps.filter_map(|step| match step {
        Step::Flaw(Flaw {
            kind:
                NoIssuer | Unverified | SelfSigned | RootSent | AnchorNotRoot | OtherAnchor | Expired | ExpiresNow
                | NotYetValid | Usage | UsageAny | UsageEmpty,
            ..
        })
        | Step::Names => None,
        Step::Flaw(flaw) => {
            let certificate = match flaw.at {
                Place::Leaf => Some(&given.chain.leaf),
                Place::Sent(index) => given.chain.rest.get(index.checked_sub(1)?),
                Place::Anchor => None,
            };
            certificate.map(|certificate| Fault::Other(certificate.clone(), flaw.kind))
        }
    })
}

impl Fault {
    /// In words that follow a colon.
    pub(super) fn words(&self) -> String {
        match self {
            Fault::OtherKey => "the key is not the one of the certificate".to_owned(),
            Fault::Expired(c) => format!("\"{}\" expired on {}", c.subject, date(c.not_after)),
            Fault::NotYetValid(c) => format!("\"{}\" is not valid before {}", c.subject, date(c.not_before)),
            Fault::Purpose(_) => "it may not be used by clients".to_owned(),
            Fault::Incomplete(..) => "an intermediate is missing in its file".to_owned(),
            Fault::Foreign(last) => format!("nobody who is trusted signed \"{}\"", last.subject),
            Fault::Other(certificate, kind) => format!("\"{}\" {}", certificate.subject, Code::Flaw(*kind).words()),
        }
    }

    /// What should be.
    pub(super) fn expected(&self) -> String {
        match self {
            Fault::OtherKey => "a certificate and the key that it was made for".to_owned(),
            Fault::Expired(_) | Fault::NotYetValid(_) => "a client certificate that is valid today".to_owned(),
            Fault::Purpose(leaf) => {
                let usages = leaf.usages.as_ref().map(|usages| usages.join(", ")).unwrap_or_default();
                format!("clientAuth in its extendedKeyUsage, which has {usages}")
            }
            Fault::Incomplete(last, evidence) => {
                format!("the certificate of \"{}\" after \"{}\" in the file; {evidence}", last.issuer, last.subject)
            }
            Fault::Other(..) => "a client certificate that OpenSSL accepts".to_owned(),
            Fault::Foreign(last) => format!("\"{}\" among the CAs of the server, or one that it knows", last.issuer),
        }
    }

    /// Ways out.
    pub(super) fn remedies(&self, file: &str, given: Option<&ClientCertificate>) -> Vec<Remedy> {
        let own = |text: &str, lines: Vec<String>| vec![remedy(Audience::Client, text, lines)];
        let issue = |text: &str, lines: Vec<String>| remedy(Audience::Certificate, text, lines);
        match self {
            Fault::OtherKey => {
                let key = given.map_or("CLIENT.key", |given| given.key_file.as_str());
                let lines =
                    vec![format!("openssl x509 -in {file} -noout -pubkey"), format!("openssl pkey -in {key} -pubout")];
                own("Give the key that the certificate was made for: these two print the same.", lines)
            }
            Fault::Expired(_) => vec![issue("Have the client certificate renewed.", Vec::new())],
            Fault::NotYetValid(_) => vec![issue("Wait, or set the clock right, or have it issued again.", Vec::new())],
            Fault::Purpose(_) => vec![issue("Have it issued again for clients.", vec![CLIENT_AUTH.to_owned()])],
            Fault::Other(..) => vec![issue("Have it issued again without that.", Vec::new())],
            Fault::Incomplete(..) => own("Put the intermediate behind the client's own certificate.", behind(file)),
            Fault::Foreign(last) => {
                let lines = ["cat CA.pem CLIENT-CA.pem > ALL-CAS.pem", "tls-ca-cert-file ALL-CAS.pem"]
                    .map(str::to_owned)
                    .into();
                let server =
                    remedy(Audience::Server, "Let the server trust the CA that signed the client certificate.", lines);
                let own = issue("Have it issued by a CA of the server's tls-ca-cert-file.", Vec::new());
                let text =
                    format!("If \"{}\" is an intermediate, put it behind the client's own certificate.", last.issuer);
                let behind = (!last.is_self_issued()).then(|| remedy(Audience::Client, &text, behind(file)));
                [own, server].into_iter().chain(behind).collect()
            }
        }
    }
}

fn behind(file: &str) -> Vec<String> {
    vec![format!("cat {file} INTERMEDIATE.pem > CLIENT-CHAIN.pem"), "--cert CLIENT-CHAIN.pem".to_owned()]
}

/// For `-extfile` of `openssl x509 -req`, and for the section of extensions of any other request.
const CLIENT_AUTH: &str = "extendedKeyUsage = clientAuth";

pub(super) fn remedy(audience: Audience, text: &str, lines: Vec<String>) -> Remedy {
    Remedy { audience, text: text.to_owned(), lines, proof: None }
}
