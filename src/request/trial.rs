//! A certificate of exactly the names that are asked for, made in memory to be judged. Its key is dropped unseen.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

use super::{
    Wanted,
    name::{Entry, Name},
};
use crate::{
    facts::{Attempt, CertificateChain, Limits, Observed, Snapshot},
    names::trust::{self, Anchors, Purpose},
};

const DAY: u64 = 86_400;
/// 2100: further no look was taken, whatever a file says.
const LATEST: u64 = 4_102_444_800;

/// An authority for the trial.
pub(super) struct Trial {
    issuer: CertifiedIssuer<'static, KeyPair>,
    key: KeyPair,
    anchors: Anchors,
    at: u64,
}

impl Trial {
    /// One that is valid when the snapshot was taken, in seconds since 1970.
    pub(super) fn new(taken_at: i64) -> Result<Self, String> {
        let at = u64::try_from(taken_at).unwrap_or_default().clamp(2 * DAY, LATEST);
        let mut params = params(at, "trial CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = || KeyPair::generate().map_err(|error| words(&error));
        let issuer = CertifiedIssuer::self_signed(params, key()?).map_err(|error| words(&error))?;
        let (anchors, _) = Anchors::from_der(vec![issuer.der().to_vec()]);
        Ok(Trial { issuer, key: key()?, anchors, at })
    }

    /// The chain that a server would present, judged by every verifier.
    pub(super) fn chain(&self, names: &[Name]) -> Result<CertificateChain, String> {
        let mut params = params(self.at, "trial");
        params.subject_alt_names = names.iter().map(alternative).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(&self.key, &self.issuer).map_err(|error| words(&error))?;
        // The bounds are against strangers: of these names every one is to be judged.
        let limits = Limits { sans: usize::MAX, ..Limits::default() };
        let at = i64::try_from(self.at).unwrap_or_default();
        trust::chain(&[leaf.der().to_vec()], &self.anchors, at, Purpose::Server, &limits)
    }

    /// The chains of these certificates, in their order.
    pub(super) fn chains(&self, certificates: &[Wanted]) -> Result<Vec<CertificateChain>, String> {
        let names = |wanted: &Wanted| wanted.entries.iter().map(|Entry { name, .. }| name.clone()).collect::<Vec<_>>();
        certificates.iter().map(|wanted| self.chain(&names(wanted))).collect()
    }
}

/// What would be seen if the servers presented these chains: one for all, or one for each node.
pub(super) fn presented(snapshot: &Snapshot, chains: &[CertificateChain]) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.chains = chains.to_vec();
    let last = snapshot.chains.len().saturating_sub(1);
    let seed = snapshot.seed.identity().cloned();
    present(&mut snapshot.seed, 0);
    for (n, probe) in snapshot.nodes.iter_mut().enumerate() {
        if seed.as_ref() == Some(&probe.id) {
            present(&mut snapshot.seed, n.min(last));
        }
        probe.attempts.iter_mut().for_each(|attempt| present(attempt, n.min(last)));
    }
    for other in snapshot.also.iter_mut().chain(&mut snapshot.again) {
        present(other, 0);
    }
    snapshot
}

fn present(attempt: &mut Attempt, chain: usize) {
    if let Observed::Seen(connection) = &mut attempt.connection
        && let Observed::Seen(session) = &mut connection.tls
    {
        session.chain = chain;
    }
}

/// Valid from the day before to the day after.
fn params(at: u64, name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let date = |seconds| date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    (params.not_before, params.not_after) = (date(at - DAY), date(at + DAY));
    params
}

fn alternative(name: &Name) -> Result<SanType, String> {
    match name {
        Name::Ip(ip) => Ok(SanType::IpAddress(*ip)),
        name => Ok(SanType::DnsName(name.value().try_into().map_err(|error| words(&error))?)),
    }
}

fn words(error: &rcgen::Error) -> String {
    format!("no certificate could be made to judge: {error}")
}
