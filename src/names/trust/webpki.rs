//! rustls-webpki, asked itself.

use std::{collections::HashMap, time::Duration};

use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::{
    Anchors, Purpose, Trial, fingerprint,
    link::Link,
    ring::{can_shake_hands, has_compressed_point, is_beyond_ring, narrowed},
    signature::Key,
};
use crate::{
    facts::{ChainProblem, Flaw, FlawKind, Judgement, Place, Step, Verifier},
    wire::certificate::name_text,
};

pub(super) type Algorithms<'a> = &'a [&'a dyn SignatureVerificationAlgorithm];

/// Where a path ends, and what is on it.
pub(super) struct Path {
    /// The anchor's subject, as text.
    pub(super) anchor: String,
    /// Content of the anchor's subject and of its `SubjectPublicKeyInfo`.
    ends: (Vec<u8>, Vec<u8>),
    /// From the leaf up, by DER.
    pub(super) certificates: Vec<Vec<u8>>,
}

/// Why there is none. The error is kept: what rustls makes of it depends on its kind.
pub(super) struct Refused(Error);

/// Looks for a path with everything that rustls with aws-lc-rs has.
pub(super) fn verify(sent: &[Vec<u8>], anchors: &Anchors, at: i64, purpose: Purpose) -> Result<Path, Refused> {
    verify_with(anchors.algorithms, sent, anchors, at, purpose)
}

fn verify_with(
    algorithms: Algorithms,
    sent: &[Vec<u8>],
    anchors: &Anchors,
    at: i64,
    purpose: Purpose,
) -> Result<Path, Refused> {
    let mut certificates = sent.iter().map(|der| CertificateDer::from(der.as_slice()));
    let der = certificates.next().ok_or(Refused(Error::BadDer))?;
    let (rest, crowded) = without_crowds(certificates.collect());
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let usage = match purpose {
        Purpose::Server => KeyUsage::server_auth(),
        Purpose::Client => KeyUsage::client_auth(),
    };
    EndEntityCert::try_from(&der)
        .and_then(|leaf| {
            let path = leaf.verify_for_usage(algorithms, &anchors.trusted, &rest, time, usage, None, None)?;
            let anchor = path.anchor();
            let above = path.intermediate_certificates().map(|certificate| certificate.der().to_vec());
            Ok(Path {
                anchor: anchor_name(anchor),
                ends: (anchor.subject.to_vec(), anchor.subject_public_key_info.to_vec()),
                certificates: std::iter::once(der.to_vec()).chain(above).collect(),
            })
        })
        // Among all of them it would not have come to an end.
        .map_err(|error| Refused(if crowded { Error::MaximumPathBuildCallsExceeded } else { error }))
}

/// The issuers that it is given to search, and whether some were left out: it goes through every order of those that share
/// a name, 200,000 steps of them, which ten certificates of a few hundred octets are enough for. Of as many as nobody has
/// in earnest only the first are left.
fn without_crowds(rest: Vec<CertificateDer<'_>>) -> (Vec<CertificateDer<'_>>, bool) {
    const MOST: usize = 3;
    if rest.len() <= MOST {
        return (rest, false);
    }
    let mut named: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut few, mut crowded) = (Vec::new(), false);
    for der in rest {
        if few.contains(&der) {
            // Sent twice it is still one.
            continue;
        }
        if let Ok((_, certificate)) = X509Certificate::from_der(&der) {
            let count = named.entry(certificate.subject().as_raw().to_vec()).or_default();
            *count += 1;
            if *count > MOST {
                crowded = true;
                continue;
            }
        }
        few.push(der);
    }
    (few, crowded)
}

impl Path {
    /// The certificate of the bundle that the path ends at: it has the anchor's name and key.
    pub(super) fn anchor_in<'t>(&self, trial: &'t Trial) -> Option<&'t Link> {
        let (subject, key) = &self.ends;
        trial.bundle.iter().find(|link| link.subject.ends_with(subject) && link.key.ends_with(key))
    }
}

