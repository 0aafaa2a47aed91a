//! Text from the wire made harmless for each medium it is written to.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// True for a character that steers a terminal, reorders or hides text, or prints as nothing: C0, C1, DEL, bidi controls
/// (U+202A–E, U+2066–9), zero-width and combining characters, tag characters, blanks other than the space.
pub fn is_unsafe(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    invisible || c.is_control() || (c.is_whitespace() && c != ' ') || c.width().unwrap_or(0) == 0
}

/// For a terminal: every unsafe character in the form `\u{..}`.
pub fn escape_terminal(text: &str) -> String {
    map(text, |c, out| if is_unsafe(c) { out.extend(c.escape_unicode()) } else { out.push(c) })
}

/// For the message of a GitHub workflow command (`toolkit/packages/core/src/command.ts`, `escapeData`).
pub fn escape_github_message(text: &str) -> String {
    map(&escape_terminal(text), |c, out| match c {
        '%' => out.push_str("%25"),
        '\r' => out.push_str("%0D"),
        '\n' => out.push_str("%0A"),
        _ => out.push(c),
    })
}

/// For a property of a GitHub workflow command (`escapeProperty`): as a message, and `:` and `,` too.
pub fn escape_github_property(text: &str) -> String {
    escape_github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// For a plain line in a GitHub log: a command is `::` at the start of a line, or `##[` anywhere in it
/// (`runner/src/Runner.Common/ActionCommand.cs`).
pub fn escape_github_line(text: &str) -> String {
    let line = escape_terminal(text).replace("##[", "##\\u{5b}");
    if line.trim_start().starts_with("::") { format!("\\{}", line.trim_start()) } else { line }
}

/// For Markdown as GitHub renders it, in running text or in a table cell: no markup, no HTML, no links, no mentions.
pub fn escape_markdown(text: &str) -> String {
    let markup = map(&escape_terminal(text), |c, out| match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '@' => out.push_str("&#64;"),
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => out.extend(['\\', c]),
        _ => out.push(c),
    });
    markup.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// For a double-quoted string in DOT: backslash sequences and HTML entities are interpreted in labels.
pub fn escape_dot(text: &str) -> String {
    map(&escape_terminal(text), |c, out| match c {
        '"' | '\\' => out.extend(['\\', c]),
        '&' => out.push_str("&amp;"),
        _ => out.push(c),
    })
}

/// For a quoted Mermaid label: its own `#NN;` entities for whatever its parsers look for, directives (`%%{`) included.
pub fn escape_mermaid(text: &str) -> String {
    map(&escape_terminal(text), |c, out| {
        if c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | '-' | '/' | '=') || !c.is_ascii() {
            out.push(c);
        } else {
            write!(out, "#{};", u32::from(c)).unwrap_or_default();
        }
    })
}

fn map(text: &str, mut each: impl FnMut(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| each(c, &mut out));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(escape_terminal("a\x1b[31mb"), "a\\u{1b}[31mb");
        for hostile in ['\u{9b}', '\u{7f}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{e0041}', '\u{301}', '\n', '\u{a0}']
        {
            let escaped = escape_terminal(&format!("a{hostile}b"));
            assert_eq!(escaped, format!("a{}b", hostile.escape_unicode()));
        }
        assert_eq!(escape_terminal("Zürich 東京 ✓"), "Zürich 東京 ✓");
    }

    #[test]
    fn github_sees_no_command_in_foreign_text() {
        assert_eq!(escape_github_message("50%\n::set-output"), "50%25\\u{a}::set-output");
        assert_eq!(escape_github_property("a,b:c"), "a%2Cb%3Ac");
        assert_eq!(escape_github_line("  ::stop-commands::x"), "\\::stop-commands::x");
        assert_eq!(escape_github_line("x ##[add-mask]y"), "x ##\\u{5b}add-mask]y");
    }

    #[test]
    fn markdown_stays_text() {
        assert_eq!(escape_markdown("a|b`c<img>*d*"), "a\\|b\\`c&lt;img&gt;\\*d\\*");
        assert_eq!(escape_markdown("https://x @me www.y"), "https&#58;//x &#64;me www&#46;y");
    }

    #[test]
    fn graph_labels_stay_labels() {
        assert_eq!(escape_dot("a\"];b\\N&lt;"), "a\\\"];b\\\\N&amp;lt;");
        assert_eq!(escape_mermaid("a\"]#%%{init}"), "a#34;#93;#35;#37;#37;#123;init#125;");
        assert_eq!(escape_mermaid("[2001:db8::1]:6379"), "#91;2001:db8::1#93;:6379");
    }
}
