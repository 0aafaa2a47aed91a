//! The client's own certificate, judged before it is sent: what the server will say, as far as its anchors are ours.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::{
    certificate::certificate,
    trust::{Anchors, judge_chain},
};
use crate::facts::{ChainProblem, ChainVerdict, ClientCertificate, Limits};

/// Parses a file's certificates, leaf first, and judges them for client authentication at `now` (seconds since 1970).
///
/// # Errors
/// Where the first is no certificate, in x509-parser's words.
pub fn client_certificate(
    file: String,
    ders: &[Vec<u8>],
    anchors: &Anchors,
    limits: &Limits,
    now: i64,
) -> Result<ClientCertificate, String> {
    let (leaf, rest) = ders.split_first().ok_or("the file holds no certificate")?;
    let leads_to_anchor = match judge_chain(ders, anchors, now) {
        ChainVerdict::Trusted { .. } => true,
        ChainVerdict::Untrusted { leads_to_anchor, .. } => leads_to_anchor,
    };
    Ok(ClientCertificate {
        file,
        leaf: certificate(leaf, limits)?,
        rest: rest.iter().take(limits.chain).filter_map(|der| certificate(der, limits).ok()).collect(),
        problem: verify(leaf, rest, anchors, now).err().map(|error| problem(&error)),
        leads_to_anchor,
        key_fits: None,
    })
}

fn verify(leaf: &[u8], rest: &[Vec<u8>], anchors: &Anchors, now: i64) -> Result<(), Error> {
    let leaf = CertificateDer::from(leaf);
    let rest: Vec<_> = rest.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    let leaf = EndEntityCert::try_from(&leaf)?;
    let usage = KeyUsage::client_auth();
    leaf.verify_for_usage(anchors.algorithms, &anchors.trusted, &rest, time, usage, None, None).map(|_| ())
}

fn problem(error: &Error) -> ChainProblem {
    match error {
        Error::UnknownIssuer => ChainProblem::UnknownIssuer,
        Error::CertExpired { .. } => ChainProblem::Expired,
        Error::CertNotValidYet { .. } => ChainProblem::NotYetValid,
        Error::CaUsedAsEndEntity => ChainProblem::CaAsLeaf,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => ChainProblem::Usage,
        _ => ChainProblem::Other,
    }
}
