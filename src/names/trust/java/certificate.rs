//! What the JDK reads of a certificate (`X509CertImpl`), when it refuses one as a whole, and what it passes over: an
//! extension that does not parse counts only where it is critical.

use std::collections::HashSet;

use super::{
    super::{
        der::{BIT_STRING, BOOLEAN, Der, Element, INTEGER, OCTET_STRING, OID, SEQUENCE, boolean, integer, sequence},
        link::{Extension, Link},
        signature::Key,
    },
    constraints::Limits,
    names::{Distinguished, GeneralName, general_names},
};
use crate::facts::Place;

/// A certificate that was read.
pub(super) struct Certificate<'a> {
    pub(super) link: &'a Link,
    pub(super) place: Place,
    pub(super) subject: Distinguished,
    pub(super) issuer: Distinguished,
    /// Alternative names; `None` where there are none, or where they do not parse.
    pub(super) names: Option<Vec<GeneralName>>,
    /// The bits of keyUsage, the first lowest.
    pub(super) key_usage: Option<u16>,
    /// `getBasicConstraints`: -1 where it is no CA.
    pub(super) path_length: i64,
    pub(super) limits: Option<Limits>,
    pub(super) policies: Policies,
    /// Critical extensions that no checker resolves.
    pub(super) unresolved: bool,
}

/// What is said about policies (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14).
#[derive(Default)]
pub(super) struct Policies {
    pub(super) own: Option<Vec<Vec<u8>>>,
    pub(super) mapped: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) require: Option<usize>,
    pub(super) inhibit_mapping: Option<usize>,
    pub(super) inhibit_any: Option<usize>,
}

/// Extensions that the checkers resolve.
const RESOLVED: [&str; 9] = [
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.36",
    "2.5.29.37",
    "2.5.29.54",
];

impl<'a> Certificate<'a> {
    /// # Errors
    /// The JDK's words about a certificate that it does not read.
    pub(super) fn read(link: &'a Link, place: Place) -> Result<Self, String> {
        let (subject, issuer) = (Distinguished::read(&link.subject), Distinguished::read(&link.issuer));
        fields(link)?;
        let mut certificate = Certificate {
            link,
            place,
            subject,
            issuer,
            names: None,
            key_usage: None,
            path_length: -1,
            limits: None,
            policies: Policies::default(),
            unresolved: false,
        };
        let mut seen = HashSet::new();
        for extension in &link.extensions {
            if !seen.insert(extension.oid.as_str()) {
                return Err("java.io.IOException: Duplicate extensions not allowed".to_owned());
            }
            if let Err(words) = certificate.extend(extension)
                && extension.critical
            {
                return Err(format!("java.io.IOException: {words}"));
            }
            certificate.unresolved |= extension.critical && !RESOLVED.contains(&extension.oid.as_str());
        }
        certificate.subject_is_named()?;
        Ok(certificate)
    }

    /// `verifyCert`: nothing but alternative names can stand in for an empty subject.
    fn subject_is_named(&self) -> Result<(), String> {
        const INCOMPLETE: &str = "X.509 Certificate is incomplete: ";
        let link = self.link;
        if !link.has_empty_subject() || link.extensions.is_empty() {
            return Ok(());
        }
        let critical = link.extension("2.5.29.17").is_some_and(|extension| extension.critical);
        let words = match &self.names {
            None => "subject field is empty, and SubjectAlternativeName extension is absent",
            Some(names) if names.is_empty() => "subject field is empty, and SubjectAlternativeName extension is empty",
            Some(_) if !critical => {
                "SubjectAlternativeName extension MUST be marked critical when subject field is empty"
            }
            Some(_) => return Ok(()),
        };
        Err(format!("{INCOMPLETE}{words}"))
    }

