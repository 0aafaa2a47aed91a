//! A text without what logs, terminals and JSON put around it, and the search for a phrase in it.
//!
//! Compared are letters, digits and `?` in their order, regardless of case: quotes, escapes, line ends and wrapping,
//! colours and punctuation differ from log to log, words do not.

/// How far apart the parts of a phrase may stand, in letters.
const APART: usize = 400;
/// How far into a line the name of a container may reach: `redis_1  | …`.
const PREFIX: usize = 60;

/// A text made ready to be searched.
pub(super) struct Plain {
    text: String,
    /// As it is, and without what a log writer put before every line.
    letters: [Letters; 2],
}

/// The letters of a text.
struct Letters {
    all: Vec<u8>,
    /// Where a word begins.
    begins: Vec<bool>,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let text = uncoloured(&unescaped(text));
        let bare: String = text.lines().map(|line| without_prefix(line).to_owned() + "\n").collect();
        let letters = [&text, &bare].map(|text| Letters::of(text, false));
        Plain { text, letters }
    }

    /// Without escapes and colours.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// True where the phrase stands in it. `…` leaves something out, `#` is a number.
    pub(super) fn says(&self, phrase: &str) -> bool {
        let parts: Vec<Vec<u8>> = phrase.split('…').map(|part| Letters::of(part, true).all).collect();
        self.letters.iter().any(|letters| letters.hold(&parts))
    }
}

impl Letters {
    /// A number sign is a letter of phrases only.
    fn of(text: &str, is_phrase: bool) -> Self {
        let mut letters = Letters { all: Vec::with_capacity(text.len()), begins: Vec::with_capacity(text.len()) };
        let mut before = ' ';
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || c == '?' || c == '#' && is_phrase {
                letters.begins.push(c == '?' || !before.is_ascii_alphanumeric());
                letters.all.push(u8::try_from(c.to_ascii_lowercase()).unwrap_or(b'?'));
            }
            before = c;
        }
        letters
    }

    fn hold(&self, parts: &[Vec<u8>]) -> bool {
        let Some((first, rest)) = parts.split_first() else { return false };
        let from = (0..self.all.len()).filter_map(|at| self.ends_at(at, first));
        from.into_iter().any(|end| self.hold_after(end, rest))
    }

    fn hold_after(&self, from: usize, parts: &[Vec<u8>]) -> bool {
        let Some((first, rest)) = parts.split_first() else { return true };
        let until = self.all.len().min(from + APART);
        (from..until).filter_map(|at| self.ends_at(at, first)).any(|end| self.hold_after(end, rest))
    }

    /// Where a part ends that begins here; whole words only. Nothing is part of everything.
    fn ends_at(&self, at: usize, part: &[u8]) -> Option<usize> {
        let mut end = at;
        if part.is_empty() {
            return Some(end);
        }
        if !self.begins[at] {
            return None;
        }
        for wanted in part {
            let here = self.all.get(end..)?;
            end += match wanted {
                b'#' => here.iter().take_while(|c| c.is_ascii_digit()).count(),
                _ => usize::from(here.first() == Some(wanted)),
            };
            if here.is_empty() || end == self.all.len() - here.len() {
                return None;
            }
        }
        self.begins.get(end).is_none_or(|begins| *begins).then_some(end)
    }
}

/// `\"`, `\n`, `\u001b` as the characters they stand for, however often they were escaped; line ends become spaces.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match rest.as_str().chars().next() {
            Some('n' | 'r' | 't') => 0,
            Some('u') => 4,
            Some('x') => 2,
            _ => continue,
        };
        let code = rest.as_str().get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) if digits > 0 => {
                out.push(c);
                rest.nth(digits);
            }
            _ if digits == 0 => {
                out.push(' ');
                rest.next();
            }
            _ => {}
        }
    }
    out
}

/// Without the sequences that colour a terminal (ECMA-48 CSI) and those that set its title (OSC).
fn uncoloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.as_str().starts_with('[') => {
                rest.next();
                rest.by_ref().find(|c| ('@'..='~').contains(c));
            }
            '\u{1b}' if rest.as_str().starts_with(']') => {
                rest.by_ref().find(|c| matches!(c, '\u{7}' | '\u{1b}'));
            }
            _ => out.push(c),
        }
    }
    out
}

/// `redis_1  | text` of docker compose, and the `E   ` of pytest.
fn without_prefix(line: &str) -> &str {
    let line = match line.split_once(" | ") {
        Some((before, text)) if before.len() <= PREFIX => text,
        _ => line,
    };
    line.strip_prefix("E  ").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, phrase: &str) -> bool {
        Plain::of(text).says(phrase)
    }

    #[test]
    fn a_phrase_is_found_however_it_was_printed() {
        let phrase = "unable to get local issuer certificate";
        for text in [
            "unable to get local issuer certificate",
            "[SSL: X] failed: UNABLE to get\n   local issuer  certificate (_ssl.c:1006)",
            "unable to get local iss\nuer certificate",
            r#"{"msg":"unable to get \"local\" issuer\ncertificate"}"#,
            r#"{"msg":"\u001b[31munable to\u001b[0m get local issuer certificate"}"#,
            "\x1b[1;31munable to get\x1b[0m local issuer certificate",
            "app_1  | unable to get local\napp_1  | issuer certificate",
            "E   unable to get local\nE   issuer certificate",
            r#"{\"log\":\"{\\\"err\\\":\\\"unable to get local\\nissuer certificate\\\"}\"}"#,
        ] {
            assert!(says(text, phrase), "{text}");
        }
        assert!(!says("unable to get a local issuer certificate", phrase));
    }

    #[test]
    fn only_whole_words_count() {
        assert!(says("err: EOF", "EOF") && says("(EOF)", "EOF") && says("EOF", "eof"));
        assert!(!says("geofence", "EOF") && !says("EOFException", "EOF") && !says("", "EOF"));
    }

    #[test]
    fn gaps_and_numbers() {
        assert!(says(
            "x509: cannot validate certificate for 10.0.0.5 because it",
            "validate certificate for … because"
        ));
        let far = format!("validate certificate for {} because", "x".repeat(APART));
        assert!(!says(&far, "validate certificate for … because"));
        assert!(says("MOVED 9259 172.31.24.68:6379", "MOVED #") && !says("moved house", "MOVED #"));
        assert!(says("getaddrinfo ENOTFOUND ?", "ENOTFOUND ?") && !says("ENOTFOUND a.test", "ENOTFOUND ?"));
    }
}
