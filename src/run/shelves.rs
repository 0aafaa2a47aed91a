//! The shelves as text: the card of a check, and `list`.

use std::fmt::Write as _;

use crate::{checks, cli::Shelf, clients, diagnosis::Check, tunnels};

/// The card of a check, in full.
pub(super) fn card(check: &Check) -> String {
    let expects = wrapped(check.expects, 76).join("\n  ");
    let mut text = format!("{} ({})\n\n  {expects}\n", check.code, check.severity);
    for paragraph in check.explain.split("\n\n") {
        let _ = writeln!(text, "\n{}", wrapped(paragraph, 78).join("\n"));
    }
    if !check.explains.is_empty() {
        let symptoms = format!("Goes away with it: {}", check.explains.join(", "));
        let _ = writeln!(text, "\n{}", wrapped(&symptoms, 78).join("\n"));
    }
    text
}

/// What to say of a code that nobody knows.
pub(super) fn unknown_code(code: &str) -> String {
    let typed: String = code.to_ascii_lowercase().chars().take(60).collect();
    let near = |check: &&&Check| {
        let shares_a_word = check.code.split('-').any(|word| word.len() > 3 && typed.contains(word));
        let mistyped = || strsim::jaro_winkler(check.code, &typed) > 0.9;
        shares_a_word || (typed.len() > 2 && check.code.contains(&typed)) || mistyped()
    };
    let near: Vec<_> = checks::ALL.iter().filter(near).map(|c| c.code).take(3).collect();
    let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
    let code: String = code.chars().take(60).collect();
    format!("no finding is called \"{code}\"{hint} (redis-doctor list checks has them all)")
}

/// One shelf, a line each, or a few.
pub(super) fn list(shelf: Shelf) -> String {
    let mut text = String::new();
    match shelf {
        Shelf::Checks => {
            for check in checks::ALL {
                let _ = writeln!(text, "{:<28} {:<8} {}", check.code, check.severity, check.expects);
            }
        }
        Shelf::Clients => {
            for client in clients::ALL {
                let known = if client.was_run() { "run" } else { "read" };
                let hook = client.hook.map_or("", |hook| hook.option);
                let _ = writeln!(text, "{:<21} {:<42} {known:<5} {hook}", client.id, client.versions);
            }
        }
        Shelf::Tunnels => {
            text.extend(tunnels::ALL.iter().map(tunnel));
            text.push_str(
                "\nrun: tried with whole clusters; grammar: only its command line was tried\n\
                 redis-doctor tunnel ENDPOINT says which of them fits\n",
            );
        }
        Shelf::Scenes =>
        {
            #[cfg(feature = "lab")]
            for scene in crate::lab::SCENES {
                let _ = writeln!(text, "lab://{:<22} {}", scene.name, scene.about);
            }
        }
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// What a kind of tunnel is for, how far it was tried, and what it has to be told.
fn tunnel(kind: &tunnels::Tunnel) -> String {
    let mut about = wrapped(kind.about, 80 - 19);
    about.extend(kind.via.map(|who| format!("--via {who}")));
    let columns = std::iter::once((kind.id, kind.evidence)).chain(std::iter::repeat(("", "")));
    columns.zip(about).fold(String::new(), |mut text, ((id, evidence), line)| {
        let _ = writeln!(text, "{id:<10} {evidence:<7} {line}");
        text
    })
}

/// Lines of whole words, at most so long.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|l| l.is_empty() || l.len() + 1 + word.len() <= width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunnels_are_listed_within_80_columns() {
        let text = list(Shelf::Tunnels);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        for kind in tunnels::ALL {
            assert!(text.lines().any(|l| l.split_whitespace().take(2).eq([kind.id, kind.evidence])), "{text}");
        }
    }
}
