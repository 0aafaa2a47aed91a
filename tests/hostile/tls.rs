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