impl Refused {
    /// The problem as this program's own verdict has it, and rustls-webpki's words.
    pub(super) fn problem(&self) -> (ChainProblem, String) {
        let problem = match self.0 {
            Error::UnknownIssuer => ChainProblem::UnknownIssuer,
            Error::CertExpired { .. } => ChainProblem::Expired,
            Error::CertNotValidYet { .. } => ChainProblem::NotYetValid,
            Error::CaUsedAsEndEntity => ChainProblem::CaAsLeaf,
            Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => ChainProblem::Usage,
            _ => ChainProblem::Other,
        };
        (problem, self.words())
    }

    /// rustls-webpki's words, without the list of every algorithm that it would have taken. The rest may hold lists out of
    /// the certificate, so it is bounded.
    fn words(&self) -> String {
        const LONGEST: usize = 256;
        let all = self.0.to_string();
        let (said, _) = all.split_once(", supported_algorithms").unwrap_or((&all, ""));
        said.chars().take(LONGEST).collect()
    }

    fn flaw(&self, trial: &Trial) -> Flaw {
        use FlawKind as K;
        let kind = match self.0 {
            Error::UnknownIssuer => return Flaw { said: Some(self.words()), ..trial.no_issuer() },
            Error::CertExpired { .. } => K::Expired,
            Error::CertNotValidYet { .. } => K::NotYetValid,
            Error::InvalidCertValidity => K::DatesSwapped,
            Error::CaUsedAsEndEntity => K::CaAsLeaf,
            Error::EndEntityUsedAsCa => K::NotACa,
            Error::RequiredEkuNotFoundContext(_) => K::Usage,
            Error::EmptyEkuExtension => K::UsageEmpty,
            Error::NameConstraintViolation => K::NotPermitted,
            Error::MalformedNameConstraint | Error::InvalidNetworkMaskConstraint => K::ConstraintsUnread,
            Error::PathLenConstraintViolated => K::PathLength,
            Error::MaximumPathDepthExceeded
            | Error::MaximumSignatureChecksExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumNameConstraintComparisonsExceeded => K::TooLong,
            Error::InvalidSignatureForPublicKey => K::Signature,
            Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => K::Algorithm,
            Error::UnsupportedCriticalExtension => K::CriticalExtension,
            Error::UnsupportedCertVersion => K::Version,
            Error::MalformedDnsIdentifier => K::MalformedName,
            _ => K::Unread,
        };
        Flaw { said: Some(self.words()), ..Flaw::new(kind, self.place(trial)) }
    }

    /// rustls-webpki does not say whose the flaw is. By the dates or by basicConstraints it can be told.
    fn place(&self, trial: &Trial) -> Place {
        let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let at = |is_it: &dyn Fn(&Link) -> bool, skipped: usize| {
            let found = trial.sent.iter().enumerate().skip(skipped).find(|(_, link)| is_it(link));
            found.map_or(Place::Leaf, |(index, _)| if index == 0 { Place::Leaf } else { Place::Sent(index) })
        };
        match self.0 {
            Error::CertExpired { not_after, .. } => at(&|link| link.not_after == seconds(not_after), 0),
            Error::CertNotValidYet { not_before, .. } => at(&|link| link.not_before == seconds(not_before), 0),
            Error::InvalidCertValidity => at(&|link| link.not_after < link.not_before, 0),
            Error::EndEntityUsedAsCa => at(&|link| !link.is_ca(), 1),
            _ => Place::Leaf,
        }
    }

    /// A matter of time or of purpose, which can be asked differently.
    fn is_of_time(&self) -> bool {
        matches!(self.0, Error::CertExpired { .. } | Error::CertNotValidYet { .. })
    }

    fn is_of_usage(&self) -> bool {
        matches!(self.0, Error::RequiredEkuNotFoundContext(_))
    }
}

