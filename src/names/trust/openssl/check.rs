//! What is asked of a path once it is built: extensions, strength, signatures and dates.

use super::{
    Report, Rules,
    purpose::{
        CERT_SIGN, CRL_SIGN, Ca, ca, has_unknown_critical, is_proxy, is_self_issued, is_self_signed, lacks_policy,
        may_sign, misuse,
    },
};
use crate::facts::{Flaw, FlawKind};
use crate::names::trust::{
    canonical::attributes,
    link::Link,
    signature::{Digest, Signed},
};

/// Bits of security at level 1; Node 20 and 22 have that, Debian and OpenSSL since 3.2 have level 2.
const LEVEL_1: u32 = 80;
const LEVEL_2: u32 = 112;

/// The leaf's key, looked at before anything else. The flaw, if there is one.
pub(super) fn leaf_key(report: &mut Report) -> Option<Flaw> {
    let kind = key_flaw(report.trial.leaf())?;
    report.met(kind, 0);
    Some(report.flaw(kind, 0))
}

/// `check_auth_level`: the keys of issuers, and every signature but the anchor's.
pub(super) fn strength(report: &mut Report) {
    let links = report.links();
    for (depth, link) in links.iter().enumerate() {
        if let Some(kind) = key_flaw(link).filter(|_| depth > 0) {
            report.met(kind, depth);
        }
        let weak = matches!(link.digest, Digest::Md5 | Digest::Sha1 | Digest::Unknown);
        report.met_if(weak && depth + 1 < links.len(), FlawKind::WeakDigest, depth);
    }
}

fn key_flaw(link: &Link) -> Option<FlawKind> {
    match link.strength.security_bits() {
        ..LEVEL_1 => Some(FlawKind::ShortKey),
        LEVEL_1..LEVEL_2 => Some(FlawKind::WeakKey),
        _ => None,
    }
}

/// `check_extensions`.
pub(super) fn extensions(report: &mut Report, rules: Rules) {
    let links = report.links();
    // Issuers so far that did not issue themselves.
    let mut length = 0;
    for (depth, link) in links.iter().enumerate() {
        let issuer = depth > 0;
        report.met_if(has_unknown_critical(link, rules), FlawKind::CriticalExtension, depth);
        report.met_if(is_proxy(link), FlawKind::Proxy, depth);
        match ca(link, rules) {
            Ca::No => report.met_if(issuer, FlawKind::NotACa, depth),
            Ca::ByCustom if issuer && depth + 1 < links.len() => report.met(FlawKind::NotACa, depth),
            Ca::ByCustom => report.met(FlawKind::CaByCustom, depth),
            Ca::Yes => {}
        }
        if links.len() > 1 && !rules.dotnet {
            strict(report, link, depth);
        }
        if let Some(kind) = misuse(link, report.trial.purpose, issuer, rules).filter(|_| !rules.dotnet) {
            report.met(kind, depth);
        }
        let limit = link.constraints.and_then(|own| own.path_length);
        let exceeded = depth > 1 && limit.is_some_and(|limit| length > limit);
        report.met_if(exceeded, FlawKind::PathLength, depth);
        length += u32::from(issuer && !is_self_issued(link));
    }
}

/// What .NET asks itself, when OpenSSL is done (`CertificatePolicyChain`): every certificate allows the usage, and every issuer
/// below one that wants it names a policy.
pub(super) fn policies(report: &mut Report) {
    const CERTIFICATE_POLICIES: &str = "2.5.29.32";
    let links = report.links();
    let mut explicit = links.len();
    for (place, (depth, link)) in links.iter().enumerate().rev().enumerate() {
        let silent = link.extension(CERTIFICATE_POLICIES).is_none() && depth > 0;
        let lacking = lacks_policy(link, report.trial.purpose) || (silent && explicit <= place + 1);
        report.met_if(lacking, FlawKind::Usage, depth);
        let wanted = link.explicit_policy.and_then(|after| usize::try_from(after).ok());
        explicit = wanted.map_or(explicit, |after| after.min(explicit));
    }
}

