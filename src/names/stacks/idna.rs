//! Host names that are not ASCII, as most stacks turn them into ones that are (RFC 5890, RFC 3492).

/// Every label that is not ASCII as `xn--` and its Punycode, in lower case. The mapping of compatibility characters is left
/// out: a name with those matches nothing. `None` where the arithmetic of Punycode ends.
pub(super) fn to_ascii(name: &str) -> Option<String> {
    let label = |label: &str| {
        if label.is_ascii() {
            Some(label.to_owned())
        } else {
            Some(format!("xn--{}", punycode(&label.to_lowercase())?))
        }
    };
    name.split('.').map(label).collect::<Option<Vec<_>>>().map(|labels| labels.join("."))
}

/// A label that is ASCII, and if it says that it is Punycode, stands for a label that is not and has no control characters.
pub(super) fn is_valid_ascii(label: &str) -> bool {
    let start = label.get(..4).filter(|start| start.eq_ignore_ascii_case("xn--"));
    let Some(start) = start else { return true };
    let decoded = decoded(&label[start.len()..].to_ascii_lowercase());
    decoded.is_some_and(|text| !text.is_ascii() && !text.chars().any(char::is_control))
}

/// The way back: every label that begins with `xn--`; one that is no Punycode stays as it is.
pub(super) fn to_unicode(name: &str) -> String {
    let label = |label: &str| {
        let name = label.to_ascii_lowercase().strip_prefix("xn--").and_then(decoded);
        name.filter(|name| !name.contains(char::is_control)).unwrap_or_else(|| label.to_owned())
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

const BASE: u32 = 36;

/// RFC 3492 §6.2. A label of DNS is short, so that a longer one is none.
fn decoded(label: &str) -> Option<String> {
    const LONGEST: usize = 63;
    let (basic, rest) = label.rsplit_once('-').unwrap_or(("", label));
    let mut output: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = rest.bytes().filter(|_| label.len() <= LONGEST && label.is_ascii()).peekable();
    digits.peek()?;
    while digits.peek().is_some() {
        let (begin, mut weight, mut k) = (at, 1_u32, BASE);
        loop {
            let digit = char::from(digits.next()?).to_ascii_lowercase();
            let digit = match digit {
                'a'..='z' => u32::from(digit) - u32::from('a'),
                '0'..='9' => u32::from(digit) - u32::from('0') + 26,
                _ => return None,
            };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let points = u32::try_from(output.len()).ok()? + 1;
        bias = adapt(at - begin, points, begin == 0);
        code = code.checked_add(at / points)?;
        at %= points;
        output.insert(usize::try_from(at).ok()?, char::from_u32(code)?);
        at += 1;
    }
    Some(output.into_iter().collect())
}

/// RFC 3492 §6.3.
fn punycode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let (mut lowest, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while let Some(next) = label.chars().map(u32::from).filter(|c| *c >= lowest).min() {
        delta = delta.checked_add((next - lowest).checked_mul(handled + 1)?)?;
        for c in label.chars().map(u32::from) {
            if c < next {
                delta = delta.checked_add(1)?;
            } else if c == next {
                write_number(&mut output, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        lowest = next.checked_add(1)?;
    }
    Some(output)
}

/// A generalised variable-length integer.
fn write_number(output: &mut String, mut number: u32, bias: u32) {
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(1, 26);
        if number < threshold {
            break;
        }
        output.push(digit(threshold + (number - threshold) % (BASE - threshold)));
        number = (number - threshold) / (BASE - threshold);
        k += BASE;
    }
    output.push(digit(number));
}

/// `a` to `z`, then `0` to `9`.
fn digit(number: u32) -> char {
    let number = usize::try_from(number).unwrap_or_default();
    char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[number % 36])
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - 1) * 26 / 2 {
        delta /= BASE - 1;
        k += BASE;
    }
    k + BASE * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in
            ["bücher.example.com", "他们为什么不说中文", "почемужеонинеговорятпорусски", "redis-1.example.com.", "ü"]
        {
            assert_eq!(to_unicode(&to_ascii(name).unwrap()), name);
        }
        for name in ["xn--", "xn--*", "xn--99999999", "xn--a", "xn--a-é", "xn--\u{7f}"] {
            assert_eq!(to_unicode(name), name);
        }
    }

    #[test]
    fn names_become_ascii() {
        for (name, ascii) in [
            ("bücher.example.com", "xn--bcher-kva.example.com"),
            ("BÜCHER.Example", "xn--bcher-kva.Example"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("redis-1.example.com.", "redis-1.example.com."),
        ] {
            assert_eq!(to_ascii(name).as_deref(), Some(ascii));
            assert!(ascii.split('.').all(is_valid_ascii));
        }
        assert_eq!(decoded("bcher-kva").as_deref(), Some("bücher"));
        assert_eq!(decoded("b1abfaaepdrnnbgefbadotcwatmq2g4l").as_deref(), Some("почемужеонинеговорятпорусски"));
        for none in ["xn--a", "xn--", "xn--redis-", "XN--9", "xn--99999999999999"] {
            assert!(!is_valid_ascii(none), "{none}");
        }
    }
}
