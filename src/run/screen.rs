//! What the terminal can show, and the bar on it while looking.

use std::{
    env,
    io::{IsTerminal, stderr, stdout},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    cli::{Global, When},
    probe::Event,
    render::Style,
};

/// Widest table that still reads well.
const WIDEST: usize = 160;

/// The terminal, as far as it matters.
pub(super) struct Screen {
    pub(super) style: Style,
}

impl Screen {
    /// What stdout can show. Precedence: `--color`, `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR=0`, then whether it is a terminal.
    pub(super) fn of_stdout(global: &Global) -> Self {
        let terminal = stdout().is_terminal();
        let is_set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|t| t == "dumb");
        let color = match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto if is_set("NO_COLOR") => false,
            When::Auto if env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0") => true,
            When::Auto if env::var_os("CLICOLOR").is_some_and(|v| v == "0") => false,
            When::Auto => terminal && !dumb,
        };
        let columns = || env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let width = if terminal { terminal_width().or_else(columns) } else { columns() };
        let width = width.unwrap_or(80).clamp(40, WIDEST);
        let style =
            Style { width, color, unicode: !dumb && speaks_unicode(), verbose: global.verbose, quiet: global.quiet };
        Screen { style }
    }
}

fn terminal_width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(stdout())?;
    Some(usize::from(columns)).filter(|w| *w > 0)
}

/// UTF-8 by the locale, as the C library decides it: `LC_ALL`, else `LC_CTYPE`, else `LANG`. Windows terminals are UTF-8.
fn speaks_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    locale.is_some_and(|l| l.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// A bar on stderr while looking, on a terminal only.
pub(super) struct Bar(Option<ProgressBar>);

impl Bar {
    pub(super) fn new(global: &Global) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|t| t == "dumb");
        if global.quiet || dumb || !stderr().is_terminal() {
            return Bar(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}/{len} [{elapsed}]") {
            bar.set_style(style);
        }
        bar.set_message("looking");
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar(Some(bar))
    }

    pub(super) fn tell(&self, event: Event) {
        let Some(bar) = &self.0 else { return };
        match event {
            Event::Nodes(nodes) => bar.set_length(nodes as u64),
            Event::Done => bar.inc(1),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
