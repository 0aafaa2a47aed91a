//! The ServerHello reader on answers that OpenSSL 3.0 and Redis 7.0 gave to our own ClientHello, captured from the wire:
//! `tests/fixtures/server_hello`, which is the fuzz target's corpus too.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use redis_doctor::{
    facts::Limits,
    wire::{
        certificate::{certificate, distinguished_name},
        server_hello::{Flight, Reader, Unreadable},
        tls_names,
    },
};

/// What is kept of certificates and of issuer names.
const MOST: usize = 4;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/server_hello")
}

/// Reads bytes in pieces of a length; the second part is what became of the last piece.
fn read(bytes: &[u8], piece: usize) -> (Option<Flight>, Result<bool, Unreadable>) {
    let mut reader = Reader::new(MOST);
    let mut last = Ok(false);
    for part in bytes.chunks(piece) {
        last = reader.push(part);
        if last != Ok(false) {
            break;
        }
    }
    (reader.finish(), last)
}

fn words(flight: &Flight) -> String {
    let group = flight.group.map(|group| format!(" {}", tls_names::group(group))).unwrap_or_default();
    let prime = flight.dh_bits.map(|bits| format!(" {bits} bits")).unwrap_or_default();
    let leaf = flight.chain.first().map(|der| certificate(der, &Limits::default()).unwrap());
    let leaf = leaf.map(|leaf| format!(" {} of {}", leaf.subject, flight.chain.len())).unwrap_or_default();
    let issuers = |issuers: &Vec<Vec<u8>>| {
        let names = issuers.iter().map(|der| distinguished_name(der, &Limits::default()));
        format!(" wants [{}]", names.collect::<Vec<_>>().join("; "))
    };
    let request = flight.request.as_ref().map(issuers).unwrap_or_default();
    format!("{} {}{group}{prime}{leaf}{request}", tls_names::version(flight.version), tls_names::suite(flight.suite))
}

#[test]
fn what_servers_answer_is_understood() {
    let expected = [
        ("anonymous.bin", "TLSv1.2 TLS_DH_anon_WITH_AES_128_GCM_SHA256 1024 bits"),
        ("cbc.bin", "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 x25519 CN=redis.example.com of 1"),
        (
            "dhe-client-certificate.bin",
            "TLSv1.2 TLS_DHE_RSA_WITH_AES_128_CBC_SHA 2048 bits CN=redis.example.com of 2 wants [CN=test root]",
        ),
        ("dhe.bin", "TLSv1.2 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 2048 bits CN=redis.example.com of 1"),
        ("p521.bin", "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 secp521r1 CN=redis.example.com of 1"),
        (
            "redis-client-certificate.bin",
            "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 x25519 CN=redis.example.com of 2 wants []",
        ),
        ("refused.bin", "Err(Alert(70))"),
        ("retry-request.bin", "TLSv1.3 TLS_AES_128_GCM_SHA256 secp521r1"),
        ("static-rsa.bin", "TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA256 CN=redis.example.com of 1"),
        (
            "tls10-client-certificate.bin",
            "TLSv1.0 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA x25519 CN=redis.example.com of 2 wants [CN=test root]",
        ),
        ("tls10.bin", "TLSv1.0 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA x25519 CN=redis.example.com of 1"),
        ("tls11.bin", "TLSv1.1 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA x25519 CN=redis.example.com of 1"),
    ];
    let mut files: Vec<String> =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, expected.map(|(file, _)| file));
    for (file, words_of_it) in expected {
        let bytes = fs::read(folder().join(file)).unwrap();
        let (flight, last) = read(&bytes, bytes.len());
        assert_eq!(flight.as_ref().map_or_else(|| format!("{last:?}"), words), words_of_it, "{file}");
        for piece in [1, 2, 7, 64] {
            assert_eq!(read(&bytes, piece), (flight.clone(), last.clone()), "{file} in pieces of {piece}");
        }
    }
}

#[test]
fn what_is_cut_off_is_kept_as_far_as_it_goes() {
    let bytes = fs::read(folder().join("tls10-client-certificate.bin")).unwrap();
    let (whole, _) = read(&bytes, bytes.len());
    let whole = whole.unwrap();
    for end in 0..bytes.len() - 1 {
        let (flight, last) = read(&bytes[..end], usize::MAX);
        assert_eq!(last, Ok(false), "{end}");
        assert!(flight.is_none_or(|flight| (flight.version, flight.suite) == (whole.version, whole.suite)), "{end}");
    }
}

#[test]
fn what_has_no_end_is_given_up() {
    let endless = [22, 3, 1, 0, 4, 0, 0, 0, 0].repeat(20_000);
    assert_eq!(read(&endless, 4096).1, Err(Unreadable::Senseless), "a request for a hello before the hello");
    let certificate = fs::read(folder().join("tls10.bin")).unwrap();
    let mut reader = Reader::new(MOST);
    assert_eq!(reader.push(&certificate[..200]), Ok(false));
    let filler = [22, 3, 1, 0, 4, 22, 0, 0, 0];
    let given_up = (0..100_000).find_map(|_| reader.push(&filler).err());
    assert!(given_up.is_some());
    assert_eq!(read(b"HTTP/1.1 400 Bad Request\r\n", 3).1, Err(Unreadable::Senseless));
    assert_eq!(read(&[21, 3, 1, 0, 2, 1, 112, 21, 3, 1, 0, 2, 2, 40], 3).1, Err(Unreadable::Alert(40)));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        start in prop::sample::select(vec!["tls10.bin", "dhe-client-certificate.bin", "retry-request.bin"]),
        at in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 0..64),
        piece in 1_usize..100,
    ) {
        let mut bytes = fs::read(folder().join(start)).unwrap();
        let at = at.index(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        bytes.splice(at..end, noise);
        let (flight, last) = read(&bytes, piece);
        prop_assert_eq!((flight.clone(), last), read(&bytes, bytes.len()));
        if let Some(flight) = flight {
            prop_assert!(flight.chain.len() <= MOST && flight.request.is_none_or(|names| names.len() <= MOST));
        }
    }
}
