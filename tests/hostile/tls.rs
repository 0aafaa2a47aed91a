//! Certificates of hostile TLS servers, and TLS records written by hand.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A self-signed certificate with these names.
pub fn self_signed(names: &[String]) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new(names.to_vec()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "\u{1b}[31mred\u{202e}\n::error::x");
    with(&params, 1)
}

/// A certificate whose names steer terminals and shells.
pub fn with_odd_names() -> Arc<ServerConfig> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    for odd in ["\u{1b}]0;owned\u{7}", "${POD_IP}", "a\nb", "*.*", "*", "xn--", "'\"`;reboot"] {
        params.subject_alt_names.push(SanType::DnsName(odd.try_into().unwrap()));
        params.subject_alt_names.push(SanType::URI(odd.try_into().unwrap()));
    }
    with(&params, 1)
}

/// The same certificate many times over.
pub fn long_chain(length: usize) -> Arc<ServerConfig> {
    with(&CertificateParams::new(vec!["localhost".to_owned()]).unwrap(), length)
}

fn with(params: &CertificateParams, length: usize) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    serving(std::iter::repeat_n(cert.der().clone(), length).collect(), der)
}

/// Issuers that share a name, each with a key of its own and any of them the issuer of any: every order of them is a path.
pub fn crowd() -> Arc<ServerConfig> {
    let named = |serial: u64| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "The same");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.serial_number = Some(serial.into());
        params
    };
    let issuers = (1..10).map(|n| named(n).self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone());
    let [key, by] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let leaf = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&named(0), &by)).unwrap();
    let chain = std::iter::once(leaf.der().clone()).chain(issuers).collect();
    serving(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
}

/// Tickets for more sessions than anybody has.
pub fn many_tickets() -> Arc<ServerConfig> {
    let mut config = Arc::unwrap_or_clone(long_chain(1));
    config.send_tls13_tickets = 20_000;
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().unwrap();
    Arc::new(config)
}

/// Asks for a certificate of any of thousands of issuers, whose names are none.
pub fn asks_for_many() -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_client_cert_verifier(Arc::new(Greedy::default()));
    Arc::new(builder.with_single_cert(vec![cert.der().clone()], der).unwrap())
}

#[derive(Debug)]
struct Greedy(Vec<rustls::DistinguishedName>);

impl Default for Greedy {
    fn default() -> Self {
        let name = |n: u16| {
            let text = format!("\u{1b}[31m$(reboot){n}");
            let length = u8::try_from(text.len()).unwrap();
            let der = [
                &[0x30, length + 11, 0x31, length + 9, 0x30, length + 7, 6, 3, 0x55, 4, 3, 0x0c, length],
                text.as_bytes(),
            ];
            rustls::DistinguishedName::from(if n.is_multiple_of(2) {
                der.concat()
            } else {
                vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]
            })
        };
        Greedy((0..2_500).map(name).collect())
    }
}

impl rustls::server::danger::ClientCertVerifier for Greedy {
    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &self.0
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::server::danger::ClientCertVerified, rustls::Error> {
        Err(rustls::Error::General("nobody".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("nobody".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("nobody".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

fn serving(chain: Vec<CertificateDer<'static>>, der: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, der).unwrap())
}

/// A TLS 1.2 record.
pub fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], body].concat()
}

/// A ServerHello that offers TLS 1.2 with ECDHE and AES, and goes no further.
pub fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0xc0, 0x2f, 0, 0, 0]);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    record(22, &[&[2], &length[1..], &body].concat())
}
