//! Name constraints (`crypto/x509/v3_ncons.c`).

use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Name};

use super::{Report, purpose::is_self_issued};
use crate::facts::FlawKind;
use crate::names::trust::{
    canonical::{attributes, canonical},
    link::{Link, Name, NameLimits},
};
use crate::wire::certificate::string_text;

/// Names times constraints that are looked at, here of the whole path and in OpenSSL of two certificates (`NAME_CHECK_MAX`).
const MOST: usize = 1 << 20;

/// Names and constraints with their directory names in the form in which they are compared.
struct Ready {
    permitted: Vec<Name>,
    excluded: Vec<Name>,
}

/// `check_name_constraints`: everyone who did not issue itself, and the leaf, against everyone above.
pub(super) fn check(report: &mut Report) {
    let links = report.links();
    let ready = |link: &&Link| link.limits.as_ref().map(Ready::of);
    let limits: Vec<Option<Ready>> = links.iter().map(ready).collect();
    let mut left = MOST;
    for depth in (0..links.len()).rev().filter(|depth| *depth == 0 || !is_self_issued(links[*depth])) {
        let link = links[depth];
        let alternatives = compared(&link.names.all);
        let names = attributes(&link.subject) + alternatives.len();
        for limits in limits[depth + 1..].iter().rev().flatten() {
            let cost = names.saturating_mul(limits.permitted.len() + limits.excluded.len());
            if cost > left {
                return report.met(FlawKind::ConstraintsUnread, depth);
            }
            left -= cost;
            if let Err(kind) = within(link, &alternatives, limits, depth == 0) {
                report.met(kind, depth);
            }
        }
    }
}

impl Ready {
    fn of(limits: &NameLimits) -> Self {
        Ready { permitted: compared(&limits.permitted), excluded: compared(&limits.excluded) }
    }
}

fn compared(names: &[Name]) -> Vec<Name> {
    let compared = |name: &Name| match name {
        Name::Directory(der) => Name::Directory(canonical(der)),
        name => name.clone(),
    };
    names.iter().map(compared).collect()
}

/// `NAME_CONSTRAINTS_check`, and `NAME_CONSTRAINTS_check_CN` for a leaf without a dNSName.
fn within(link: &Link, alternatives: &[Name], limits: &Ready, leaf: bool) -> Result<(), FlawKind> {
    if attributes(&link.subject) > 0 {
        allowed(&Name::Directory(link.canonical_subject.clone()), limits)?;
        for mail in mails(&link.subject) {
            allowed(&Name::Email(mail?), limits)?;
        }
    }
    alternatives.iter().try_for_each(|name| allowed(name, limits))?;
    if leaf && !alternatives.iter().any(|name| matches!(name, Name::Dns(_))) {
        for name in common_names(&link.subject) {
            allowed(&Name::Dns(name?), limits)?;
        }
    }
    Ok(())
}

/// `nc_match`: within one of the permitted names of its kind, if there are any, and within none that is excluded.
fn allowed(name: &Name, limits: &Ready) -> Result<(), FlawKind> {
    let of_kind = |base: &&Name| match (base, name) {
        (Name::Typed(base), Name::Typed(name)) => base == name,
        (base, name) => std::mem::discriminant(*base) == std::mem::discriminant(name),
    };
    let mut permitted = limits.permitted.iter().filter(of_kind).peekable();
    if permitted.peek().is_some() {
        let mut found = false;
        for base in permitted {
            found = found || covers(base, name)?;
        }
        if !found {
            return Err(FlawKind::NotPermitted);
        }
    }
    for base in limits.excluded.iter().filter(of_kind) {
        if covers(base, name)? {
            return Err(FlawKind::Excluded);
        }
    }
    Ok(())
}

/// `nc_match_single`.
fn covers(base: &Name, name: &Name) -> Result<bool, FlawKind> {
    match (base, name) {
        (Name::Dns(base), Name::Dns(name)) => Ok(dns(base, name)),
        (Name::Directory(base), Name::Directory(name)) => Ok(name.starts_with(base)),
        (Name::Email(base), Name::Email(name)) => mail(base, name),
        (Name::Uri(base), Name::Uri(name)) => uri(base, name),
        (Name::Ip(base), Name::Ip(name)) => address(base, name),
        _ => Err(FlawKind::ConstraintsUnread),
    }
}

fn dns(base: &[u8], name: &[u8]) -> bool {
    let Some(rest) = ends_with(name, base) else { return false };
    base.is_empty() || rest.is_empty() || base.starts_with(b".") || rest.ends_with(b".")
}

fn mail(base: &[u8], name: &[u8]) -> Result<bool, FlawKind> {
    let at = |text: &[u8]| text.iter().rposition(|octet| *octet == b'@');
    let Some(name_at) = at(name) else { return Err(FlawKind::NameUnread) };
    let base_at = at(base);
    if base_at.is_none() && base.starts_with(b".") {
        return Ok(ends_with(name, base).is_some_and(|rest| !rest.is_empty()));
    }
    let host = base_at.map_or(base, |at| &base[at + 1..]);
    if let Some(base_at) = base_at.filter(|at| *at > 0) {
        let (wanted, own) = (&base[..base_at], &name[..name_at]);
        if wanted.len() == own.len() && (wanted.contains(&0) || own.contains(&0)) {
            return Err(FlawKind::NameUnread);
        }
        if wanted != own {
            return Ok(false);
        }
    }
    Ok(host.eq_ignore_ascii_case(&name[name_at + 1..]))
}

