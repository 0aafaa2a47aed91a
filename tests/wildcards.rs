//! Wildcards once more, as each stack's documentation would put them, against what `names` does.

use std::sync::LazyLock;

use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, SanType};
use redis_doctor::{
    facts::{Host, Limits},
    names::stack,
    wire::certificate::certificate,
};

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

fn der(pattern: &str) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::DnsName(pattern.try_into().unwrap())];
    params.self_signed(&*KEY).unwrap().der().to_vec()
}

/// Whether a stack lets a certificate for the pattern speak for the host.
fn takes(id: &str, pattern: &str, host: &str) -> bool {
    let leaf = certificate(&der(pattern), &Limits::default()).unwrap();
    stack(id).unwrap().name_refusal(&leaf, &Host::Name(host.to_owned())).is_none()
}

/// A star is any run of characters, none included.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_at_checked(1) {
        None => text.is_empty(),
        Some(("*", rest)) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        Some((c, rest)) => text.strip_prefix(c).is_some_and(|text| glob(rest, text)),
    }
}

/// The first label, and what is below it.
fn cut(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}

fn labels(name: &str) -> usize {
    name.split('.').count()
}

fn stars(name: &str) -> usize {
    name.matches('*').count()
}

/// A star that is the whole first label is one label of the host; no other star means anything.
fn whole_label(pattern: &str, host: &str, fewest: usize) -> bool {
    let (star, parent) = cut(pattern);
    pattern == host || (star == "*" && labels(pattern) >= fewest && labels(host) > 1 && parent == cut(host).1)
}

/// Go: however few labels follow.
fn go(pattern: &str, host: &str) -> bool {
    pattern != "*" && whole_label(pattern, host, 2)
}

/// Until 1.19 a star alone is a host of one label as well.
fn go_1_19(pattern: &str, host: &str) -> bool {
    go(pattern, host) || (pattern == "*" && labels(host) == 1)
}

/// rustls, and what OpenSSL does for Python and .NET: two labels at least follow.
fn three_labels(pattern: &str, host: &str) -> bool {
    whole_label(pattern, host, 3)
}

/// Node: one star anywhere in the first label of three. The dot of a fully qualified name means nothing.
fn node(pattern: &str, host: &str) -> bool {
    let pattern = pattern.strip_suffix('.').unwrap_or(pattern);
    let ((first, parent), (own, own_parent)) = (cut(pattern), cut(host));
    pattern == host
        || (stars(pattern) == 1 && stars(first) == 1 && labels(pattern) > 2 && parent == own_parent && glob(first, own))
}

/// Java: stars anywhere in the first label, as long as a dot follows the last of them.
fn java_25(pattern: &str, host: &str) -> bool {
    let ((first, parent), (own, own_parent)) = (cut(pattern), cut(host));
    !pattern.ends_with('.') && (pattern == host || (!parent.is_empty() && parent == own_parent && glob(first, own)))
}

/// Until 18: in any label but the last.
fn java_17(pattern: &str, host: &str) -> bool {
    let last_is_plain = pattern.rsplit('.').next().is_some_and(|last| !last.contains('*'));
    let each = pattern.split('.').zip(host.split('.')).all(|(pattern, own)| glob(pattern, own));
    !pattern.ends_with('.') && last_is_plain && labels(pattern) == labels(host) && each
}

type Rule = fn(&str, &str) -> bool;

const RULES: &[(&str, Rule)] = &[
    ("go@1.19", go_1_19),
    ("go@1.23", go),
    ("rustls", three_labels),
    ("rustls-ring", three_labels),
    ("python@3.11", three_labels),
    ("python@3.13", three_labels),
    ("dotnet-linux", three_labels),
    ("node@20", node),
    ("node@22.23", node),
    ("node@26", node),
    ("java@17", java_17),
    ("java@25", java_25),
];

/// Hosts of one to four labels.
fn host() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]{1,3}", 1..5).prop_map(|labels| labels.join("."))
}

/// The host with stars in it, as a person would put them, or with others in place of it.
fn pattern(host: &str) -> impl Strategy<Value = String> + use<> {
    let labels: Vec<String> = host.split('.').map(str::to_owned).collect();
    let count = labels.len();
    let label = |own: String| prop_oneof![4 => Just(own), 2 => Just("*".to_owned()), 2 => "[ab*]{1,3}"];
    let labels: Vec<_> = labels.into_iter().map(label).collect();
    let some = (0..3_usize).prop_map(move |less| usize::from(less == 1).min(count - 1));
    (labels, some, prop::bool::weighted(0.1))
        .prop_map(|(labels, less, dot)| labels[less..].join(".") + if dot { "." } else { "" })
}

proptest! {
    #[test]
    fn wildcards_are_what_they_are_said_to_be((host, pattern) in host().prop_flat_map(|host| {
        let pattern = pattern(&host);
        (Just(host), pattern)
    })) {
        for (id, rule) in RULES {
            prop_assert_eq!(takes(id, &pattern, &host), rule(&pattern, &host), "{} {} {}", id, pattern, host);
        }
    }
}
