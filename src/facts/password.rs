//! How a password was written, without the password.

use serde::{Deserialize, Serialize};

/// What a password has that passwords seldom have, and that gets there by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oddity {
    /// It ends in a line break.
    LineBreak,
    /// It begins or ends with another blank.
    Blank,
    /// It stands in quotes.
    Quoted,
    /// It looks like the name of a variable that was to be filled in: `${NAME}`, `$NAME`, `{{ name }}`, `<password>`.
    Placeholder,
    /// It has percent-encoded characters, and did not come from a URL.
    Encoded,
    /// It is the one word before the `@` of a URL, which most libraries take for a user without a password.
    Alone,
}

impl Oddity {
    /// Of the password as it is sent; `of_url`: it was decoded.
    pub fn of(password: &str, of_url: bool) -> Option<Self> {
        let between =
            |open: &str, close: &str| password.len() > 2 && password.starts_with(open) && password.ends_with(close);
        let is_name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let is_variable = || password.strip_prefix('$').is_some_and(is_name);
        match () {
            () if password.ends_with(['\n', '\r']) => Some(Oddity::LineBreak),
            () if password.trim() != password => Some(Oddity::Blank),
            () if ["\"", "'", "`"].iter().any(|quote| between(quote, quote)) => Some(Oddity::Quoted),
            () if between("${", "}")
                || between("{{", "}}")
                || between("<", ">")
                || between("$(", ")")
                || is_variable() =>
            {
                Some(Oddity::Placeholder)
            }
            () if !of_url && has_encoded(password) => Some(Oddity::Encoded),
            () => None,
        }
    }
}

/// `%40` and the like: a character that URLs do not take as it is.
fn has_encoded(password: &str) -> bool {
    let number = |code: &str| u8::from_str_radix(code, 16).ok();
    let codes = password.match_indices('%').filter_map(|(at, _)| number(password.get(at + 1..at + 3)?));
    codes.into_iter().any(|byte| byte.is_ascii_punctuation() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_into_a_password_by_mistake() {
        for (password, expected) in [
            ("sesame\n", Some(Oddity::LineBreak)),
            ("sesame\r\n", Some(Oddity::LineBreak)),
            (" sesame", Some(Oddity::Blank)),
            ("\"sesame\"", Some(Oddity::Quoted)),
            ("'sesame'", Some(Oddity::Quoted)),
            ("${REDIS_PASSWORD}", Some(Oddity::Placeholder)),
            ("$REDIS_PASSWORD", Some(Oddity::Placeholder)),
            ("{{ .Values.password }}", Some(Oddity::Placeholder)),
            ("<password>", Some(Oddity::Placeholder)),
            ("p%40ss", Some(Oddity::Encoded)),
            ("sesame", None),
            ("open sesame", None),
            ("100%ab", None),
            ("%", None),
            ("%é", None),
            ("$ecret", None),
            ("$", None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(Oddity::of(password, false), expected, "{password:?}");
        }
        assert_eq!(Oddity::of("p%40ss", true), None, "it is what is left after decoding");
    }
}