/// What `X509_V_FLAG_X509_STRICT` adds, in its order.
fn strict(report: &mut Report, link: &Link, depth: usize) {
    const AUTHORITY_KEY_ID: &str = "2.5.29.35";
    const SUBJECT_KEY_ID: &str = "2.5.29.14";
    use FlawKind as K;
    let last = depth + 1 == report.links().len();
    let critical = |oid: &str| link.extension(oid).is_some_and(|extension| extension.critical);
    // Without the extension all bits are clear here.
    let usage = link.key_usage.unwrap_or(0);
    let signs = usage & CERT_SIGN != 0;
    let limited = link.constraints.is_some_and(|own| own.path_length.is_some());
    let uncritical = link.constraints.is_some_and(|own| own.ca && !own.critical);
    let nameless = attributes(&link.subject) == 0;
    let named = link.names.present && !link.names.unreadable;
    let names_subject = link.is_ca() || usage & CRL_SIGN != 0 || !named;
    let key_id = link.authority.as_ref().is_some_and(|authority| authority.key_id.is_some());
    let modern = link.version >= 3;
    let found = [
        (limited && !link.is_ca(), K::PathLengthOfLeaf),
        (limited && !signs, K::PathLengthWithoutSigning),
        (uncritical, K::ConstraintsNotCritical),
        (link.is_ca() && link.key_usage.is_none(), K::NoKeyUsage),
        (!link.is_ca() && signs, K::LeafSigns),
        (attributes(&link.issuer) == 0, K::EmptyIssuer),
        (names_subject && nameless, K::EmptyName),
        (nameless && named && !link.names.critical, K::NamesNotCritical),
        (named && link.names.all.is_empty(), K::NamesEmpty),
        (link.algorithms_differ, K::AlgorithmsDiffer),
        (critical(AUTHORITY_KEY_ID), K::AuthorityKeyIdCritical),
        (critical(SUBJECT_KEY_ID), K::SubjectKeyIdCritical),
        (modern && !last && !key_id, K::NoAuthorityKeyId),
        (modern && link.is_ca() && link.subject_key_id.is_none(), K::NoSubjectKeyId),
        (!modern && !link.extensions.is_empty(), K::ExtensionsTooEarly),
    ];
    for (there, kind) in found {
        report.met_if(there, kind, depth);
    }
}

/// `internal_verify`: from the anchor to the leaf, each signature and then the dates. A root's own signature is taken for
/// granted, except by .NET (`X509_V_FLAG_CHECK_SS_SIGNATURE`).
pub(super) fn signatures(report: &mut Report, rules: Rules) {
    let links = report.links();
    let last = links.len() - 1;
    let ends_itself = is_self_signed(links[last], rules);
    let first = if ends_itself || rules.partial || last == 0 { last } else { last - 1 };
    report.met_if(!ends_itself && !rules.partial && last == 0, FlawKind::Unverified, 0);
    if ends_itself && rules.dotnet {
        report.met_if(links[last].is_ca() && !may_sign(links[last], links[last]), FlawKind::NoSigning, last);
        signature(report, links[last], links[last], last);
    }
    for depth in (0..=first).rev() {
        if let Some(issuer) = links.get(depth + 1) {
            report.met_if(!may_sign(issuer, links[depth]), FlawKind::NoSigning, depth + 1);
            signature(report, links[depth], issuer, depth);
        }
        dates(report, links[depth], depth);
    }
}

fn signature(report: &mut Report, link: &Link, issuer: &Link, depth: usize) {
    let wrong = link.algorithms_differ || report.trial.signed(link, issuer) == Signed::No;
    report.met_if(wrong, FlawKind::Signature, depth);
}

fn dates(report: &mut Report, link: &Link, depth: usize) {
    let at = report.trial.at;
    report.met_if(at < link.not_before, FlawKind::NotYetValid, depth);
    report.met_if(at > link.not_after, FlawKind::Expired, depth);
    report.met_if(at == link.not_after, FlawKind::ExpiresNow, depth);
}
