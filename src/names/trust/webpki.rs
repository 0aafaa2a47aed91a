//! rustls-webpki, asked itself.

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};
use x509_parser::prelude::{FromDer, X509Name};

use super::{Anchors, Purpose, Trial};
use crate::{
    facts::{ChainProblem, Flaw, FlawKind, Judgement, Place, Step, Verifier},
    wire::certificate::name_text,
};

/// The subject of the anchor that it found.
pub(super) fn verify(
    sent: &[Vec<u8>],
    anchors: &Anchors,
    at: i64,
    purpose: Purpose,
) -> Result<String, (ChainProblem, String)> {
    let mut certificates = sent.iter().map(|der| CertificateDer::from(der.as_slice()));
    let der = certificates.next().ok_or_else(|| (ChainProblem::Other, "no certificate was presented".to_owned()))?;
    let rest: Vec<_> = certificates.collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let usage = match purpose {
        Purpose::Server => KeyUsage::server_auth(),
        Purpose::Client => KeyUsage::client_auth(),
    };
    EndEntityCert::try_from(&der)
        .and_then(|leaf| {
            let path = leaf.verify_for_usage(anchors.algorithms, &anchors.trusted, &rest, time, usage, None, None)?;
            Ok(anchor_name(path.anchor()))
        })
        .map_err(|error| classify(&error))
}

/// Its verdict in steps: the one thing that it names, before the names.
pub(super) fn judge(trial: &Trial, by: Verifier, sent: &[Vec<u8>], anchors: &Anchors) -> Judgement {
    let flaw = verify(sent, anchors, trial.at, trial.purpose).err().map(|(problem, said)| {
        let kind = match problem {
            ChainProblem::UnknownIssuer => FlawKind::NoIssuer,
            ChainProblem::Expired => FlawKind::Expired,
            ChainProblem::NotYetValid => FlawKind::NotYetValid,
            ChainProblem::CaAsLeaf => FlawKind::CaAsLeaf,
            ChainProblem::Usage => FlawKind::Usage,
            ChainProblem::Other => FlawKind::Unread,
        };
        Step::Flaw(Flaw { said: Some(said), ..Flaw::new(kind, Place::Leaf) })
    });
    Judgement { by, steps: flaw.into_iter().chain([Step::Names]).collect(), anchor: None }
}

fn classify(error: &Error) -> (ChainProblem, String) {
    let problem = match error {
        Error::UnknownIssuer => ChainProblem::UnknownIssuer,
        Error::CertExpired { .. } => ChainProblem::Expired,
        Error::CertNotValidYet { .. } => ChainProblem::NotYetValid,
        Error::CaUsedAsEndEntity => ChainProblem::CaAsLeaf,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => ChainProblem::Usage,
        _ => ChainProblem::Other,
    };
    (problem, words(error))
}

/// rustls-webpki's words, without the list of every algorithm that it would have taken. The rest may hold lists out of the
/// certificate, so it is bounded.
fn words(error: &Error) -> String {
    const LONGEST: usize = 256;
    let all = error.to_string();
    let (said, _) = all.split_once(", supported_algorithms").unwrap_or((&all, ""));
    said.chars().take(LONGEST).collect()
}

fn anchor_name(anchor: &TrustAnchor) -> String {
    let der = rustls::DistinguishedName::in_sequence(&anchor.subject);
    X509Name::from_der(der.as_ref())
        .map_or_else(|_| "an anchor without a readable name".to_owned(), |(_, name)| name_text(&name))
}
