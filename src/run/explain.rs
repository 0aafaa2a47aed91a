//! `explain`: a finding by its code, or what a client's error text can mean.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Read as _, stdin},
};

use anyhow::{Result, bail};

use super::shelves::{card, unknown_code, wrapped};
use crate::{
    checks,
    errors::{self, Lead, Reading, Says},
};

/// Findings that are told with their reason; of more only the codes.
const TOLD: usize = 8;
/// No code is longer.
const LONGEST_CODE: usize = 40;

/// The card of a check, or the findings that a text can mean. Of the text itself nothing is printed but endpoints.
pub(super) fn explain(what: Option<&str>) -> Result<String> {
    let text = match what {
        Some(text) if text != "-" => text.to_owned(),
        None if stdin().is_terminal() => bail!("give a code or the text of an error; - reads it from stdin"),
        _ => piped()?,
    };
    let text = text.trim();
    if let Some(check) = checks::by_code(&text.to_ascii_lowercase()) {
        return Ok(card(check));
    }
    match errors::read(text) {
        Some(reading) => Ok(meaning(&reading)),
        None if text.is_empty() => bail!("there is nothing to explain: give a code or the text of an error"),
        None if is_like_a_code(text) => bail!("{}", unknown_code(text)),
        None => bail!("no finding is known for this text; redis-doctor check ENDPOINT looks for itself what is wrong"),
    }
}

fn piped() -> Result<String> {
    let mut bytes = Vec::new();
    stdin().lock().take(errors::LARGEST as u64).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_like_a_code(text: &str) -> bool {
    text.len() <= LONGEST_CODE && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}

fn meaning(reading: &Reading) -> String {
    let Reading { phrase, says, leads, clients, .. } = reading;
    let by = match &clients[..] {
        [] => String::new(),
        [one] => format!(", as {one} prints it,"),
        [first @ .., last] => format!(", as {} and {last} print it,", first.join(", ")),
    };
    let lead = match says {
        Says::TheCause if leads.len() == 1 => format!("\"{phrase}\"{by} means:"),
        Says::TheCause => format!("\"{phrase}\"{by} means, most likely first:"),
        Says::TheKind => format!("\"{phrase}\"{by} can mean, most likely first:"),
        Says::Nothing | Says::Hides => format!("\"{phrase}\"{by} hides the cause. It can be, most likely first:"),
    };
    let mut text = wrapped(&lead, 78).join("\n") + "\n";
    for Lead { code, why } in leads.iter().take(TOLD) {
        let _ = writeln!(text, "\n{code}\n  {}", wrapped(why, 76).join("\n  "));
    }
    let others: Vec<&str> = leads.iter().skip(TOLD).map(|lead| lead.code).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "\n{}", wrapped(&format!("or {}", others.join(", ")), 78).join("\n"));
    }
    text + &settled(reading)
}

/// The command that settles it, and what to look at.
fn settled(reading: &Reading) -> String {
    let scheme = if reading.tls { "rediss://" } else { "" };
    let place = reading.places.first().map_or_else(|| format!("{scheme}ENDPOINT"), |at| format!("{scheme}{at}"));
    let codes: Vec<&str> = reading.leads.iter().take(3).map(|lead| lead.code).collect();
    let remark = if reading.places.is_empty() {
        String::new()
    } else {
        "; the endpoint that the application is given says more, since all nodes are found from it".to_owned()
    };
    let look = format!("look for {}{remark}", codes.join(" or "));
    let look = wrapped(&look, 74).join("\n      ");
    let first = codes.first().copied().unwrap_or_default();
    format!(
        "\nsettle it:\n  redis-doctor check {place}\n      {look}\n  redis-doctor explain {first}\n      what it means and what to do\n"
    )
}
