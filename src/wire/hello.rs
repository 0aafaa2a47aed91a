//! A ClientHello in bytes (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2): for servers that this build cannot complete a handshake
//! with, and for server names that its TLS library does not send. Nothing secret is in it, and no key follows it.

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Everything that there ever was up to TLS 1.2: the server takes what it has.
    UpToTls12,
    /// TLS 1.3 alone, every group and no key: the server asks for the group that it wants (`HelloRetryRequest`).
    Tls13,
    /// TLS 1.2 with what clients of today offer, in their order.
    Modern,
}

/// The suites that have forward secrecy and AEAD, ECDSA first.
const MODERN: &[u16] = &[0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];

/// All others that servers were built with, better ones first, since most servers take the client's first: DHE and static
/// RSA with AEAD; CBC with ECDHE, DHE, RSA; ARIA, Camellia, SEED; static (EC)DH; 3DES, RC4, DES and export suites; and
/// last those that encrypt nothing or name nobody. No `TLS_FALLBACK_SCSV`, which would ask the server to refuse (RFC 7507).
const OLD: &[u16] = &[
    0x009e, 0x009f, 0xccaa, 0x00a2, 0x00a3, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xc09e, 0xc09f, 0xc0a2, 0xc0a3, 0x009c,
    0x009d, 0xc09c, 0xc09d, 0xc0a0, 0xc0a1, 0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013, 0xc00a, 0xc014, 0x0067,
    0x006b, 0x0033, 0x0039, 0x0040, 0x006a, 0x0032, 0x0038, 0x003c, 0x003d, 0x002f, 0x0035, 0xc05c, 0xc05d, 0xc060,
    0xc061, 0xc052, 0xc053, 0xc050, 0xc051, 0xc072, 0xc073, 0xc076, 0xc077, 0x00be, 0x00c4, 0x0045, 0x0088, 0x00ba,
    0x00c0, 0x0041, 0x0084, 0x0096, 0x009a, 0xc02d, 0xc02e, 0xc031, 0xc032, 0xc025, 0xc026, 0xc029, 0xc02a, 0xc004,
    0xc005, 0xc00e, 0xc00f, 0xc008, 0xc012, 0x0016, 0x0013, 0x000a, 0xc003, 0xc00d, 0xc007, 0xc011, 0x0005, 0x0004,
    0xc002, 0xc00c, 0x0015, 0x0012, 0x0009, 0x0014, 0x0011, 0x0008, 0x0006, 0x0003, 0xc006, 0xc010, 0x003b, 0x0002,
    0x0001, 0x00a6, 0x00a7, 0x006c, 0x006d, 0xc018, 0xc019, 0x0034, 0x003a,
];

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV` (RFC 5746 §3.3): some servers refuse clients that do not know of it.
const RENEGOTIATION_INFO: u16 = 0x00ff;

/// RFC 8446 §B.4.
const TLS13: &[u16] = &[0x1301, 0x1302, 0x1303, 0x1304, 0x1305];

/// Those of clients of today.
const GROUPS: &[u16] = &[0x001d, 0x0017, 0x0018];
/// All others that servers choose: P-521 first, then X448, finite fields, Brainpool, older curves.
const MORE_GROUPS: &[u16] = &[
    0x0019, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x001f, 0x0020, 0x0021, 0x001a, 0x001b, 0x001c, 0x0016,
    0x0015, 0x0013, 0x11ec, 0x11eb, 0x11ed, 0x0200, 0x0201, 0x0202,
];

/// Those of clients of today.
const SCHEMES: &[u16] = &[0x0503, 0x0403, 0x0603, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401];
/// And SHA-224, SHA-1, DSA, MD5, Ed448, RSA-PSS keys, Brainpool (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3, RFC 8734).
const MORE_SCHEMES: &[u16] = &[
    0x0808, 0x0809, 0x080a, 0x080b, 0x081a, 0x081b, 0x081c, 0x0904, 0x0905, 0x0906, 0x0303, 0x0301, 0x0203, 0x0201,
    0x0402, 0x0302, 0x0202, 0x0101,
];

/// A whole record. `server_name` is sent as it is, even where RFC 6066 §3 forbids it (addresses, a dot at the end): some
/// clients do that. One that is too long for a name is left out.
pub fn client_hello(random: &[u8; 32], server_name: Option<&str>, offer: Offer) -> Vec<u8> {
    let suites = match offer {
        Offer::UpToTls12 => [MODERN, OLD, &[RENEGOTIATION_INFO]].concat(),
        Offer::Tls13 => TLS13.to_vec(),
        Offer::Modern => [MODERN, &[RENEGOTIATION_INFO]].concat(),
    };
    let mut body = vec![3, 3];
    body.extend(random);
    // TLS 1.3 wants a session id in compatibility mode only (RFC 8446 §D.4).
    body.push(0);
    body.extend(counted16(&numbers(&suites)));
    body.extend([1, 0]);
    body.extend(counted16(&extensions(server_name, offer)));
    let mut message = vec![1, 0];
    message.extend(counted16(&body));
    // Old servers want a record of TLS 1.0 around a first hello (RFC 5246 §E.1).
    let mut record = vec![22, 3, 1];
    record.extend(counted16(&message));
    record
}

fn extensions(server_name: Option<&str>, offer: Offer) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |kind: u16, data: &[u8]| {
        all.extend(kind.to_be_bytes());
        all.extend(counted16(data));
    };
    if let Some(name) = server_name.filter(|name| (1..=255).contains(&name.len())) {
        let entry = [&[0][..], &counted16(name.as_bytes())].concat();
        add(0, &counted16(&entry));
    }
    let (groups, schemes) = match offer {
        Offer::Modern => (GROUPS.to_vec(), SCHEMES.to_vec()),
        _ => ([GROUPS, MORE_GROUPS].concat(), [SCHEMES, MORE_SCHEMES].concat()),
    };
    add(10, &counted16(&numbers(&groups)));
    add(11, &[1, 0]);
    add(13, &counted16(&numbers(&schemes)));
    if offer == Offer::Tls13 {
        add(43, &[2, 3, 4]);
        // No key at all: the server has to say which group it wants (RFC 8446 §4.2.8).
        add(51, &[0, 0]);
    }
    all
}

fn numbers(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// With its length in front. Nothing here comes near 64 KiB: the tables are fixed, and the name has 255 bytes at most.
fn counted16(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], data].concat()
}

#[cfg(test)]
mod tests {
    use tls_parser::{
        TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions, parse_tls_plaintext,
    };

    use super::*;

    fn read_back(offer: Offer, name: Option<&str>) -> (Vec<u16>, Vec<String>) {
        let bytes = client_hello(&[7; 32], name, offer);
        let (rest, record) = parse_tls_plaintext(&bytes).unwrap();
        assert!(rest.is_empty());
        let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = &record.msg[..] else { panic!() };
        assert_eq!((hello.version.0, hello.random), (0x0303, &[7; 32][..]));
        let (rest, extensions) = parse_tls_client_hello_extensions(hello.ext.unwrap()).unwrap();
        assert!(rest.is_empty());
        let names = extensions.iter().filter_map(|extension| match extension {
            TlsExtension::SNI(names) => Some(String::from_utf8_lossy(names[0].1).into_owned()),
            _ => None,
        });
        (hello.ciphers.iter().map(|suite| suite.0).collect(), names.collect())
    }

    #[test]
    fn what_is_written_is_a_client_hello() {
        let (suites, names) = read_back(Offer::UpToTls12, Some("redis.example.com."));
        assert_eq!(names, ["redis.example.com."]);
        assert!(suites.contains(&0x002f) && !suites.contains(&0x5600), "no fallback signal");
        let mut once = suites.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), suites.len(), "each suite once");
        assert_eq!(read_back(Offer::Tls13, Some("10.0.0.5")).1, ["10.0.0.5"]);
        assert_eq!(read_back(Offer::Modern, None).1, [""; 0]);
        assert_eq!(read_back(Offer::Modern, Some(&"a".repeat(256))).1, [""; 0], "too long for a name");
    }
}
