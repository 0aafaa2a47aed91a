//! String literals, so that a file name cannot break out of one.

/// A literal between `quote` marks: `'` for JavaScript, `"` for Python and Rust, whose escapes for these two are the same.
///
/// Refuses control characters and the line separators of Unicode: none of them stands in a file or user name on purpose.
pub(super) fn quoted(text: &str, quote: char) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(format!("\"{}\" holds a control character and is not written anywhere", text.escape_default()));
    }
    let mut literal = String::from(quote);
    for c in text.chars() {
        if c == quote || c == '\\' {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal.push(quote);
    Ok(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        for (text, quote, literal) in [
            ("ca.pem", '\'', r"'ca.pem'"),
            (r"C:\certs\new ca.pem", '\'', r"'C:\\certs\\new ca.pem'"),
            (r"C:\certs\new ca.pem", '"', r#""C:\\certs\\new ca.pem""#),
            ("o'neill", '\'', r"'o\'neill'"),
            ("o'neill", '"', r#""o'neill""#),
            (r#"a"b"#, '"', r#""a\"b""#),
            (r"\'", '\'', r"'\\\''"),
            ("${x} {y} \u{e9}", '"', "\"${x} {y} \u{e9}\""),
        ] {
            assert_eq!(quoted(text, quote).unwrap(), literal);
        }
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\nb", "a\0", "\u{1b}[2J", "a\u{2028}b", "\u{85}"] {
            let said = quoted(text, '\'').unwrap_err();
            assert!(!said.chars().any(char::is_control), "{said:?}");
        }
    }
}
