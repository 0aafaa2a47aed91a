//! The certificates of a measured case under new keys and as of now, so that a server can present them. Their length does
//! not change, nor does anything in them but keys, key identifiers, dates and signatures.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::BASE64;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs::default_provider};
use time::{OffsetDateTime, macros::datetime};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::support::{
    output,
    said::{Case, pem},
};

/// Where the chain, its key and the anchors of a case lie, PEM.
pub struct Files {
    pub chain: PathBuf,
    /// The chain without the leaf, where there is more.
    pub rest: Option<PathBuf>,
    pub key: PathBuf,
    pub anchors: PathBuf,
}

/// A key of its own for each that a case has; cases share them.
pub struct Reissuer {
    dir: PathBuf,
    keys: Mutex<BTreeMap<String, Key>>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Clone)]
struct Key {
    file: PathBuf,
    /// `SubjectPublicKeyInfo`, DER.
    public: Vec<u8>,
}

/// One of the keys of a case, and what takes its place.
struct Exchange {
    public: Vec<u8>,
    new: Key,
}

impl Reissuer {
    /// Works in a folder.
    pub fn new(dir: &Path) -> Self {
        let algorithms = default_provider().signature_verification_algorithms;
        Reissuer { dir: dir.to_owned(), keys: Mutex::default(), algorithms }
    }

    /// Writes the files of a case, so many seconds later, and gives it back with its new certificates.
    pub fn reissue(&self, case: &Case, later: i64) -> (Case, Files) {
        let (chain, anchors) = (pem(&case.chain), pem(&case.anchors));
        let all: Vec<X509Certificate<'_>> = chain.iter().chain(&anchors).map(|der| parsed(der)).collect();
        let exchanges = self.exchanges(&all);
        // What is sent and trusted is one certificate, and a signature by an EC key never the same twice.
        let unique: BTreeSet<&Vec<u8>> = chain.iter().chain(&anchors).collect();
        let new: BTreeMap<&Vec<u8>, String> =
            unique.into_iter().map(|der| (der, armoured(&self.again(case, later, der, &all, &exchanges)))).collect();
        let again = |ders: &[Vec<u8>]| -> Vec<&str> { ders.iter().map(|der| new[der].as_str()).collect() };
        let (sent, trusted) = (again(&chain), again(&anchors));
        let write = |name: &str, text: &str| {
            let file = self.dir.join(format!("{}.{name}.pem", case.id));
            fs::write(&file, text).unwrap();
            file
        };
        let files = Files {
            chain: write("chain", &sent.concat()),
            rest: (sent.len() > 1).then(|| write("rest", &sent[1..].concat())),
            key: exchanges[0].new.file.clone(),
            anchors: write("anchors", &trusted.concat()),
        };
        (Case { chain: sent.concat(), anchors: trusted.concat(), ..case.clone() }, files)
    }

    fn exchanges(&self, all: &[X509Certificate<'_>]) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> = Vec::new();
        let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
        for certificate in all {
            let public = certificate.subject_pki.raw.to_vec();
            if exchanges.iter().all(|exchange| exchange.public != public) {
                let kind = kind(certificate);
                let number = of_kind.entry(kind.clone()).or_default();
                *number += 1;
                exchanges.push(Exchange { public, new: self.key(&kind, *number) });
            }
        }
        exchanges
    }

    fn key(&self, kind: &str, number: usize) -> Key {
        let mut keys = self.keys.lock().unwrap();
        let name = format!("{kind}.{number}.key");
        let key = keys.entry(name.clone()).or_insert_with(|| {
            let file = self.dir.join(name);
            openssl(Command::new("openssl").arg("genpkey").args(kind.split(' ')).arg("-out").arg(&file));
            let public =
                Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&file).output();
            Key { file, public: public.unwrap().stdout }
        });
        key.clone()
    }

    fn again(
        &self,
        case: &Case,
        later: i64,
        der: &[u8],
        all: &[X509Certificate<'_>],
        exchanges: &[Exchange],
    ) -> Vec<u8> {
        let old = parsed(der);
        let mut tbs = old.tbs_certificate.as_ref().to_vec();
        for exchange in exchanges {
            replace(&mut tbs, &exchange.public, &exchange.new.public);
            replace(&mut tbs, &identifier(&exchange.public), &identifier(&exchange.new.public));
        }
        let (from, to) = (old.validity.not_before.timestamp(), old.validity.not_after.timestamp());
        let moved = replace(&mut tbs, &dates(from, to), &dates(from + later, to + later));
        // Years before 1950 and after 2049 are as good at any time.
        assert!(
            moved || tbs.windows(2).any(|tag| tag == [0x18, 15]),
            "{}: the dates are not where they are looked for",
            case.id
        );
        let file = self.dir.join(format!("{}.{:?}.tbs", case.id, std::thread::current().id()));
        fs::write(&file, &tbs).unwrap();
        let signature = self.signature(&old, &file, all, exchanges);
        let end = header(der) + old.tbs_certificate.as_ref().len();
        let algorithm = &der[end..end + 2 + usize::from(der[end + 1])];
        sequence(&[&tbs[..], algorithm, &tlv(3, &[&[0], &signature[..]].concat())].concat())
    }

    /// Signs what is in the file as the old certificate was; one that nobody here had signed rightly stays like that.
    fn signature(
        &self,
        old: &X509Certificate<'_>,
        file: &Path,
        all: &[X509Certificate<'_>],
        keys: &[Exchange],
    ) -> Vec<u8> {
        let algorithm = Algorithm::of(old);
        let signer = all.iter().find(|issuer| {
            old.issuer().as_raw() == issuer.subject().as_raw() && (algorithm.is_old() || self.signed(old, issuer))
        });
        let new =
            signer.map(|issuer| keys.iter().find(|key| key.public == issuer.subject_pki.raw).unwrap().new.clone());
        let key = new.unwrap_or_else(|| self.key(algorithm.stranger, 0));
        let mut command = Command::new("openssl");
        command.args(algorithm.command).arg(&key.file).args(algorithm.rest).arg(file);
        openssl(&mut command)
    }

    fn signed(&self, certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
        let key = &issuer.subject_pki.subject_public_key.data;
        let signature = &certificate.signature_value.data;
        let mut all = self.algorithms.all.iter();
        all.any(|algorithm| algorithm.verify_signature(key, certificate.tbs_certificate.as_ref(), signature).is_ok())
    }
}

/// How `openssl` signs: what is before the key, what is after it.
struct Algorithm {
    oid: String,
    command: &'static [&'static str],
    rest: &'static [&'static str],
    /// Kind of a key that can do it.
    stranger: &'static str,
}