/// Its verdict in steps: what the bundle has that it does not take, what it names, what it names at another time or for the
/// other purpose, and what the handshake comes to after the names.
pub(super) fn judge(
    trial: &Trial,
    by: Verifier,
    sent: &[Vec<u8>],
    anchors: &Anchors,
    asked: &Result<Path, Refused>,
) -> Judgement {
    let ring = by == Verifier::WebpkiRing;
    let mut flaws: Vec<Flaw> = trial.bundle.iter().filter_map(refused_anchor).take(1).collect();
    if !can_shake_hands(trial.leaf().strength, ring) {
        flaws.push(Flaw { said: Some("HandshakeFailure".to_owned()), ..Flaw::new(FlawKind::Algorithm, Place::Leaf) });
    }
    let narrowed = if ring { narrowed(anchors.algorithms) } else { Vec::new() };
    let own = (ring && trial.sent.iter().chain(&trial.bundle).any(is_beyond_ring))
        .then(|| verify_with(&narrowed, sent, anchors, trial.at, trial.purpose));
    let asked = own.as_ref().unwrap_or(asked);
    let algorithms = if ring { narrowed.as_slice() } else { anchors.algorithms };
    if let Err(refused) = asked {
        flaws.extend(all_flaws(refused, trial, |at, purpose| verify_with(algorithms, sent, anchors, at, purpose)));
    }
    let issuers = trial.sent.iter().skip(1).chain(&trial.bundle);
    if ring && asked.is_ok() && issuers.filter(|link| has_compressed_point(link)).count() > 0 {
        flaws.push(Flaw { said: Some("BadSignature".to_owned()), ..Flaw::new(FlawKind::Signature, Place::Leaf) });
    }
    let anchor = asked.as_ref().ok().and_then(|path| path.anchor_in(trial)).map(|link| fingerprint(&link.der));
    let steps = flaws.into_iter().map(Step::Flaw).chain([Step::Names]);
    // rustls verifies no signature of a shorter key, and none of a longer one.
    let weak = matches!(trial.leaf().strength, Key::Rsa(bits) if !(2048..=8192).contains(&bits))
        || (ring && has_compressed_point(trial.leaf()));
    let after = weak.then(|| Step::Flaw(Flaw::new(FlawKind::WeakKey, Place::Leaf)));
    Judgement { by, steps: steps.chain(after).collect(), anchor }
}

/// What it names, and then what it names at a time when everything that was sent is valid, or for the other purpose.
fn all_flaws(refused: &Refused, trial: &Trial, ask: impl Fn(i64, Purpose) -> Result<Path, Refused>) -> Vec<Flaw> {
    let begin = trial.sent.iter().map(|link| link.not_before).max().unwrap_or_default();
    let end = trial.sent.iter().map(|link| link.not_after).min().unwrap_or_default();
    let other = if trial.purpose == Purpose::Server { Purpose::Client } else { Purpose::Server };
    let (mut at, mut purpose) = (trial.at, trial.purpose);
    let mut flaws = vec![refused.flaw(trial)];
    let mut last = None;
    for _ in 0..2 {
        let refused = last.as_ref().unwrap_or(refused);
        if refused.is_of_time() && at == trial.at && begin <= end {
            at = begin;
        } else if refused.is_of_usage() && purpose == trial.purpose {
            purpose = other;
        } else {
            break;
        }
        let Err(next) = ask(at, purpose) else { break };
        let flaw = next.flaw(trial);
        if !flaws.iter().any(|known| known.kind == flaw.kind) {
            flaws.push(flaw);
        }
        last = Some(next);
    }
    flaws
}

/// A certificate of the bundle that `RootCertStore::add` refuses.
fn refused_anchor(link: &Link) -> Option<Flaw> {
    let der = CertificateDer::from(link.der.as_slice());
    let error = anchor_from_trusted_cert(&der).err()?;
    Some(Flaw { said: Some(Refused(error).words()), ..Flaw::new(FlawKind::Unread, Place::Anchor) })
}

fn anchor_name(anchor: &TrustAnchor) -> String {
    let der = rustls::DistinguishedName::in_sequence(&anchor.subject);
    X509Name::from_der(der.as_ref())
        .map_or_else(|_| "an anchor without a readable name".to_owned(), |(_, name)| name_text(&name))
}
