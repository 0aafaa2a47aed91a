//! What a server answers to a ClientHello, up to where it waits for us: all of it is in clear below TLS 1.3.
//!
//! Records and messages are put together as they come, bounded; nothing is decrypted, and nothing judged.

use tls_parser::{
    TlsCipherKx, TlsCipherSuite, TlsExtension, TlsMessage, TlsMessageHandshake, TlsServerHelloContents,
    parse_dh_params, parse_tls_message_handshake, parse_tls_raw_record, parse_tls_server_hello_extensions,
};

/// Bytes of a whole flight: OpenSSL takes chains of 100 KiB.
const LONGEST: usize = 128 << 10;

/// Record types (RFC 8446 §5.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// What was read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flight {
    /// `ProtocolVersion`; that of the `supported_versions` extension where there is one.
    pub version: u16,
    /// `CipherSuite`.
    pub suite: u16,
    /// `NamedGroup`.
    pub group: Option<u16>,
    /// Bits of the prime of a finite-field key exchange.
    pub dh_bits: Option<usize>,
    /// Leaf first, as sent.
    pub chain: Vec<Vec<u8>>,
    /// A CertificateRequest came, with these issuer names (DER).
    pub request: Option<Vec<Vec<u8>>>,
}

/// Why there is no flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A fatal alert in its place (RFC 8446 §6).
    Alert(u8),
    /// It is no TLS, or none that makes sense.
    Senseless,
    /// It has no end.
    TooLong,
}

/// Reads a flight in pieces of any size.
#[derive(Debug)]
pub struct Reader {
    records: Vec<u8>,
    messages: Vec<u8>,
    /// What may still come.
    left: usize,
    /// Certificates and issuer names that are kept, each.
    most: usize,
    flight: Option<Flight>,
}

impl Reader {
    /// Keeps at most so many certificates, and so many issuer names.
    pub fn new(most: usize) -> Self {
        Reader { records: Vec::new(), messages: Vec::new(), left: LONGEST, most, flight: None }
    }

    /// Takes what came; true once the server waits for us.
    ///
    /// # Errors
    /// Where no flight can come of it any more. What was understood before stays in [`finish`](Self::finish).
    pub fn push(&mut self, bytes: &[u8]) -> Result<bool, Unreadable> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(Unreadable::TooLong)?;
        self.records.extend_from_slice(bytes);
        let mut used = 0;
        let mut done = false;
        while !done && let Some((kind, data, rest)) = record(&self.records[used..])? {
            match kind {
                HANDSHAKE => self.messages.extend_from_slice(data),
                ALERT => fatal(data)?,
                _ => return Err(Unreadable::Senseless),
            }
            used = self.records.len() - rest;
            done = self.read_messages()?;
        }
        self.records.drain(..used);
        Ok(done)
    }

    /// What was understood; `None` where no ServerHello came.
    pub fn finish(self) -> Option<Flight> {
        self.flight
    }

    fn read_messages(&mut self) -> Result<bool, Unreadable> {
        let mut messages = std::mem::take(&mut self.messages);
        let (mut used, mut done) = (0, false);
        while !done && let Some(length) = message_length(&messages[used..]).filter(|l| used + l <= messages.len()) {
            let message = &messages[used..used + length];
            let (_, message) = parse_tls_message_handshake(message).map_err(|_| Unreadable::Senseless)?;
            done = matches!(&message, TlsMessage::Handshake(message) if self.take(message)?);
            used += length;
        }
        messages.drain(..used);
        self.messages = messages;
        Ok(done)
    }

    /// One message; true where it is the last that is in clear.
    fn take(&mut self, message: &TlsMessageHandshake<'_>) -> Result<bool, Unreadable> {
        if let TlsMessageHandshake::ServerHello(hello) = message {
            let flight = self.flight.insert(begin(hello));
            return Ok(flight.version >= 0x0304);
        }
        let most = self.most;
        let flight = self.flight.as_mut().ok_or(Unreadable::Senseless)?;
        match message {
            TlsMessageHandshake::Certificate(sent) => {
                flight.chain = sent.cert_chain.iter().take(most).map(|c| c.data.to_vec()).collect();
            }
            TlsMessageHandshake::ServerKeyExchange(exchange) => flight.exchange(exchange.parameters),
            TlsMessageHandshake::CertificateRequest(request) => {
                flight.request = Some(request.unparsed_ca.iter().take(most).map(|name| name.to_vec()).collect());
            }
            TlsMessageHandshake::ServerDone(_) => return Ok(true),
            // CertificateStatus and whatever else there may be between them.
            _ => {}
        }
        Ok(false)
    }
}