    /// An extension that it has a class for.
    fn extend(&mut self, extension: &Extension) -> Result<(), String> {
        let value = extension.value.as_slice();
        let broken = || "Too short".to_owned();
        if Der(value).all().is_none_or(|all| all.len() != 1) && is_known(&extension.oid) {
            return Err(broken());
        }
        match extension.oid.as_str() {
            "2.5.29.15" => self.key_usage = Some(bits(value).ok_or_else(broken)?),
            "2.5.29.17" => self.names = Some(general_names(value)?),
            "2.5.29.18" => drop(general_names(value)?),
            "2.5.29.19" => {
                self.path_length = basic_constraints(value).ok_or("Invalid encoding of BasicConstraints")?;
            }
            "2.5.29.30" => self.limits = Some(Limits::read(value)?),
            "2.5.29.32" => self.policies.own = Some(first_oids(value).ok_or_else(broken)?),
            "2.5.29.33" => self.policies.mapped = mappings(value).ok_or_else(broken)?,
            "2.5.29.36" => self.policies.constrain(value).ok_or_else(broken)?,
            "2.5.29.54" if !extension.critical => {
                return Err("Criticality cannot be false for InhibitAnyPolicy".to_owned());
            }
            "2.5.29.54" => {
                self.policies.inhibit_any = Some(Der(value).read(INTEGER).and_then(count).ok_or_else(broken)?);
            }
            "2.5.29.35" | "2.5.29.37" | "2.5.29.31" => drop(sequence(value).and_then(Der::all).ok_or_else(broken)?),
            "2.5.29.14" => drop(Der(value).read(OCTET_STRING).ok_or_else(broken)?),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// keyUsage has that bit, or is not there.
    pub(super) fn may(&self, bit: u16) -> bool {
        self.key_usage.is_none_or(|usage| usage & (1 << bit) != 0)
    }
}

impl Policies {
    fn constrain(&mut self, value: &[u8]) -> Option<()> {
        const REQUIRE: u8 = 0x80;
        const INHIBIT: u8 = 0x81;
        for limit in sequence(value)?.all()? {
            match limit.tag {
                REQUIRE => self.require = Some(count(limit.content)?),
                INHIBIT => self.inhibit_mapping = Some(count(limit.content)?),
                _ => return None,
            }
        }
        Some(())
    }
}

/// Why the alternative names of a certificate do not parse, if they do not: with JDK 17 they are then as good as absent, with
/// 25 comparing them fails.
pub(in crate::names) fn unreadable_names(der: &[u8]) -> Option<String> {
    let value = names_in(der)?;
    match Der(value).all() {
        Some(all) if all.len() == 1 => general_names(value).err(),
        Some(all) if all.len() > 1 => Some("extra data at the end".to_owned()),
        _ => Some("Too short".to_owned()),
    }
}

/// The value of subjectAltName. It is asked for with every host, so that nothing else of the certificate is read.
fn names_in(der: &[u8]) -> Option<&[u8]> {
    const EXTENSIONS: u8 = 0xa3;
    const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
    let signed = sequence(der)?.read(SEQUENCE)?;
    let extensions = Der(signed).all()?.into_iter().find(|field| field.tag == EXTENSIONS)?;
    let mut extensions = sequence(extensions.content)?;
    while let Some(extension) = extensions.read(SEQUENCE) {
        let mut extension = Der(extension);
        if extension.read(OID)? == SUBJECT_ALT_NAME {
            extension.optional(BOOLEAN).ok()?;
            return extension.read(OCTET_STRING);
        }
    }
    None
}

/// `X509CertInfo.parse`, up to the extensions.
fn fields(link: &Link) -> Result<(), String> {
    if link.algorithms_differ {
        return Err("Signature algorithm mismatch".to_owned());
    }
    key(&link.key, link.strength)?;
    if link.issuer == [0x30, 0] {
        return Err("Empty issuer DN not allowed in X509Certificates".to_owned());
    }
    if link.version == 1 && link.has_empty_subject() {
        return Err("Empty subject DN not allowed in v1 certificate".to_owned());
    }
    if link.version != 3 && !link.extensions.is_empty() {
        return Err("Extensions not allowed in v2 certificate".to_owned());
    }
    Ok(())
}

/// An elliptic curve has to be named and known, and its point uncompressed (`X509Key.parse`).
fn key(info: &[u8], key: Key) -> Result<(), String> {
    const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    const UNCOMPRESSED: u8 = 4;
    let mut info = sequence(info).ok_or("Invalid key")?;
    let mut algorithm = Der(info.read(SEQUENCE).ok_or("Invalid key")?);
    if algorithm.read(OID) != Some(EC) {
        return Ok(());
    }
    match (algorithm.peek(), info.read(BIT_STRING)) {
        (Some(OID), _) if key == Key::Other => Err("java.io.IOException: Unknown named curve".to_owned()),
        (Some(OID), Some([0, UNCOMPRESSED, ..])) => Ok(()),
        (Some(OID), _) => {
            Err("java.io.IOException: subject key, java.security.InvalidKeyException: Invalid EC key".to_owned())
        }
        _ => Err("java.io.IOException: Only named ECParameters supported".to_owned()),
    }
}

/// There is a class for it (`OIDMap`).
fn is_known(oid: &str) -> bool {
    const OTHERS: [&str; 3] = ["1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11", "2.16.840.1.113730.1.1"];
    const ARCS: [&str; 16] =
        ["14", "15", "16", "17", "18", "19", "30", "31", "32", "33", "35", "36", "37", "46", "54", "29"];
    OTHERS.contains(&oid) || oid.strip_prefix("2.5.29.").is_some_and(|arc| ARCS.contains(&arc))
}

/// A BIT STRING, its first bit lowest.
fn bits(value: &[u8]) -> Option<u16> {
    let (_unused, octets) = Der(value).read(BIT_STRING)?.split_first()?;
    let bit = |index: usize| octets.get(index / 8).is_some_and(|octet| octet & (0x80 >> (index % 8)) != 0);
    Some((0..16).filter(|index| bit(*index)).fold(0, |bits, index| bits | 1 << index))
}

/// A CA without a path length has the longest.
fn basic_constraints(value: &[u8]) -> Option<i64> {
    let mut value = sequence(value)?;
    if value.peek() != Some(BOOLEAN) {
        return Some(-1);
    }
    let ca = value.read(BOOLEAN).and_then(boolean)?;
    let length = if value.is_empty() { i64::MAX } else { value.read(INTEGER).and_then(integer)? };
    Some(if ca { length } else { -1 })
}

fn count(content: &[u8]) -> Option<usize> {
    usize::try_from(integer(content)?).ok()
}

/// Policies and mappings that are kept: each of those is held against each of these.
const MOST_POLICIES: usize = 64;

/// The OID that each of a list begins with.
fn first_oids(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let all = sequence(value)?.all()?;
    let first = |one: &Element| Der(one.content).read(OID).filter(|_| one.tag == SEQUENCE).map(<[u8]>::to_vec);
    all.iter().take(MOST_POLICIES).map(first).collect()
}

fn mappings(value: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let pair = |mut pair: Der| Some((pair.read(OID)?.to_vec(), pair.read(OID)?.to_vec()));
    sequence(value)?.all()?.iter().take(MOST_POLICIES).map(|one| pair(Der(one.content))).collect()
}
