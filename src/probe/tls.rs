//! TLS that completes whatever the certificate is like, and writes down what it was like.
//!
//! To look at a bad certificate the handshake must complete without verification. Nothing secret goes over such a
//! connection: [`super::attempt`] decides about AUTH after the chain and the name were judged.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion,
    client::{
        ResolvesClientCert, Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    sign::CertifiedKey,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    facts::{ClientIdentity, Failure, FailureKind, Host, Limits, Stage},
    wire::certificate,
};

/// What all handshakes of a run share.
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    identity: Option<Arc<CertifiedKey>>,
    chain_limit: usize,
}

/// What one handshake showed, whether it completed or not.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Leaf first, as sent.
    pub(super) chain: Vec<Vec<u8>>,
    /// The signature over the handshake was made with the leaf's key; `None` until it was seen.
    pub(super) proved: Option<bool>,
    /// A CertificateRequest came, with these issuer names (DER).
    pub(super) request: Option<Vec<Vec<u8>>>,
    /// The scheme of that signature.
    pub(super) scheme: Option<SignatureScheme>,
}

/// How a handshake is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    /// The name for SNI.
    pub(super) name: &'a Host,
    /// The one version that is offered; `None` for all.
    pub(super) version: Option<&'static SupportedProtocolVersion>,
    /// The client certificate is given where the server asks for one.
    pub(super) with_certificate: bool,
}

impl<'a> From<&'a Host> for Manner<'a> {
    /// As clients do it.
    fn from(name: &'a Host) -> Self {
        Manner { name, version: None, with_certificate: true }
    }
}

impl Tls {
    pub(super) fn new(identity: Option<&ClientIdentity>, limits: &Limits) -> Result<Self, String> {
        let provider = Arc::new(provider());
        let identity = identity.map(|identity| certified_key(&provider, identity)).transpose()?;
        Ok(Tls { provider, identity, chain_limit: limits.chain })
    }

    /// Whether the client's key is the one of its certificate; `None` where that cannot be told.
    pub(super) fn key_fits(&self) -> Option<bool> {
        // Not `keys_match`, which reads no certificate of version 1, as many scripts make them for clients.
        let identity = self.identity.as_ref()?;
        Some(identity.key.public_key()?.as_ref() == certificate::public_key(identity.cert.first()?)?)
    }

    /// One handshake. What was seen is in the second part, whatever the first says.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        manner: impl Into<Manner<'_>>,
    ) -> (Result<TlsStream<TcpStream>, Failure>, Recorded) {
        let manner = manner.into();
        let recorder = Arc::new(Recorder {
            provider: Arc::clone(&self.provider),
            identity: self.identity.clone().filter(|_| manner.with_certificate),
            chain_limit: self.chain_limit,
            recorded: Mutex::default(),
        });
        let result = match self.config(&recorder, manner.version) {
            Ok(config) => TlsConnector::from(Arc::new(config)).connect(server_name(manner.name), stream).await,
            Err(error) => Err(io::Error::other(error)),
        };
        let shown = std::mem::take(&mut *recorder.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        let result = result.map_err(|error| {
            let mut failure = io_failure(&error, Stage::Handshake);
            let refused = matches!(failure.kind, FailureKind::Closed | FailureKind::TlsAlert);
            if refused && shown.request.is_some() && !shown.chain.is_empty() {
                // TLS 1.2 answers a missing client certificate with handshake_failure, or just closes.
                failure.kind = FailureKind::ClientCertificate;
            }
            failure
        });
        (result, shown)
    }

    fn config(
        &self,
        recorder: &Arc<Recorder>,
        version: Option<&'static SupportedProtocolVersion>,
    ) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = match version {
            Some(version) => builder.with_protocol_versions(&[version])?,
            None => builder.with_safe_default_protocol_versions()?,
        };
        let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(recorder) as _;
        let resolver: Arc<dyn ResolvesClientCert> = Arc::clone(recorder) as _;
        let mut config =
            builder.dangerous().with_custom_certificate_verifier(verifier).with_client_cert_resolver(resolver);
        // On a resumed session no certificate is sent, and there would be nothing to record.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// rustls' suites, those with AES-128 and SHA-256 first: as safe for a look, and half the arithmetic of a handshake. A server
/// with a preference of its own still has its way.
fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| !format!("{:?}", suite.suite()).contains("AES_128"));
    provider
}

