//! One certificate: DER to facts, with x509-parser. Nothing is judged here.

use std::{borrow::Cow, net::IpAddr};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use x509_parser::{
    certificate::TbsCertificate,
    error::X509Error,
    extensions::{AuthorityInfoAccess, GeneralName, ParsedExtension},
    nom,
    objects::{oid_registry, oid2abbrev},
    prelude::{FromDer, X509Certificate},
    signature_algorithm::RsaSsaPssParams,
    x509::{AlgorithmIdentifier, AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name},
};

use super::bounded_text;
use crate::facts::{Certificate, Limits, SubjectAltName};

/// Parses one certificate as presented (RFC 5280 §4). Odd parts stay visible and refuse nothing: a malformed or repeated
/// subjectAltName extension gives no names, a malformed extendedKeyUsage the usage `malformed`.
///
/// # Errors
/// What is no certificate at all, in x509-parser's words.
pub fn certificate(der: &[u8], limits: &Limits) -> Result<Certificate, String> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(words)?;
    let (names, more_names) = names(&parsed, limits);
    let bounded = |text: &str| bounded_text(text.as_bytes(), limits);
    let mut common_names = common_names(&parsed, limits);
    Ok(Certificate {
        der: der.to_vec(),
        subject: bounded(&name_text(parsed.subject())),
        issuer: bounded(&name_text(parsed.issuer())),
        common_name: common_names.pop(),
        other_common_names: common_names,
        serial: bounded(&HEXLOWER.encode(parsed.raw_serial())),
        names,
        more_names,
        names_critical: parsed.subject_alternative_name().ok().flatten().is_some_and(|extension| extension.critical),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        is_ca: parsed.is_ca(),
        version: parsed.version().0.saturating_add(1),
        usages: usages(&parsed, limits),
        key_usages: key_usages(&parsed),
        subject_key_id: subject_key_id(&parsed).map(|id| bounded(&HEXLOWER.encode(id))),
        authority_key_id: authority_key_id(&parsed).map(|id| bounded(&HEXLOWER.encode(id))),
        key: bounded(&key(parsed.public_key())),
        signature: bounded(&signature(&parsed.signature_algorithm)),
        ca_issuers: ca_issuers(&parsed, limits),
        fingerprint: fingerprint(der),
    })
}

/// SHA-256 of the DER, in hexadecimal.
pub fn fingerprint(der: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, der).as_ref())
}

/// The subjectPublicKeyInfo of a certificate, DER (RFC 5280 §4.1.2.7); `None` where it is none.
pub fn public_key(der: &[u8]) -> Option<&[u8]> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate.tbs_certificate.subject_pki.raw)
}

/// A distinguished name on its own, as a CertificateRequest lists them (RFC 8446 §4.2.4); octets where it is none.
pub fn distinguished_name(der: &[u8], limits: &Limits) -> String {
    let text = X509Name::from_der(der).map_or_else(|_| HEXLOWER.encode(der), |(_, name)| name_text(&name));
    bounded_text(text.as_bytes(), limits)
}

/// A distinguished name as x509-parser prints it. Where it refuses because a value is no UTF-8, the same with such
/// characters replaced.
pub fn name_text(name: &X509Name) -> String {
    let attribute = |attribute: &AttributeTypeAndValue| {
        let kind = oid2abbrev(attribute.attr_type(), oid_registry())
            .map_or_else(|_| attribute.attr_type().to_string(), str::to_owned);
        format!("{kind}={}", attribute_text(attribute))
    };
    name.to_string_with_registry(oid_registry())
        .unwrap_or_else(|_| name.iter_attributes().map(attribute).collect::<Vec<_>>().join(", "))
}

/// One attribute's value; what is no text of its kind replaced.
pub fn attribute_text<'a>(attribute: &'a AttributeTypeAndValue) -> Cow<'a, str> {
    let octets = attribute.as_slice();
    match string_text(attribute.attr_value().tag().0, octets) {
        Some(text) => Cow::Owned(text),
        None => String::from_utf8_lossy(octets),
    }
}

