//! What Go's `crypto/x509` reads of a certificate (parser.go), and when it refuses one as a whole.

use std::collections::HashSet;

use super::super::{
    der::{
        BIT_STRING, BOOLEAN, Der, Element, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, boolean, integer, is_shortest,
        sequence,
    },
    link::{Extension, Link},
};
use super::{
    Release,
    constraints::Limits,
    domains::{has_valid_labels, uri_host},
    key::key,
};
use crate::facts::FlawKind;

/// A certificate that was read.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) link: &'a Link,
    /// `BasicConstraintsValid`: cA and, where it is zero or more, `MaxPathLen`.
    pub(super) constraints: Option<(bool, Option<i64>)>,
    pub(super) limits: Option<Limits>,
    /// A critical extension that is not handled.
    pub(super) unhandled: bool,
}

/// Why a certificate is not read, in Go's words without `x509: `.
pub(super) type Unread = (FlawKind, String);

impl<'a> Certificate<'a> {
    pub(super) fn read(link: &'a Link, release: Release) -> Result<Self, Unread> {
        fields(link, release)?;
        let mut certificate = Certificate { link, constraints: None, limits: None, unhandled: false };
        if link.version == 3 {
            repeated(link, release)?;
            for extension in &link.extensions {
                let handled = certificate.extend(extension, release)?;
                certificate.unhandled |= extension.critical && !handled;
            }
        }
        Ok(certificate)
    }

    /// The value of subjectAltName.
    pub(super) fn names(&self) -> Option<&'a [u8]> {
        self.link.extension("2.5.29.17").filter(|_| self.link.version == 3).map(|extension| extension.value.as_slice())
    }

    /// `processExtensions`: whether this one is handled.
    fn extend(&mut self, extension: &Extension, release: Release) -> Result<bool, Unread> {
        let value = extension.value.as_slice();
        let early = release == Release::Go119;
        match extension.oid.as_str() {
            "2.5.29.15" => Der(value).read(BIT_STRING).map(|_| true).ok_or_else(|| other("invalid key usage")),
            "2.5.29.19" => {
                let words = if early { "invalid basic constraints a" } else { "invalid basic constraints" };
                self.constraints = Some(basic_constraints(value).ok_or_else(|| other(words))?);
                Ok(true)
            }
            "2.5.29.17" => alternative_names(value),
            "2.5.29.30" => {
                let (limits, handled) = Limits::read(value).map_err(|words| other(&words))?;
                self.limits = Some(limits);
                Ok(handled)
            }
            "2.5.29.31" => sequence(value)
                .and_then(Der::all)
                .filter(|points| points.iter().all(|point| point.tag == SEQUENCE))
                .map(|_| true)
                .ok_or_else(|| other("invalid CRL distribution point")),
            "2.5.29.35" if extension.critical && !early => {
                Err(other("authority key identifier incorrectly marked critical"))
            }
            "2.5.29.35" => sequence(value).map(|_| true).ok_or_else(|| other("invalid authority key identifier")),
            "2.5.29.37" => sequence(value)
                .and_then(Der::all)
                .filter(|usages| usages.iter().all(|usage| usage.tag == OID && !usage.content.is_empty()))
                .map(|_| true)
                .ok_or_else(|| other("invalid extended key usages")),
            "2.5.29.14" if extension.critical && !early => {
                Err(other("subject key identifier incorrectly marked critical"))
            }
            "2.5.29.14" => {
                Der(value).read(OCTET_STRING).map(|_| true).ok_or_else(|| other("invalid subject key identifier"))
            }
            "2.5.29.32" => policies(value).map(|()| true).ok_or_else(|| other("invalid certificate policies")),
            "1.3.6.1.5.5.7.1.1" if extension.critical && !early => {
                Err(other("authority info access incorrectly marked critical"))
            }
            "1.3.6.1.5.5.7.1.1" => {
                information_access(value).map(|()| true).ok_or_else(|| other("invalid authority info access"))
            }
            _ => Ok(false),
        }
    }
}

pub(super) fn other(words: &str) -> Unread {
    (FlawKind::Unread, words.to_owned())
}

/// `parseCertificate` up to the extensions.
fn fields(link: &Link, release: Release) -> Result<(), Unread> {
    if link.version > 3 {
        return Err(other("invalid version"));
    }
    if !is_shortest(&link.serial) {
        return Err(other("malformed serial number"));
    }
    if release != Release::Go119 && link.serial.first().is_some_and(|first| first & 0x80 != 0) {
        return Err((FlawKind::NegativeSerial, "negative serial number".to_owned()));
    }
    if link.algorithms_differ {
        return Err(other("inner and outer signature algorithm identifiers don't match"));
    }
    name(&link.issuer)?;
    name(&link.subject)?;
    key(&link.key)
}

