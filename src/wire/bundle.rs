//! Certificates in files, PEM or DER: whatever else is in them (comments, a private key) is passed over and not kept.

use rustls_pki_types::{CertificateDer, pem::PemObject};

/// What a file or a text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// DER, in the order of the file. Whether these are certificates was not looked at.
    pub certificates: Vec<Vec<u8>>,
    /// Those of them that stand under the label of RFC 7468, where others stand under an older one, which OpenSSL and Java
    /// read and Go and rustls do not.
    pub of_today: Option<Vec<Vec<u8>>>,
    /// Sections that begin as PEM does and are cut off or no base64.
    pub damaged: usize,
    /// The labels of sections that are no certificates (`PRIVATE KEY`, `CERTIFICATE REQUEST`), each once; a few at most.
    pub others: Vec<String>,
}

/// What PEM writes before a section's label (RFC 7468 §2).
const BEGIN: &[u8] = b"-----BEGIN ";
/// UTF-8's byte order mark, which editors put in front of a file and `cat` in the middle of one.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// The label of certificates (RFC 7468 §5), and an older one, with what follows them in both lines of a section.
const LABEL: &[u8] = b" CERTIFICATE-----";
const OLD: &[u8] = b" X509 CERTIFICATE-----";
/// Labels of other sections that are kept.
const LABELS: usize = 4;

/// Reads PEM where a section begins anywhere in it, else DER, of which several may follow each other.
pub fn bundle(bytes: &[u8]) -> Bundle {
    if memchr::memmem::find(bytes, BEGIN).is_none() {
        return Bundle { certificates: sequences(bytes), ..Bundle::default() };
    }
    let unmarked;
    let text = if memchr::memmem::find(bytes, MARK).is_some() {
        unmarked = replaced(bytes, MARK, b"");
        &unmarked
    } else {
        bytes
    };
    let others = other_labels(text);
    let (certificates, damaged) = sections(text);
    if memchr::memmem::find(text, OLD).is_none() {
        return Bundle { certificates, of_today: None, damaged, others };
    }
    let (all, damaged) = sections(&replaced(text, OLD, LABEL));
    Bundle { certificates: all, of_today: Some(certificates), damaged, others }
}

/// The certificates, and how many of them cannot be read.
fn sections(text: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut certificates, mut damaged) = (Vec::new(), 0);
    for section in CertificateDer::pem_slice_iter(text) {
        match section {
            Ok(certificate) => certificates.push(certificate.to_vec()),
            Err(_) => damaged += 1,
        }
    }
    (certificates, damaged)
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn other_labels(text: &[u8]) -> Vec<String> {
    const LONGEST: usize = 40;
    let mut labels: Vec<String> = Vec::new();
    for at in memchr::memmem::find_iter(text, BEGIN) {
        let rest = &text[at + BEGIN.len()..];
        let label =
            rest.iter().take(LONGEST).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b' ');
        let label: String = label.map(|b| char::from(*b)).collect();
        if !["CERTIFICATE", "X509 CERTIFICATE"].contains(&label.as_str())
            && !label.is_empty()
            && !labels.contains(&label)
            && labels.len() < LABELS
        {
            labels.push(label);
        }
    }
    labels
}

/// DER sequences one behind the other; what does not begin as one does is left out, and ends it.
fn sequences(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((one, rest)) = sequence_length(bytes).and_then(|length| bytes.split_at_checked(length)) {
        found.push(one.to_vec());
        bytes = rest;
    }
    found
}

/// Octets of the SEQUENCE at the start, with its header (X.690 §8.1.3).
fn sequence_length(bytes: &[u8]) -> Option<usize> {
    const SEQUENCE: u8 = 0x30;
    let (&[tag, first], rest) = bytes.split_first_chunk()?;
    if tag != SEQUENCE {
        return None;
    }
    let octets = match first {
        0..=0x7f => return Some(2 + usize::from(first)),
        0x81..=0x84 => usize::from(first & 0x7f),
        _ => return None,
    };
    let length = rest.get(..octets)?.iter().fold(0_usize, |length, octet| (length << 8) | usize::from(*octet));
    length.checked_add(2 + octets)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    const DER: &[u8] = &[0x30, 3, 2, 1, 1];

    #[test]
    fn comments_line_ends_marks_and_keys() {
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        for text in [
            ONE.to_owned(),
            format!("# a root\n{ONE}"),
            ONE.replace('\n', "\r\n"),
            format!("\u{feff}{ONE}"),
            ONE.trim_end().to_owned(),
        ] {
            let found = bundle(text.as_bytes());
            assert_eq!((found.certificates, found.damaged), (vec![DER.to_vec()], 0), "{text:?}");
        }
        let found = bundle(format!("{ONE}{key}\u{feff}{ONE}").as_bytes());
        assert_eq!((found.certificates.len(), found.others), (2, vec!["PRIVATE KEY".to_owned()]));
    }

    #[test]
    fn an_older_label_is_read_and_told_apart() {
        let old = ONE.replace("CERTIFICATE", "X509 CERTIFICATE");
        let found = bundle(format!("{old}{ONE}{old}").as_bytes());
        assert_eq!((found.certificates.len(), found.of_today.map(|today| today.len())), (3, Some(1)));
        assert_eq!((found.damaged, found.others), (0, Vec::<String>::new()));
    }

    #[test]
    fn what_is_damaged_is_counted() {
        let cut = "-----BEGIN CERTIFICATE-----\nMAMC";
        let found = bundle(format!("{ONE}{cut}\n").as_bytes());
        assert_eq!((found.certificates.len(), found.damaged), (1, 1));
        let odd = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        let found = bundle(format!("{odd}{ONE}").as_bytes());
        assert_eq!((found.certificates.len(), found.damaged), (1, 1));
    }

    #[test]
    fn der_as_it_is() {
        assert_eq!(bundle(&[DER, DER].concat()).certificates, [DER, DER]);
        for none in [
            &b""[..],
            b"hello",
            &[0x30],
            &[0x30, 0x85, 1, 1, 1, 1, 1],
            &[0x30, 0x84, 255, 255, 255, 255],
            &[0x30, 9, 1],
        ] {
            assert_eq!(bundle(none), Bundle::default(), "{none:?}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read(octets in vec(any::<u8>(), 0..200), at in 0..120_usize, text in any::<bool>()) {
            let mut bytes = if text { ONE.repeat(2).into_bytes() } else { DER.repeat(20) };
            let at = at.min(bytes.len());
            bytes.splice(at..at, octets);
            let found = bundle(&bytes);
            prop_assert!(found.certificates.iter().map(Vec::len).sum::<usize>() <= bytes.len());
        }
    }
}
