//! Host names that are not ASCII, as most stacks turn them into ones that are (RFC 5890), with Punycode of the `idna` crate.

use idna::punycode::{decode_to_string, encode_str};

/// Labels of DNS are no longer (RFC 1035 §2.3.4).
const LONGEST: usize = 63;

/// Octets of a label that is turned into Punycode at all: its arithmetic is quadratic.
const MOST_CODED: usize = 256;

/// Every label that is not ASCII as `xn--` and its Punycode, in lower case. The mapping of compatibility characters is left
/// out: a name with those matches nothing. `None` where the arithmetic of Punycode ends, or a label is far longer than any.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    let label = |label: &str| {
        if label.is_ascii() {
            Some(label.to_owned())
        } else if label.len() > MOST_CODED {
            None
        } else {
            Some(format!("xn--{}", encode_str(&label.to_lowercase())?))
        }
    };
    name.split('.').map(label).collect::<Option<Vec<_>>>().map(|labels| labels.join("."))
}

/// A label that is ASCII, and if it says that it is Punycode, stands for a label that is not and has no control characters.
pub(super) fn is_valid_ascii(label: &str) -> bool {
    let Some(coded) = coded(label) else { return true };
    decoded(&coded).is_some_and(|text| !text.is_ascii())
}

/// The way back: every label that begins with `xn--`; one that is no Punycode stays as it is.
pub(super) fn to_unicode(name: &str) -> String {
    let label = |label: &str| coded(label).and_then(|coded| decoded(&coded)).unwrap_or_else(|| label.to_owned());
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// What follows `xn--`, in lower case.
fn coded(label: &str) -> Option<String> {
    label.to_ascii_lowercase().strip_prefix("xn--").map(str::to_owned)
}

fn decoded(coded: &str) -> Option<String> {
    let readable = !coded.is_empty() && coded.len() <= LONGEST;
    let text = readable.then(|| decode_to_string(coded)).flatten()?;
    (!text.contains(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ascii_and_come_back() {
        for (name, ascii) in [
            ("bücher.example.com", "xn--bcher-kva.example.com"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("redis-1.example.com.", "redis-1.example.com."),
        ] {
            assert_eq!(to_ascii(name).as_deref(), Some(ascii));
            assert_eq!(to_unicode(ascii), name);
            assert!(ascii.split('.').all(is_valid_ascii));
        }
        assert_eq!(to_ascii(&"ü".repeat(100_000)), None);
        assert_eq!(to_ascii("BÜCHER.Example").as_deref(), Some("xn--bcher-kva.Example"));
    }

    #[test]
    fn what_is_no_punycode_stays() {
        for none in ["xn--a", "xn--", "XN--9", "xn--99999999999999", "xn--*", "xn--a-é", "xn--\u{7f}"] {
            assert_eq!(to_unicode(none), none);
        }
        for none in ["xn--a", "xn--", "xn--redis-", "XN--9", "xn--99999999999999"] {
            assert!(!is_valid_ascii(none), "{none}");
        }
    }
}