fn repeated(link: &Link, release: Release) -> Result<(), Unread> {
    let mut seen = HashSet::new();
    for extension in &link.extensions {
        if !seen.insert(extension.oid.as_str()) {
            return Err(match release {
                Release::Go119 => other("certificate contains duplicate extensions"),
                Release::Go123 => {
                    other(&format!("certificate contains duplicate extension with OID \"{}\"", extension.oid))
                }
            });
        }
    }
    Ok(())
}

/// `parseName`.
fn name(der: &[u8]) -> Result<(), Unread> {
    let sets = sequence(der).and_then(Der::all).ok_or_else(|| other("invalid RDNSequence"))?;
    for set in sets {
        let attributes =
            Der(set.content).all().filter(|_| set.tag == SET).ok_or_else(|| other("invalid RDNSequence"))?;
        for attribute in attributes {
            let mut attribute = Der(attribute.content);
            attribute.read(OID).ok_or_else(|| other("invalid RDNSequence: invalid attribute type"))?;
            let value = attribute.any().ok_or_else(|| other("invalid RDNSequence: invalid attribute value"))?;
            if let Some(words) = text_problem(&value) {
                return Err(other(&format!("invalid RDNSequence: invalid attribute value: {words}")));
            }
        }
    }
    Ok(())
}

/// `parseASN1String`.
fn text_problem(value: &Element) -> Option<&'static str> {
    const PRINTABLE: &[u8] = b" '()+,-./:=?*&";
    let printable = |b: &u8| b.is_ascii_alphanumeric() || PRINTABLE.contains(b);
    let content = value.content;
    match value.tag {
        20 => None,
        19 => (!content.iter().all(printable)).then_some("invalid PrintableString"),
        12 => std::str::from_utf8(content).is_err().then_some("invalid UTF-8 string"),
        30 => (!content.len().is_multiple_of(2)).then_some("invalid BMPString"),
        22 => (!content.is_ascii()).then_some("invalid IA5String"),
        18 => (!content.iter().all(|b| b.is_ascii_digit() || *b == b' ')).then_some("invalid NumericString"),
        _ => Some("unsupported string type"),
    }
}

/// `parseBasicConstraintsExtension`. A length below zero is none.
fn basic_constraints(value: &[u8]) -> Option<(bool, Option<i64>)> {
    let mut value = sequence(value)?;
    let ca = value.optional(BOOLEAN).ok()?.map_or(Some(false), boolean)?;
    let length = match value.optional(INTEGER).ok()? {
        Some(content) => Some(integer(content)?),
        None => None,
    };
    Some((ca, length.filter(|length| *length >= 0)))
}

/// `parseSANExtension`: whether there was a name of a kind that it knows.
fn alternative_names(value: &[u8]) -> Result<bool, Unread> {
    let mut names = sequence(value).ok_or_else(|| other("invalid subject alternative names"))?;
    let mut known = false;
    while !names.is_empty() {
        let name = names.any().ok_or_else(|| other("invalid subject alternative name"))?;
        known |= alternative_name(&name)?;
    }
    Ok(known)
}

fn alternative_name(name: &Element) -> Result<bool, Unread> {
    let malformed = |kind: &str| (FlawKind::MalformedName, format!("SAN {kind} is malformed"));
    let ascii = |kind: &str| if name.content.is_ascii() { Ok(true) } else { Err(malformed(kind)) };
    match name.tag {
        0x81 => ascii("rfc822Name"),
        0x82 => ascii("dNSName"),
        0x86 => {
            ascii("uniformResourceIdentifier")?;
            let text = String::from_utf8_lossy(name.content);
            let host = uri_host(&text).ok_or_else(|| (FlawKind::MalformedName, "cannot parse URI".to_owned()))?;
            if !host.is_empty() && !has_valid_labels(host) {
                return Err((FlawKind::MalformedName, "cannot parse URI".to_owned()));
            }
            Ok(true)
        }
        0x87 if [4, 16].contains(&name.content.len()) => Ok(true),
        0x87 => {
            let length = name.content.len();
            Err((FlawKind::MalformedIp, format!("cannot parse IP address of length {length}")))
        }
        _ => Ok(false),
    }
}

/// `parseCertificatePoliciesExtension`.
fn policies(value: &[u8]) -> Option<()> {
    for policy in sequence(value)?.all()? {
        Der(policy.content).read(OID).filter(|oid| policy.tag == SEQUENCE && !oid.is_empty())?;
    }
    Some(())
}

/// authorityInfoAccess: a list of a method and a place each.
fn information_access(value: &[u8]) -> Option<()> {
    for access in sequence(value)?.all()? {
        Der(access.content).read(OID).filter(|_| access.tag == SEQUENCE)?;
    }
    Some(())
}
