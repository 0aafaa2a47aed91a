//! The screen a report is written on: columns, wrapping, colours, and the ASCII fallback.

use std::{borrow::Cow, collections::HashSet};

use anstyle::{AnsiColor, Style as Sgr};
use comfy_table::{Cell, ContentArrangement, LineStyle, Table, TableStyle};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Style, escape_terminal};

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Label,
    Good,
    Bad,
    Warn,
    Note,
}

/// How much is said of a deployment that is so large that a screen cannot hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// As of a small one.
    Usual,
    /// One error text, and of what is not most important the fix alone.
    Brief,
    /// What is wrong, where, and the first lines of the fix.
    Terse,
}

/// Signs that have an ASCII spelling.
const ASCII: [(char, &str); 14] = [
    ('✓', "ok"),
    ('✗', "X"),
    ('…', "..."),
    ('→', "->"),
    ('·', "|"),
    ('×', "x"),
    ('–', "-"),
    ('—', "-"),
    ('─', "-"),
    ('≥', ">="),
    ('≤', "<="),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
];

/// Where the text of a labelled entry begins.
pub(super) const INDENT: usize = 13;

/// Lines of text, none wider than the terminal and none with trailing spaces.
pub(super) struct Sheet<'a> {
    style: &'a Style,
    detail: Detail,
    out: String,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(style: &'a Style) -> Self {
        Sheet { style, detail: Detail::Usual, out: String::new() }
    }

    /// One that says no more than this.
    pub(super) fn in_detail(style: &'a Style, detail: Detail) -> Self {
        Sheet { detail, ..Sheet::new(style) }
    }

    /// How much is said.
    pub(super) fn detail(&self) -> Detail {
        self.detail
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn verbose(&self) -> bool {
        self.style.verbose
    }

    /// Columns; a terminal narrower than 40 is treated as one of 40.
    pub(super) fn width(&self) -> usize {
        self.style.width.max(40)
    }

    /// An empty line, unless there is one already.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A line exactly as it is, however long: something to paste.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) {
        let line = format!("{:indent$}{}", "", self.shown(text));
        self.push(&line);
    }

    /// `label      text`, the text wrapped in its own column. Nothing where there is no text.
    pub(super) fn entry(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            self.hang(&format!("  {label:<0$}", INDENT - 2), Ink::Label, INDENT, text);
        }
    }

    /// Wrapped text whose first line begins with `lead` in `ink`, and whose further lines are indented.
    pub(super) fn hang(&mut self, lead: &str, ink: Ink, indent: usize, text: &str) {
        let text = self.shown(text);
        let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
        self.wrapped(lead, ink, indent, &words, " ");
    }

    /// The same for phrases that are kept whole: a line ends between two of them, where `between` is left out.
    pub(super) fn phrases(&mut self, lead: &str, ink: Ink, indent: usize, phrases: &[String], between: &str) {
        let shown: Vec<Cow<'_, str>> = phrases.iter().map(|phrase| self.shown(phrase)).collect();
        let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
        let between = self.shown(between);
        self.wrapped(lead, ink, indent, &shown, &between);
    }

    fn wrapped(&mut self, lead: &str, ink: Ink, indent: usize, parts: &[&str], between: &str) {
        let lead = self.shown(lead).into_owned();
        let lines = wrap(parts, between, self.width(), lead.width(), indent);
        for (i, line) in lines.iter().enumerate() {
            let start = if i == 0 { self.paint(ink, &lead) } else { " ".repeat(indent) };
            let line = self.signs(line);
            self.push(&format!("{start}{line}"));
        }
    }

    /// Rows under a header, columns as wide as they need to be. Cells must fit: see [`Sheet::shorten`].
    pub(super) fn rows(&mut self, header: &[&str], rows: &[Vec<String>]) {
        const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header.iter().map(Cell::new));
        table.add_rows(rows.iter().map(|row| row.iter().map(|cell| Cell::new(self.shown(cell)))));
        table.discover_columns();
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        for (i, line) in table.lines().enumerate() {
            let line = if i == 1 { self.rule(&line) } else { self.signs(line.trim_end()) };
            self.push(&line);
        }
    }

    /// A column of cells in at most `columns` each, the middle left out where the cells stay apart best.
    pub(super) fn shorten(&self, cells: &[&str], columns: usize) -> Vec<String> {
        let full: Vec<Cow<'_, str>> = cells.iter().map(|cell| self.shown(cell)).collect();
        if full.iter().all(|cell| cell.width() <= columns) {
            return full.into_iter().map(Cow::into_owned).collect();
        }
        // The start of a host name tells nodes apart, or the end of an address, or both.
        let cut = |tail: usize| -> Vec<String> { full.iter().map(|cell| self.elide(cell, columns, tail)).collect() };
        let distinct = |cells: &Vec<String>| cells.iter().collect::<HashSet<_>>().len();
        let candidates = [columns / 2, columns * 2 / 3, columns / 3, columns / 5].map(cut);
        candidates.into_iter().rev().max_by_key(distinct).unwrap_or_default()
    }

    /// `text` in at most `columns`, of which its end gets `tail`.
    fn elide(&self, text: &str, columns: usize, tail: usize) -> String {
        if text.width() <= columns {
            return text.to_owned();
        }
        let sign = self.shown("…");
        let (head, _) = split_at_width(text, columns.saturating_sub(sign.width() + tail));
        let mut used = 0;
        let within = |(_, c): &(usize, char)| {
            used += c.width().unwrap_or(0);
            used <= tail
        };
        let end = text.char_indices().rev().take_while(within).last().map_or(text.len(), |(at, _)| at);
        format!("{head}{sign}{}", &text[end..])
    }

    /// What is seen of `text` here: escaped, and in ASCII where the terminal has nothing else.
    pub(super) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Cow::Borrowed(text);
        }
        let escaped = escape_terminal(text);
        Cow::Owned(if self.style.unicode { escaped } else { ascii(&escaped) })
    }

    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        let sgr = match ink {
            Ink::Plain => return self.signs(text),
            Ink::Label => Sgr::new().dimmed(),
            Ink::Good => AnsiColor::Green.on_default().bold(),
            Ink::Bad => AnsiColor::Red.on_default().bold(),
            Ink::Warn => AnsiColor::Yellow.on_default().bold(),
            Ink::Note => AnsiColor::Cyan.on_default().bold(),
        };
        if self.style.color && !text.trim().is_empty() { format!("{sgr}{text}{sgr:#}") } else { text.to_owned() }
    }

    fn rule(&self, line: &str) -> String {
        let line = line.trim_end();
        self.paint(Ink::Label, &self.shown(line.get(..line.len().saturating_sub(2 * '─'.len_utf8())).unwrap_or(line)))
    }

    /// Text with its verdict signs coloured.
    fn signs(&self, line: &str) -> String {
        if !self.style.color {
            return line.to_owned();
        }
        line.replace('✓', &self.paint(Ink::Good, "✓")).replace('✗', &self.paint(Ink::Bad, "✗"))
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }
}

fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match ASCII.iter().find(|(sign, _)| *sign == c) {
            Some((_, spelling)) => out.push_str(spelling),
            None if c.is_ascii() => out.push(c),
            None => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// Lines of whole parts. A part is broken only where a whole line cannot hold it, which no address or command reaches.
fn wrap(parts: &[&str], between: &str, width: usize, first: usize, indent: usize) -> Vec<String> {
    let further = width.saturating_sub(indent).max(1);
    let mut room = width.saturating_sub(first).max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in parts {
        if !line.is_empty() && line.width() + between.width() + part.width() > room {
            lines.push(std::mem::take(&mut line));
            room = further;
        }
        if line.is_empty() && part.width() > room && part.width() <= further {
            lines.push(String::new());
            room = further;
        }
        if !line.is_empty() {
            line.push_str(between);
        }
        line.push_str(part);
        // Only as far as a line reaches is looked at each time: parts may be long.
        let whole = std::mem::take(&mut line);
        let mut rest = split_at_width(&whole, room);
        while !rest.1.is_empty() {
            lines.push(rest.0.to_owned());
            room = further;
            rest = split_at_width(rest.1, room);
        }
        rest.0.clone_into(&mut line);
    }
    lines.push(line);
    lines
}

/// The longest start of `text` that fits into `columns` (at least one character), and the rest.
fn split_at_width(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        used += c.width().unwrap_or(0);
        (used > columns && at > 0).then_some(at)
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_addresses_stay_whole() {
        let lines = wrap(&["dial", "[2001:db8::5]:6379", "and", "then", "wait"], " ", 24, 6, 4);
        assert_eq!(lines, ["dial", "[2001:db8::5]:6379", "and then wait"]);
    }

    #[test]
    fn only_what_no_line_can_hold_is_broken() {
        let long = "x".repeat(50);
        let lines = wrap(&["a", &long, "b"], " ", 24, 4, 4);
        assert_eq!(lines, ["a", &"x".repeat(20), &"x".repeat(20), "xxxxxxxxxx b"]);
    }

    #[test]
    fn what_tells_nodes_apart_stays() {
        let style = Style::default();
        let ends = ["[2001:db8:85a3::370:7348]:16379", "[2001:db8:85a3::370:7349]:16379"];
        assert_eq!(Sheet::new(&style).shorten(&ends, 16), ["[2001:d…8]:16379", "[2001:d…9]:16379"]);
        let starts = ["redis-cluster-0.headless.svc.local:6379", "redis-cluster-1.headless.svc.local:6379"];
        assert_eq!(Sheet::new(&style).shorten(&starts, 22), ["redis-cluster-0.h…6379", "redis-cluster-1.h…6379"]);
    }

    #[test]
    fn the_middle_is_left_out() {
        let style = Style::default();
        let sheet = Sheet::new(&style);
        assert_eq!(
            sheet.shorten(&["[2001:db8:85a3:8d3:1319:8a2e:370:7348]:16379"], 26),
            ["[2001:db8:85…0:7348]:16379"]
        );
        assert_eq!(sheet.shorten(&["東京東京東京:6379", "short:1"], 11), ["東京…:6379", "short:1"]);
    }
}
