//! An authority made on the spot, and the TLS configurations that present its leaves.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::PrivatePkcs8KeyDer,
};

use super::plan::CertificateSpec;
use crate::facts::SubjectAltName;

const DAY: u64 = 86_400;
/// Days a leaf is valid for in all; public authorities stay below 398 (CA/Browser Forum baseline requirements 6.3.2).
const LEAF_DAYS: i32 = 397;

/// A certificate authority, and the one ECDSA P-256 key that all of its leaves share.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    leaf_key: KeyPair,
    provider: Arc<CryptoProvider>,
    issued: u64,
}

impl Authority {
    /// A new one, with fresh keys, valid for ten years around today.
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("redis-doctor lab CA");
        params.distinguished_name.push(DnType::OrganizationName, "redis-doctor lab");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, -1825, 1825);
        Ok(Authority {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)?,
            leaf_key: KeyPair::generate()?,
            provider: Arc::new(aws_lc_rs::default_provider()),
            issued: 0,
        })
    }

    /// The authority's own certificate.
    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's own certificate.
    pub(super) fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// Issues a leaf, and makes a TLS 1.2 and 1.3 server that presents it. Nothing is resumed: no tickets, no sessions.
    pub(super) fn server(&mut self, spec: &CertificateSpec) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
        self.issued += 1;
        let leaf = leaf(spec, self.issued)?.signed_by(&self.leaf_key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key.into())?;
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Arc::new(config))
    }
}

fn leaf(spec: &CertificateSpec, serial: u64) -> Result<CertificateParams, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::default();
    params.serial_number = Some(serial.into());
    params.distinguished_name = match spec.names.first() {
        Some(SubjectAltName::Dns(name) | SubjectAltName::Ip(name)) => named(name),
        _ => named("redis-doctor lab node"),
    };
    params.subject_alt_names = spec.names.iter().map(alternative).collect::<Result<_, _>>()?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, spec.days_left.saturating_sub(LEAF_DAYS), spec.days_left);
    Ok(params)
}

fn alternative(name: &SubjectAltName) -> Result<SanType, Box<dyn std::error::Error>> {
    Ok(match name {
        SubjectAltName::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        SubjectAltName::Ip(ip) => SanType::IpAddress(ip.parse()?),
        SubjectAltName::Uri(uri) => SanType::URI(uri.as_str().try_into()?),
        SubjectAltName::Email(mail) => SanType::Rfc822Name(mail.as_str().try_into()?),
        SubjectAltName::Other(other) => return Err(format!("no certificate can be made for {other:?}").into()),
    })
}

/// From so many days from now to so many; whole days within a range that dates can hold.
fn set_validity(params: &mut CertificateParams, from: i32, to: i32) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let date = |days: i32| {
        let shift = Duration::from_secs(DAY * u64::from(days.unsigned_abs()));
        let moment = if days < 0 { now.saturating_sub(shift) } else { now.saturating_add(shift) };
        date_time_ymd(1970, 1, 1) + moment
    };
    (params.not_before, params.not_after) = (date(from), date(to));
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
