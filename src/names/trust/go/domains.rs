//! Domains, mailboxes and URIs as Go reads them (verify.go, `net/url`).

/// `matchDomainConstraint`: nothing covers everything, a leading dot asks for one label more.
pub(super) fn domain_covers(limit: &str, domain: &str) -> Option<bool> {
    if limit.is_empty() {
        return Some(true);
    }
    let (limit, below) = limit.strip_prefix('.').map_or((limit, false), |limit| (limit, true));
    if !has_valid_labels(domain) || !has_valid_labels(limit) {
        return None;
    }
    let mut labels = domain.rsplit('.').filter(|label| !label.is_empty());
    let mut ends = limit.rsplit('.').filter(|label| !label.is_empty());
    let inside = ends.all(|end| labels.next().is_some_and(|label| label.eq_ignore_ascii_case(end)));
    Some(inside && (!below || labels.next().is_some()))
}

/// `domainToReverseLabels` takes it: no empty label, no dot at the end, and nothing but printable ASCII.
pub(super) fn has_valid_labels(domain: &str) -> bool {
    domain.is_empty()
        || domain.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| (33..=126).contains(&b)))
}

/// `parseRFC2821Mailbox`: local part, unquoted, and domain.
pub(super) fn mailbox(text: &str) -> Option<(String, &str)> {
    const ATOM: &[u8] = b"!#$%&'*+-/=?^_`{|}~.";
    let mut local = String::new();
    let rest = if let Some(mut rest) = text.strip_prefix('"') {
        loop {
            let c = rest.chars().next()?;
            rest = &rest[c.len_utf8()..];
            match c {
                '"' => break,
                '\\' => {
                    let quoted = rest.chars().next().filter(|c| c.is_ascii() && !['\0', '\n', '\r'].contains(c))?;
                    local.push(quoted);
                    rest = &rest[1..];
                }
                c if c.is_ascii() && !['\0', '\t', '\n', '\r'].contains(&c) => local.push(c),
                _ => return None,
            }
        }
        rest
    } else {
        let atom = |b: u8| b.is_ascii_alphanumeric() || ATOM.contains(&b) || b == b'\\';
        let end = text.bytes().position(|b| !atom(b)).unwrap_or(text.len());
        local.push_str(&text[..end].replace('\\', ""));
        if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return None;
        }
        &text[end..]
    };
    let domain = rest.strip_prefix('@').filter(|domain| has_valid_labels(domain))?;
    Some((local, domain))
}

/// `url.Parse`, as far as the host: empty where there is none, `None` where it does not parse.
pub(super) fn uri_host(text: &str) -> Option<&str> {
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return None;
    }
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let rest = after_scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    let Some(authority) = rest.strip_prefix("//") else { return Some("") };
    let authority = authority.split_once('/').map_or(authority, |(authority, _)| authority);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = match (host.starts_with('['), host.rfind(']')) {
        (true, None) => return None,
        (true, Some(end)) => &host[end + 1..],
        (false, _) => host.rfind(':').map_or("", |colon| &host[colon..]),
    };
    let digits = port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&b) || b >= 0x80;
    ((port.is_empty() || digits) && host.bytes().all(plain)).then_some(host)
}

/// What follows `scheme:`; all of it where there is no scheme.
fn after_scheme(text: &str) -> Option<&str> {
    for (index, b) in text.bytes().enumerate() {
        match b {
            b if b.is_ascii_alphabetic() => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return None,
            b':' => return Some(&text[index + 1..]),
            _ => break,
        }
    }
    // Without a scheme the first segment of a path may hold no colon.
    let segment = text.split('/').next().unwrap_or_default();
    (text.starts_with('/') || !segment.contains(':')).then_some(text)
}
