//! What a certificate may be used for, and who may have issued it (`crypto/x509/v3_purp.c`).

use super::Rules;
use crate::facts::FlawKind;
use crate::names::trust::{Purpose, canonical::canonical, link::Link};

/// Bits of keyUsage (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: u16 = 1;
const KEY_ENCIPHERMENT: u16 = 1 << 2;
const KEY_AGREEMENT: u16 = 1 << 4;
pub(super) const CERT_SIGN: u16 = 1 << 5;
pub(super) const CRL_SIGN: u16 = 1 << 6;

/// OIDs of extensions.
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const PROXY: &str = "1.3.6.1.5.5.7.1.14";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const ISSUER_ALT_NAME: &str = "2.5.29.18";
const NO_REVOCATION_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

/// Extensions that are read for every certificate, so that each of them can spoil it (`EXFLAG_INVALID`).
const READ: [&str; 12] = [
    BASIC_CONSTRAINTS,
    PROXY,
    KEY_USAGE,
    "2.5.29.37",
    "2.16.840.1.113730.1.1",
    "2.5.29.14",
    "2.5.29.35",
    SUBJECT_ALT_NAME,
    "2.5.29.30",
    "2.5.29.31",
    "1.3.6.1.5.5.7.1.7",
    "1.3.6.1.5.5.7.1.8",
];

/// `X509_supported_extension`: those that may be critical.
const SUPPORTED: [&str; 15] = [
    "2.16.840.1.113730.1.1",
    KEY_USAGE,
    SUBJECT_ALT_NAME,
    BASIC_CONSTRAINTS,
    "2.5.29.32",
    "2.5.29.31",
    "2.5.29.37",
    "1.3.6.1.5.5.7.1.7",
    "1.3.6.1.5.5.7.1.8",
    NO_REVOCATION_CHECK,
    "2.5.29.36",
    PROXY,
    "2.5.29.30",
    "2.5.29.33",
    "2.5.29.54",
];

/// What `check_ca` takes a certificate for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ca {
    No,
    Yes,
    /// Without basicConstraints, by custom: version 1, keyUsage or nsCertType.
    ByCustom,
}

/// An extension that is always read cannot be, or is there twice; the certificate then issues nothing and is issued by
/// nobody.
pub(super) fn is_invalid(link: &Link, rules: Rules) -> bool {
    let unread = link.malformed.iter().any(|oid| READ.contains(&oid.as_str()));
    let limited = link.constraints.and_then(|own| own.path_length.map(|length| (own.ca, length)));
    let proxy = is_proxy(link) && (link.is_ca() || has(link, SUBJECT_ALT_NAME) || has(link, ISSUER_ALT_NAME));
    let by_version =
        if rules.dotnet { limited.is_some_and(|(ca, length)| !ca && length != 0) } else { link.key_usage == Some(0) };
    unread || proxy || by_version
}

pub(super) fn is_proxy(link: &Link) -> bool {
    has(link, PROXY)
}

fn has(link: &Link, oid: &str) -> bool {
    link.extension(oid).is_some()
}

/// `EXFLAG_CRITICAL`: a critical extension that is not supported.
pub(super) fn has_unknown_critical(link: &Link, rules: Rules) -> bool {
    let known = |oid: &str| SUPPORTED.contains(&oid) && !(rules.dotnet && oid == NO_REVOCATION_CHECK);
    link.extensions.iter().any(|extension| extension.critical && !known(&extension.oid))
}

/// Subject and issuer are the same name (`EXFLAG_SI`).
pub(super) fn is_self_issued(link: &Link) -> bool {
    link.canonical_subject == link.canonical_issuer
}

/// As far as can be seen without a look at the signature (`X509_self_signed`).
pub(super) fn is_self_signed(link: &Link, rules: Rules) -> bool {
    may_have_issued(link, link, rules)
}