/// The host of a URI: what stands between `//` and a port or a path.
fn uri(base: &[u8], name: &[u8]) -> Result<bool, FlawKind> {
    let scheme = name.iter().position(|octet| *octet == b':').ok_or(FlawKind::NameUnread)?;
    let rest = name[scheme + 1..].strip_prefix(b"//").ok_or(FlawKind::NameUnread)?;
    let end = |octet: u8| rest.iter().position(|own| *own == octet);
    let host = &rest[..end(b':').or_else(|| end(b'/')).unwrap_or(rest.len())];
    if host.is_empty() {
        return Err(FlawKind::NameUnread);
    }
    if base.starts_with(b".") {
        return Ok(ends_with(host, base).is_some_and(|rest| !rest.is_empty()));
    }
    Ok(base.eq_ignore_ascii_case(host))
}

fn address(base: &[u8], name: &[u8]) -> Result<bool, FlawKind> {
    if !matches!(name.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return Err(FlawKind::NameUnread);
    }
    let (network, mask) = base.split_at(base.len() / 2);
    let same = |((own, wanted), mask): ((&u8, &u8), &u8)| own & mask == wanted & mask;
    Ok(name.len() == network.len() && name.iter().zip(network).zip(mask).all(same))
}

/// What stands before an end that is there, in whatever case.
fn ends_with<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let (rest, own) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    own.eq_ignore_ascii_case(end).then_some(rest)
}

/// The emailAddresses of a subject.
fn mails(subject: &[u8]) -> Vec<Result<Vec<u8>, FlawKind>> {
    const EMAIL: &str = "1.2.840.113549.1.9.1";
    const IA5: u32 = 22;
    of_kind(
        subject,
        EMAIL,
        |tag, octets| if tag == IA5 { Ok(Some(octets.to_vec())) } else { Err(FlawKind::NameUnread) },
    )
}

/// The common names of a subject that look like host names (`cn2dnsid`).
fn common_names(subject: &[u8]) -> Vec<Result<Vec<u8>, FlawKind>> {
    const COMMON_NAME: &str = "2.5.4.3";
    of_kind(subject, COMMON_NAME, |tag, octets| {
        let text = string_text(tag, octets).unwrap_or_default();
        let name = text.trim_end_matches('\0').as_bytes();
        if name.contains(&0) {
            return Err(FlawKind::NameUnread);
        }
        Ok(is_host_name(name).then(|| name.to_vec()))
    })
}

fn of_kind(
    subject: &[u8],
    oid: &str,
    read: impl Fn(u32, &[u8]) -> Result<Option<Vec<u8>>, FlawKind>,
) -> Vec<Result<Vec<u8>, FlawKind>> {
    let Ok((_, name)) = X509Name::from_der(subject) else { return Vec::new() };
    let of_kind = |attribute: &&AttributeTypeAndValue| attribute.attr_type().to_id_string() == oid;
    let read = |attribute: &AttributeTypeAndValue| {
        read(attribute.attr_value().tag().0, attribute.attr_value().data).transpose()
    };
    name.iter_attributes().filter(of_kind).filter_map(read).collect()
}

/// At least two labels of letters, digits, underscores and hyphens, without an empty one.
fn is_host_name(name: &[u8]) -> bool {
    let inner = |at: usize| at > 0 && at + 1 < name.len();
    let fits = |at: usize| match name[at] {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => true,
        b'-' => inner(at),
        b'.' => inner(at) && !matches!(name[at + 1], b'.' | b'-') && name[at - 1] != b'-',
        _ => false,
    };
    (0..name.len()).all(fits) && name.contains(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_covers_what_lies_below_it() {
        for (base, name, covered) in [
            ("example.com", "redis.EXAMPLE.com", true),
            ("example.com", "example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", false),
            (".example.com", "a.example.com", true),
            ("", "anything", true),
        ] {
            assert_eq!(dns(base.as_bytes(), name.as_bytes()), covered, "{base} {name}");
        }
        assert_eq!(mail(b"example.com", b"ops@example.com"), Ok(true));
        assert_eq!(mail(b"ops@example.com", b"dev@example.com"), Ok(false));
        assert_eq!(mail(b"example.com", b"nobody"), Err(FlawKind::NameUnread));
        assert_eq!(uri(b".example.com", b"https://a.example.com:1/x"), Ok(true));
        assert_eq!(uri(b"cluster", b"spiffe://cluster/redis"), Ok(true));
        assert_eq!(uri(b"cluster", b"urn:x"), Err(FlawKind::NameUnread));
        assert_eq!(address(&[10, 0, 0, 0, 255, 0, 0, 0], &[10, 1, 2, 3]), Ok(true));
        assert_eq!(address(&[10, 0, 0, 0], &[10, 1, 2, 3]), Err(FlawKind::NameUnread));
        assert!(
            is_host_name(b"a_b.c-d.e") && !is_host_name(b"redis") && !is_host_name(b"a..b") && !is_host_name(b"*.a")
        );
    }
}
