//! Keys and certificates that are made, or copied, for one tunnel. They are in its folder and nowhere else.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};

use crate::tunnels::{CLIENT_NAME, Content, Plan};

/// How long the certificates between the two ends of a tunnel are good: 5 years.
pub(super) const YEARS: u64 = 5;
const DAY: u64 = 86_400;

/// Makes what the files of one tunnel ask for, the same for both of its sides.
pub(super) struct Maker<'a> {
    plan: &'a Plan,
    /// DER.
    anchors: &'a [Vec<u8>],
    /// Certificate and key, as their files have them.
    identity: Option<String>,
    authority: Option<CertifiedIssuer<'static, KeyPair>>,
    made: HashMap<Content, Vec<u8>>,
}

impl<'a> Maker<'a> {
    /// Nothing is made yet.
    pub(super) fn new(plan: &'a Plan, anchors: &'a [Vec<u8>], identity: Option<String>) -> Self {
        Maker { plan, anchors, identity, authority: None, made: HashMap::new() }
    }

    /// The bytes of a file.
    pub(super) fn bytes(&mut self, content: &Content) -> Result<Vec<u8>> {
        if let Some(made) = self.made.get(content) {
            return Ok(made.clone());
        }
        let bytes = match content {
            Content::Text(text) => return Ok(text.clone().into_bytes()),
            Content::Key(_) => key()?,
            Content::Anchors => self.anchors.iter().map(|der| pem(der)).collect::<String>().into_bytes(),
            Content::Identity => match &self.identity {
                Some(pem) => pem.clone().into_bytes(),
                None => bail!("no client certificate was given"),
            },
            Content::TunnelCa => self.authority()?.pem().into_bytes(),
            Content::TunnelServer(number) => {
                let node =
                    self.plan.nodes.iter().find(|node| node.number == *number).context("a node of this tunnel")?;
                self.issue(&node.tunnel_name(), ExtendedKeyUsagePurpose::ServerAuth)?
            }
            Content::TunnelClient => self.issue(CLIENT_NAME, ExtendedKeyUsagePurpose::ClientAuth)?,
        };
        self.made.insert(content.clone(), bytes.clone());
        Ok(bytes)
    }

    /// A CA for this tunnel alone; its key is gone when this ends.
    fn authority(&mut self) -> Result<&CertifiedIssuer<'static, KeyPair>> {
        let made = match self.authority.take() {
            Some(made) => made,
            None => authority().context("making the tunnel's CA")?,
        };
        Ok(self.authority.insert(made))
    }

    fn issue(&mut self, name: &str, usage: ExtendedKeyUsagePurpose) -> Result<Vec<u8>> {
        let authority = self.authority()?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params);
        let certificate = params.signed_by(&key, authority)?;
        Ok((certificate.pem() + &key.serialize_pem()).into_bytes())
    }
}

fn key() -> Result<Vec<u8>> {
    let mut bytes = vec![0; 32];
    SystemRandom::new().fill(&mut bytes).ok().context("the system gives no random bytes")?;
    Ok(bytes)
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "redis-doctor tunnel CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    set_validity(&mut params);
    CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

/// From yesterday, since clocks differ.
fn set_validity(params: &mut CertificateParams) {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = |moment: std::time::Duration| date_time_ymd(1970, 1, 1) + moment;
    let day = std::time::Duration::from_secs(DAY);
    params.not_before = at(now.saturating_sub(day));
    params.not_after = at(now + std::time::Duration::from_secs(DAY * 365 * YEARS));
}

/// RFC 7468: lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