/// The octets of an ASN.1 string by its universal tag; `None` where they are none of that kind. Octets of the kinds that have
/// one for each character are Latin-1, as in OpenSSL (`ASN1_STRING_to_UTF8`).
pub fn string_text(tag: u32, octets: &[u8]) -> Option<String> {
    const UTF8: u32 = 12;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    match tag {
        UTF8 => std::str::from_utf8(octets).ok().map(str::to_owned),
        BMP => units(octets, |unit: [u8; 2]| u32::from(u16::from_be_bytes(unit))),
        UNIVERSAL => units(octets, u32::from_be_bytes),
        _ => Some(octets.iter().copied().map(char::from).collect()),
    }
}

fn units<const N: usize>(octets: &[u8], read: impl Fn([u8; N]) -> u32) -> Option<String> {
    let (units, rest) = octets.as_chunks::<N>();
    let text: Option<String> = units.iter().map(|unit| char::from_u32(read(*unit))).collect();
    text.filter(|_| rest.is_empty())
}

fn words(error: nom::Err<X509Error>) -> String {
    match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error.to_string(),
        nom::Err::Incomplete(_) => "the certificate is cut off".to_owned(),
    }
}

/// The last of them, however many there are; of the others as many as are kept of the alternative names.
fn common_names(certificate: &TbsCertificate, limits: &Limits) -> Vec<String> {
    let all = || certificate.subject().iter_common_name();
    let kept = all().take(limits.sans).chain(all().skip(limits.sans).last());
    kept.map(|name| bounded_text(attribute_text(name).as_bytes(), limits)).collect()
}

fn names(certificate: &TbsCertificate, limits: &Limits) -> (Vec<SubjectAltName>, usize) {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return (Vec::new(), 0) };
    let all = &extension.value.general_names;
    let kept = all.iter().take(limits.sans).map(|name| alternative_name(name, limits)).collect();
    (kept, all.len().saturating_sub(limits.sans))
}

fn alternative_name(name: &GeneralName, limits: &Limits) -> SubjectAltName {
    let bounded = |text: &str| bounded_text(text.as_bytes(), limits);
    match name {
        GeneralName::DNSName(name) => SubjectAltName::Dns(bounded(name)),
        GeneralName::IPAddress(octets) => SubjectAltName::Ip(bounded(&address(octets))),
        GeneralName::URI(uri) => SubjectAltName::Uri(bounded(uri)),
        GeneralName::RFC822Name(mail) => SubjectAltName::Email(bounded(mail)),
        GeneralName::DirectoryName(name) => SubjectAltName::Other(bounded(&format!("directory {}", name_text(name)))),
        GeneralName::OtherName(oid, _) => SubjectAltName::Other(bounded(&format!("otherName {oid}"))),
        GeneralName::RegisteredID(oid) => SubjectAltName::Other(bounded(&format!("registeredID {oid}"))),
        GeneralName::X400Address(_) => SubjectAltName::Other("x400Address".to_owned()),
        GeneralName::EDIPartyName(_) => SubjectAltName::Other("ediPartyName".to_owned()),
        GeneralName::Invalid(tag, bytes) => SubjectAltName::malformed(tag_name(tag.0), &bounded_text(bytes, limits)),
    }
}

/// The alternatives of `GeneralName` that x509-parser may call invalid (RFC 5280 §4.2.1.6).
fn tag_name(tag: u32) -> &'static str {
    match tag {
        0 => "otherName",
        1 => "rfc822Name",
        2 => "dNSName",
        4 => "directoryName",
        6 => "URI",
        _ => "name",
    }
}

/// Four octets are IPv4 and sixteen IPv6, also where they map IPv4: no library takes one for the other by itself.
fn address(octets: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return IpAddr::from(v4).to_string();
    }
    <[u8; 16]>::try_from(octets).map_or_else(|_| HEXLOWER.encode(octets), |v6| IpAddr::from(v6).to_string())
}

fn usages(certificate: &TbsCertificate, limits: &Limits) -> Option<Vec<String>> {
    let usage = match certificate.extended_key_usage() {
        Ok(extension) => extension?.value,
        Err(_) => return Some(vec!["malformed".to_owned()]),
    };
    let known = [
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.any, "any"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    let other = usage.other.iter().take(limits.sans).map(|oid| bounded_text(oid.to_id_string().as_bytes(), limits));
    Some(known.chain(other).collect())
}

fn key_usages(certificate: &TbsCertificate) -> Option<Vec<String>> {
    let Ok(extension) = certificate.key_usage() else { return Some(vec!["malformed".to_owned()]) };
    let usage = extension?.value;
    let known = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    Some(known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned()).collect())
}

/// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
fn subject_key_id<'a>(certificate: &'a TbsCertificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    })
}

/// The keyIdentifier of authorityKeyIdentifier (RFC 5280 §4.2.1.1).
fn authority_key_id<'a>(certificate: &'a TbsCertificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(authority) => authority.key_identifier.as_ref().map(|id| id.0),
        _ => None,
    })
}

fn key(key: &SubjectPublicKeyInfo) -> String {
    let algorithm = key.algorithm.algorithm.to_id_string();
    let bits = &key.subject_public_key.data;
    let name = match algorithm.as_str() {
        "1.2.840.113549.1.1.1" => return format!("RSA {}", rsa_bits(key)),
        "1.2.840.10045.2.1" => return format!("EC {}", curve(&key.algorithm)),
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => return format!("{other} ({} octets)", bits.len()),
    };
    name.to_owned()
}

/// Bits of the modulus, counted from its first set bit (x509-parser takes the first octet for padding always).
fn rsa_bits(key: &SubjectPublicKeyInfo) -> String {
    use x509_parser::public_key::PublicKey;
    let Ok(PublicKey::RSA(rsa)) = key.parsed() else { return "malformed".to_owned() };
    let modulus: Vec<u8> = rsa.modulus.iter().copied().skip_while(|octet| *octet == 0).collect();
    let unused = modulus.first().map_or(0, |octet| octet.leading_zeros() as usize);
    (modulus.len() * 8 - unused).to_string()
}

fn curve(algorithm: &AlgorithmIdentifier) -> String {
    let Some(Ok(oid)) = algorithm.parameters().map(|any| any.clone().oid()) else {
        return "explicit curve".to_owned();
    };
    let oid = oid.to_id_string();
    let name = match oid.as_str() {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.33" => "P-224",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.10" => "secp256k1",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        other => other,
    };
    name.to_owned()
}

/// A signature algorithm in words, else its OID (RFC 3279, 4055, 5758, 8410, 9881).
fn signature(algorithm: &AlgorithmIdentifier) -> String {
    let oid = algorithm.algorithm.to_id_string();
    let name = match oid.as_str() {
        "1.2.840.113549.1.1.10" => return pss(algorithm),
        "1.2.840.113549.1.1.4" => "RSA with MD5",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        "1.2.840.10045.4.1" => "ECDSA with SHA-1",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.2.840.10040.4.3" => "DSA with SHA-1",
        "2.16.840.1.101.3.4.3.2" => "DSA with SHA-256",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    };
    name.to_owned()
}

fn pss(algorithm: &AlgorithmIdentifier) -> String {
    let parameters = algorithm.parameters().and_then(|any| RsaSsaPssParams::try_from(any).ok());
    let hash = parameters.map(|p| p.hash_algorithm_oid().to_id_string());
    match hash.as_deref() {
        Some("1.3.14.3.2.26") => "RSA-PSS with SHA-1".to_owned(),
        Some("2.16.840.1.101.3.4.2.1") => "RSA-PSS with SHA-256".to_owned(),
        Some("2.16.840.1.101.3.4.2.2") => "RSA-PSS with SHA-384".to_owned(),
        Some("2.16.840.1.101.3.4.2.3") => "RSA-PSS with SHA-512".to_owned(),
        Some(other) => format!("RSA-PSS with {other}"),
        None => "RSA-PSS".to_owned(),
    }
}

/// Where the issuer's certificate can be fetched (authorityInfoAccess, RFC 5280 §4.2.2.1).
fn ca_issuers(certificate: &TbsCertificate, limits: &Limits) -> Vec<String> {
    const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    let accesses = certificate.iter_extensions().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    });
    let urls =
        accesses.flat_map(AuthorityInfoAccess::iter).filter_map(|description| match &description.access_location {
            GeneralName::URI(url) if description.access_method.to_id_string() == CA_ISSUERS => Some(url),
            _ => None,
        });
    urls.take(limits.sans).map(|url| bounded_text(url.as_bytes(), limits)).collect()
}
