//! What all commands share: output and limits.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which shows no backticks")]

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum};

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One object, for machines
    Json,
    /// Annotations and a step summary of GitHub Actions
    Github,
}

/// Where the line between success and failure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Exit 1 on errors
    Error,
    /// Exit 1 on warnings too
    Warning,
    /// Exit 0 whatever is found
    Never,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What all commands share.
#[derive(Debug, Args)]
pub struct Global {
    /// How to print
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    pub format: Format,
    /// Save what was seen (no credentials are in it) for --from
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Think about a saved snapshot instead of looking
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub from: Option<PathBuf>,
    /// Judge certificates as of then, not now: 2027-03-15, 2027-03-15T12:00:00Z or seconds since 1970
    #[arg(long, global = true, value_name = "TIME", value_parser = super::moment, help_heading = "Output")]
    pub at: Option<i64>,
    /// What makes the exit code 1
    #[arg(long, global = true, value_name = "SEVERITY", default_value = "error", help_heading = "Output")]
    pub fail_on: FailOn,
    /// Only the summary and the findings' titles
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Everything that is known
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: When,
    /// The longest that one attempt (connect, handshake, answers) may take: 500ms, 3s, 2m
    #[arg(short = 't', long, global = true, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// The longest that the whole look may take
    #[arg(long, global = true, value_name = "TIME", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub deadline: Duration,
    /// Nodes looked at side by side
    #[arg(long, global = true, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096), help_heading = "Limits")]
    pub concurrency: u16,
    /// Nodes looked at in all; the rest are only counted
    #[arg(long, global = true, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=20_000), help_heading = "Limits")]
    pub max_nodes: u32,
    /// Print help (-h is the host, as in redis-cli)
    #[arg(long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

/// `500ms`, `3s`, `2m`, or seconds without a unit; more than nothing and at most a day.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| "write it as 500ms, 3s or 2m".to_owned())?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err("write it as 500ms, 3s or 2m".to_owned()),
    };
    if (0.001..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("more than nothing and at most a day (24h)".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        for bad in ["", "s", "-1s", "0", "1d", "NaN", "inf", "1e9h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
