//! A report as text, for a person at a terminal, a machine, and a CI job. Pure: it depends on the arguments only.

mod cert;
mod cert_answer;
mod cert_coverage;
mod cert_json;
mod cert_verdicts;
mod check;
mod clients;
mod contract;
mod escape;
mod finding;
mod github;
mod graph;
mod groups;
mod json;
mod link;
mod link_json;
mod map_check;
mod map_check_json;
mod map_faults;
mod markdown;
mod mending;
mod names;
mod node;
mod node_table;
mod places;
#[cfg(test)]
mod samples;
mod sheet;
#[cfg(test)]
mod tests;
mod tls;
mod topology;
mod words;

use crate::{
    diagnosis::{Report, outlook::Outlook},
    facts::{Attempt, Snapshot},
};

pub use cert::{CertPage, cert};
pub use cert_answer::{CERT_ANSWER_SCHEMA, cert_answer, cert_complaint};
pub use cert_json::{CERT_SCHEMA, cert_json};
pub use check::table;
pub use clients::clients;
pub use escape::{escape_dot, escape_github_line, escape_github_message, escape_github_property, escape_markdown};
pub use escape::{escape_mermaid, escape_terminal, is_unsafe};
pub use github::github;
pub use graph::{dot, mermaid};
pub use json::{REPORT_SCHEMA, json};
pub use map_check::{Forwards, MapPage, map_check, map_check_github};
pub use map_check_json::{MAP_CHECK_SCHEMA, map_check_json};
pub use markdown::step_summary;
pub use tls::tls;
pub use topology::topology;

/// How the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of the command line and the terminal")]
pub struct Style {
    /// Terminal columns; 80 when unknown. Lines to paste are never broken, everything else fits.
    pub width: usize,
    /// Write SGR colours.
    pub color: bool,
    /// The terminal shows more than ASCII.
    pub unicode: bool,
    /// Show everything (`-v`).
    pub verbose: bool,
    /// Show the verdict only (`-q`).
    pub quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style { width: 80, color: false, unicode: true, verbose: false, quiet: false }
    }
}

/// What is to be shown.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// What was thought of it.
    pub report: &'a Report,
    /// The code that the process exits with.
    pub exit: u8,
    /// The exact next command; nothing is printed for an empty one.
    pub next: &'a str,
    /// A remark on that command, in parentheses under it; nothing is printed for an empty one.
    pub note: &'a str,
    /// Whether the certificate an attempt saw speaks for the host a client verifies there; `None` without TLS.
    pub name_ok: &'a dyn Fn(&Attempt) -> Option<bool>,
    /// What client libraries would do, where that was asked for.
    pub outlooks: &'a [Outlook],
}