/// `ossl_x509_likely_issued`.
pub(super) fn may_have_issued(issuer: &Link, subject: &Link, rules: Rules) -> bool {
    issuer.canonical_subject == subject.canonical_issuer
        && !is_invalid(issuer, rules)
        && !is_invalid(subject, rules)
        && key_ids_fit(issuer, subject)
        && issuer.strength.fits(subject.signer)
}

/// `X509_check_akid`: what authorityKeyIdentifier says of the issuer is true of it.
fn key_ids_fit(issuer: &Link, subject: &Link) -> bool {
    let Some(authority) = &subject.authority else { return true };
    let other_key = match (&authority.key_id, &issuer.subject_key_id) {
        (Some(wanted), Some(own)) => wanted != own,
        _ => false,
    };
    let other_serial = authority.serial.as_ref().is_some_and(|serial| *serial != issuer.serial);
    let other_issuer = authority.issuer.as_ref().is_some_and(|name| canonical(name) != issuer.canonical_issuer);
    !(other_key || other_serial || other_issuer)
}

/// A number in more octets than it takes, which OpenSSL does not read.
pub(super) fn is_padded(number: &[u8]) -> bool {
    matches!(number, [0, 0..0x80, ..] | [0xff, 0x80..=0xff, ..])
}

/// `ossl_x509_signing_allowed`: keyUsage, if there is any, allows it.
pub(super) fn may_sign(issuer: &Link, subject: &Link) -> bool {
    !refuses(issuer, if is_proxy(subject) { DIGITAL_SIGNATURE } else { CERT_SIGN })
}

/// `check_ca`.
pub(super) fn ca(link: &Link, rules: Rules) -> Ca {
    if is_invalid(link, rules) && !rules.dotnet || refuses(link, CERT_SIGN) {
        return Ca::No;
    }
    let by_custom = link.version == 1 && is_self_signed(link, rules)
        || link.key_usage.is_some()
        || link.netscape.is_some_and(|kind| kind.ca);
    match link.constraints {
        Some(constraints) if constraints.ca => Ca::Yes,
        None if by_custom => Ca::ByCustom,
        _ => Ca::No,
    }
}

/// `X509_check_purpose`: what is wrong with this use, [`FlawKind::Unread`] where a certificate cannot be judged.
pub(super) fn misuse(link: &Link, purpose: Purpose, issuer: bool, rules: Rules) -> Option<FlawKind> {
    if is_invalid(link, rules) {
        return Some(FlawKind::Unread);
    }
    if let Some(extended) = link.extended {
        let named = match purpose {
            Purpose::Server => extended.server || extended.gated,
            Purpose::Client => extended.client,
        };
        match named {
            false if extended.empty => return Some(FlawKind::UsageEmpty),
            false if extended.any => return Some(FlawKind::UsageAny),
            false => return Some(FlawKind::Usage),
            true => {}
        }
    }
    if issuer {
        let only_netscape = link.constraints.is_none() && link.key_usage.is_none() && link.version != 1;
        let for_others = only_netscape && link.netscape.is_some_and(|kind| !kind.tls_ca);
        return (ca(link, rules) == Ca::No || for_others).then_some(FlawKind::Unsuitable);
    }
    let (usages, other_kind) = match purpose {
        Purpose::Server => {
            (DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT, link.netscape.is_some_and(|kind| !kind.server))
        }
        Purpose::Client => (DIGITAL_SIGNATURE | KEY_AGREEMENT, link.netscape.is_some_and(|kind| !kind.client)),
    };
    (refuses(link, usages) || other_kind).then_some(FlawKind::KeyUsage)
}

/// .NET's `MatchesApplicationPolicies`: every certificate of the path names the usage, or none at all.
pub(super) fn lacks_policy(link: &Link, purpose: Purpose) -> bool {
    link.extended.is_some_and(|extended| match purpose {
        Purpose::Server => !extended.server,
        Purpose::Client => !extended.client,
    })
}

/// keyUsage is there and has none of these bits.
fn refuses(link: &Link, bits: u16) -> bool {
    link.key_usage.is_some_and(|usage| usage & bits == 0)
}