impl Flight {
    /// What the server's half of the key exchange tells: its group, or how long its prime is (RFC 5246 §7.4.3, RFC 8422 §5.4).
    fn exchange(&mut self, parameters: &[u8]) {
        const NAMED_CURVE: u8 = 3;
        match (TlsCipherSuite::from_id(self.suite).map(|suite| &suite.kx), parameters) {
            (Some(TlsCipherKx::Ecdhe | TlsCipherKx::Aecdh | TlsCipherKx::Ecdh), [NAMED_CURVE, high, low, ..]) => {
                self.group = Some(u16::from_be_bytes([*high, *low]));
            }
            (Some(TlsCipherKx::Dhe | TlsCipherKx::Dh), _) => {
                self.dh_bits = parse_dh_params(parameters).ok().map(|(_, dh)| bits(dh.dh_p));
            }
            _ => {}
        }
    }
}

/// A record: its type, its data, and how many bytes follow it.
type Record<'a> = (u8, &'a [u8], usize);

/// The next one, once it is whole.
fn record(bytes: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
    // The first byte settles whether it is TLS: what is none may never become as long as a record.
    match bytes {
        [] => return Ok(None),
        [kind, ..] if !(20..=23).contains(kind) => return Err(Unreadable::Senseless),
        [_, major, ..] if *major != 3 => return Err(Unreadable::Senseless),
        _ => {}
    }
    match parse_tls_raw_record(bytes) {
        Ok((rest, record)) => Ok(Some((record.hdr.record_type.0, record.data, rest.len()))),
        Err(error) if error.is_incomplete() => Ok(None),
        Err(_) => Err(Unreadable::Senseless),
    }
}

/// A warning is passed over: some servers say so that they do not know the server name (112), and go on.
fn fatal(alert: &[u8]) -> Result<(), Unreadable> {
    const WARNING: u8 = 1;
    match alert {
        [WARNING, _] => Ok(()),
        [_, description] => Err(Unreadable::Alert(*description)),
        _ => Err(Unreadable::Senseless),
    }
}

/// With its header.
fn message_length(bytes: &[u8]) -> Option<usize> {
    let [_, high, middle, low, ..] = bytes else { return None };
    Some(4 + (usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low)))
}

fn begin(hello: &TlsServerHelloContents<'_>) -> Flight {
    let mut flight = Flight { version: hello.version.0, suite: hello.cipher.0, ..Flight::default() };
    let extensions = hello.ext.and_then(|bytes| parse_tls_server_hello_extensions(bytes).ok());
    for extension in extensions.map(|(_, all)| all).unwrap_or_default() {
        match extension {
            TlsExtension::SupportedVersions(versions) => {
                flight.version = versions.first().map_or(flight.version, |version| version.0);
            }
            // The server's own share, or (in a HelloRetryRequest) the group that it wants: the number comes first.
            TlsExtension::KeyShare([high, low, ..]) => flight.group = Some(u16::from_be_bytes([*high, *low])),
            _ => {}
        }
    }
    flight
}

/// From the first set bit on.
fn bits(number: &[u8]) -> usize {
    let significant = &number[number.iter().take_while(|octet| **octet == 0).count()..];
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}