impl Algorithm {
    fn of(certificate: &X509Certificate<'_>) -> Self {
        let oid = certificate.signature_algorithm.algorithm.to_id_string();
        let (command, rest): (&[&str], &[&str]) = match oid.as_str() {
            "1.2.840.113549.1.1.4" => (&["dgst", "-md5", "-sign"], &[]),
            "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => (&["dgst", "-sha1", "-sign"], &[]),
            "1.2.840.113549.1.1.10" => {
                let options = &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
                (&["dgst", "-sha256", "-sign"], options)
            }
            "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => (&["dgst", "-sha256", "-sign"], &[]),
            "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => (&["dgst", "-sha384", "-sign"], &[]),
            "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => (&["dgst", "-sha512", "-sign"], &[]),
            "1.3.101.112" => (&["pkeyutl", "-sign", "-rawin", "-inkey"], &["-in"]),
            _ => panic!("no way to sign with {oid}"),
        };
        let stranger = if oid.starts_with("1.2.840.113549") { RSA } else { EC };
        Algorithm { oid, command, rest, stranger }
    }

    /// The libraries here do not verify it any more.
    fn is_old(&self) -> bool {
        ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"].contains(&self.oid.as_str())
    }
}

const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

/// As `openssl genpkey` is told.
fn kind(certificate: &X509Certificate<'_>) -> String {
    let key = &certificate.subject_pki.subject_public_key.data;
    match (certificate.subject_pki.algorithm.algorithm.to_id_string().as_str(), key.len()) {
        ("1.2.840.10045.2.1", 65) => EC.into(),
        ("1.2.840.10045.2.1", 97) => EC.replace("256", "384"),
        ("1.2.840.10045.2.1", 133) => EC.replace("256", "521"),
        ("1.3.101.112", _) => "-algorithm ED25519".into(),
        // The key is a sequence of the modulus and of the exponent, 65537.
        ("1.2.840.113549.1.1.1", length) => RSA.replace("2048", &(length / 128 * 128 * 8).to_string()),
        (other, _) => panic!("no way to make a key of {other}"),
    }
}

fn parsed(der: &[u8]) -> X509Certificate<'_> {
    X509Certificate::from_der(der).unwrap().1
}

/// RFC 5280 section 4.2.1.2: the SHA-1 of the key without its header.
fn identifier(public: &[u8]) -> Vec<u8> {
    let (_, info) = x509_parser::x509::SubjectPublicKeyInfo::from_der(public).unwrap();
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &info.subject_public_key.data).as_ref().to_vec()
}

/// Validity with two `UTCTime`s, which RFC 5280 has for the years up to 2049.
fn dates(from: i64, to: i64) -> Vec<u8> {
    let last = datetime!(2049-12-31 23:59:59 UTC).unix_timestamp();
    let time = |at: i64| {
        let at = OffsetDateTime::from_unix_timestamp(at.min(last)).unwrap();
        let (day, time) = (at.date(), at.time());
        let numbers = [u8::from(day.month()), day.day(), time.hour(), time.minute(), time.second()];
        let rest = numbers.map(|number| format!("{number:02}")).concat();
        tlv(0x17, format!("{:02}{rest}Z", day.year() % 100).as_bytes())
    };
    sequence(&[time(from), time(to)].concat())
}

/// All of them; true if there was one.
fn replace(text: &mut [u8], old: &[u8], new: &[u8]) -> bool {
    assert_eq!(old.len(), new.len(), "no length changes");
    let places = text.windows(old.len()).enumerate().filter(|(_, part)| *part == old);
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    for &at in &places {
        text[at..at + new.len()].copy_from_slice(new);
    }
    !places.is_empty()
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tlv(0x30, content)
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().position(|&byte| byte != 0).unwrap_or(length.len() - 1)..];
    let long = if content.len() < 128 { vec![] } else { vec![0x80 | u8::try_from(length.len()).unwrap()] };
    [&[tag], &long[..], length, content].concat()
}

/// Octets before the content.
fn header(der: &[u8]) -> usize {
    if der[1] < 128 { 2 } else { 2 + usize::from(der[1] & 127) }
}

fn armoured(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn openssl(command: &mut Command) -> Vec<u8> {
    let done = output(command);
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