fn certified_key(provider: &CryptoProvider, identity: &ClientIdentity) -> Result<Arc<CertifiedKey>, String> {
    let file = identity.file.display();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.reveal().as_bytes())
        .map_err(|_| format!("{file} holds no private key in PEM form (an encrypted key must be decrypted first)"))?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|e| format!("the private key in {file} cannot be used: {e}"))?;
    let chain = identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// What rustls sends as SNI: names that DNS allows; for anything else an address, which is never sent (RFC 6066 §3).
fn server_name(host: &Host) -> ServerName<'static> {
    let unsent = || ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into());
    match host {
        Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
        Host::Name(name) => ServerName::try_from(name.clone()).unwrap_or_else(|_| unsent()),
    }
}

/// The SNI that a handshake for this host carries.
pub(super) fn sni(host: &Host) -> Option<String> {
    match server_name(host) {
        ServerName::DnsName(name) => Some(name.as_ref().trim_end_matches('.').to_owned()),
        _ => None,
    }
}

/// Sorts an IO error of a TLS or TCP stream.
pub(super) fn io_failure(error: &io::Error, stage: Stage) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let (stage, kind) = match (tls, error.kind()) {
        (Some(Error::AlertReceived(alert)), _) => (Stage::Handshake, alert_kind(*alert)),
        (Some(Error::InvalidMessage(_)), _) => (stage, FailureKind::NotSpoken),
        (Some(Error::PeerIncompatible(_)), _) => (stage, FailureKind::TlsAlert),
        (
            None,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        ) => (stage, FailureKind::Closed),
        (None, io::ErrorKind::TimedOut) => (stage, FailureKind::TimedOut),
        _ => (stage, FailureKind::Other),
    };
    Failure { stage, kind, detail: tls.map_or_else(|| error.to_string(), Error::to_string) }
}

/// Alerts that speak of the client's certificate: 42, 43, 44, 45, 46, 48, 116 (RFC 8446 §6.2).
fn alert_kind(alert: AlertDescription) -> FailureKind {
    match alert {
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::CertificateRequired => FailureKind::ClientCertificate,
        _ => FailureKind::TlsAlert,
    }
}

/// Accepts every certificate and remembers it; answers a request for ours, and remembers that.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    identity: Option<Arc<CertifiedKey>>,
    chain_limit: usize,
    recorded: Mutex<Recorded>,
}

impl Recorder {
    fn note(&self, f: impl FnOnce(&mut Recorded)) {
        f(&mut self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A signature that does not verify is written down instead of ending the handshake: v1 certificates and short RSA
    /// keys fail here although the peer is honest, and the rest of the diagnosis would be lost.
    fn proved(
        &self,
        scheme: SignatureScheme,
        result: &Result<HandshakeSignatureValid, Error>,
    ) -> HandshakeSignatureValid {
        self.note(|r| (r.proved, r.scheme) = (Some(result.is_ok()), Some(scheme)));
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(rest).take(self.chain_limit).map(|c| c.as_ref().to_vec()).collect();
        self.note(|r| r.chain = chain);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proved(signed.scheme, &verify_tls12_signature(message, leaf, signed, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proved(signed.scheme, &verify_tls13_signature(message, leaf, signed, algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let issuers = issuers.iter().take(self.chain_limit).map(|der| der.to_vec());
        self.note(|r| r.request = Some(issuers.collect()));
        self.identity.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_read_back_from_the_words_that_a_failure_has_of_them() {
        let mut told = 0;
        for number in 0..=u8::MAX {
            let alert = AlertDescription::from(number);
            let error = io::Error::other(Error::AlertReceived(alert));
            let failure = io_failure(&error, Stage::Handshake);
            if let Some(read) = failure.alert() {
                assert_eq!(read.0, number, "{failure:?}");
                told += 1;
            }
        }
        assert_eq!(told, 29);
    }
}
