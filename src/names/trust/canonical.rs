//! Names as OpenSSL compares them: without regard to case, to blanks and to the kind of string.

use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Name};

use crate::wire::certificate::string_text;

/// Universal tags of strings that are compared as text (`ASN1_MASK_CANON` of OpenSSL's `crypto/x509/x_name.c`).
const TEXT: [u32; 7] = [12, 19, 20, 22, 26, 28, 30];

/// A form of a DER Name that is equal where `X509_NAME_cmp` finds no difference, and a prefix where a directory name lies
/// within another. Empty for a name without an attribute, and for what is no Name.
pub(super) fn canonical(der: &[u8]) -> Vec<u8> {
    let Ok((_, name)) = X509Name::from_der(der) else { return Vec::new() };
    let mut all = Vec::with_capacity(der.len() + 16);
    for set in name.iter() {
        let mut attributes: Vec<Vec<u8>> = set.iter().map(attribute).collect();
        attributes.sort_unstable();
        push(&mut all, &attributes.concat());
    }
    all
}

/// How many attributes a name has.
pub(super) fn attributes(der: &[u8]) -> usize {
    X509Name::from_der(der).map_or(0, |(_, name)| name.iter_attributes().count())
}

fn attribute(attribute: &AttributeTypeAndValue) -> Vec<u8> {
    let (kind, value) = (attribute.attr_type().as_bytes(), attribute.attr_value());
    let tag = value.tag().0;
    let read = if TEXT.contains(&tag) { string_text(tag, value.data) } else { None };
    let mut all = Vec::new();
    push(&mut all, kind);
    if let Some(text) = read {
        push(&mut all, folded(&text).as_bytes());
    } else {
        push(&mut all, &tag.to_be_bytes());
        push(&mut all, value.data);
    }
    let mut framed = Vec::with_capacity(all.len() + 4);
    push(&mut framed, &all);
    framed
}

/// In lower case, with one blank for several and none at the ends; of ASCII alone (`asn1_string_canon`).
fn folded(text: &str) -> String {
    let blank = |c: char| matches!(c, ' ' | '\t'..='\r');
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}

/// With its length in front, so that no two lists look alike.
fn push(all: &mut Vec<u8>, part: &[u8]) {
    all.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    all.extend(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_other_kinds_are_the_same_name() {
        let name = |tag: u8, value: &[u8]| {
            let length = |n: usize| u8::try_from(n).unwrap();
            let value = [&[tag, length(value.len())], value].concat();
            let attribute = [&[0x30, length(value.len() + 5), 6, 3, 0x55, 4, 3][..], &value].concat();
            let set = [&[0x31, length(attribute.len())][..], &attribute].concat();
            canonical(&[&[0x30, length(set.len())][..], &set].concat())
        };
        assert_eq!(name(12, b"Lab  Root "), name(19, b"lab root"));
        assert_eq!(name(30, b"\0L\0a\0b\0 \0r\0o\0o\0t"), name(12, b"Lab Root"));
        assert_ne!(name(12, b"Lab Root"), name(12, b"LabRoot"));
        assert_ne!(name(4, b"Lab Root"), name(12, b"Lab Root"));
        assert!(canonical(&[0x30, 0]).is_empty() && canonical(b"\x30\x05").is_empty());
    }
}
