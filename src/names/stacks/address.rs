//! Addresses in the forms that only some stacks take for one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::facts::without_brackets;

/// One to four decimal numbers, the last of which fills what is left (`10.5` is 10.0.0.5): `inet_aton` without its
/// octal and hexadecimal numbers, as Java reads it.
pub(super) fn short_decimal(text: &str) -> Option<Ipv4Addr> {
    short(text, |part| if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None })
}

/// The same with octal and hexadecimal numbers (`0x0a.5`), as `inet_aton`, .NET and URLs read it.
pub(super) fn short_any_base(text: &str) -> Option<Ipv4Addr> {
    short(text, |part| {
        let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
        let (digits, base) = match hexadecimal {
            Some(digits) => (digits, 16),
            None if part.len() > 1 && part.starts_with('0') => (part, 8),
            None => (part, 10),
        };
        let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
        u64::from_str_radix(digits, base).ok().filter(|_| plain)
    })
}

/// Exactly four decimal numbers, leading zeros and all, as OpenSSL reads it.
pub(super) fn four_decimal(text: &str) -> Option<Ipv4Addr> {
    if text.split('.').count() == 4 { short_decimal(text) } else { None }
}

/// An IPv6 address in brackets.
pub(super) fn bracketed(text: &str) -> Option<IpAddr> {
    let bare = without_brackets(text);
    (bare.len() < text.len()).then(|| bare.parse::<Ipv6Addr>().ok().map(IpAddr::from)).flatten()
}

fn short(text: &str, number: impl Fn(&str) -> Option<u64>) -> Option<Ipv4Addr> {
    let parts: Vec<u64> =
        text.split('.').map(|part| number(part).filter(|_| !part.is_empty())).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let left = 4 - first.len();
    if *last >= 1u64 << (8 * left) {
        return None;
    }
    let high = first.iter().enumerate().fold(0u64, |sum, (i, part)| sum | (part << (8 * (3 - i))));
    u32::try_from(high | last).ok().map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_an_address() {
        let ten: Option<Ipv4Addr> = Some([10, 0, 0, 5].into());
        for text in ["10.5", "10.0.5", "10.0.0.5", "010.0.0.5"] {
            assert_eq!(short_decimal(text), ten, "{text}");
        }
        for text in ["10.5", "012.0.0.5", "0xa.5", "0x0A000005", "167772165"] {
            assert_eq!(short_any_base(text), ten, "{text}");
        }
        assert_eq!(four_decimal("010.000.0.5"), ten);
        for text in ["", "10.", "10.0.0.256", "1.2.3.4.5", "redis", "10.0.0.x", "4294967296", "0x", "+1"] {
            assert_eq!((short_decimal(text), short_any_base(text)), (None, None), "{text}");
        }
        assert_eq!(four_decimal("10.5"), None);
    }
}
