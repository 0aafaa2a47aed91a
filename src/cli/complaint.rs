//! What clap has to say, in one sentence, and without what was typed where a secret may stand.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Ask, command};

/// From clap's error to ours.
pub(super) fn ask(error: clap::Error) -> Ask {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Ask::Print(error)
        }
        _ => Ask::Refuse(sentence(&error)),
    }
}

/// An endpoint as it was typed, as far as it is one: what may be secret is taken out, and what no endpoint holds is not shown.
pub(crate) fn without_credentials(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    // First: a password may hold a question mark.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let query = match scheme {
        "lab" if !query.is_empty() => format!("?{query}"),
        // Of Sentinels, the group.
        sentinel if sentinel.ends_with("sentinel") => {
            query.rsplit_once('#').map_or(String::new(), |(_, group)| format!("#{group}"))
        }
        _ => String::new(),
    };
    let scheme: String =
        scheme.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | ':' | '.')).collect();
    let rest = places(rest);
    if scheme.is_empty() { rest } else { format!("{scheme}://{rest}{query}") }
}

/// Hosts and ports with what stands behind the slash, up to the first thing that is none of them: it may be a password.
fn places(text: &str) -> String {
    let (hosts, path) = text.split_once('/').map_or((text, None), |(hosts, path)| (hosts, Some(path)));
    let mut shown: Vec<&str> = Vec::new();
    for place in hosts.split(',') {
        let known = place_in(place);
        shown.push(&place[..known]);
        if known < place.len() {
            return format!("{}…", shown.join(","));
        }
    }
    let Some(path) = path else { return shown.join(",") };
    let of_a_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '%' | '#' | ' ');
    let known = path.find(|c| !of_a_path(c)).unwrap_or(path.len());
    let more = if known < path.len() { "…" } else { "" };
    format!("{}/{}{more}", shown.join(","), &path[..known])
}

/// How much of it is a host and a port.
fn place_in(text: &str) -> usize {
    let of_a_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | ' ');
    let of_an_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '[' | ']' | '%');
    let is_v6 = text.starts_with('[') || text.contains("::") || text.matches(':').count() == 7;
    if is_v6 && text.chars().all(of_an_address) {
        return text.len();
    }
    let host = text.find(|c| !of_a_host(c)).unwrap_or(text.len());
    let port = text[host..].strip_prefix(':').map_or(0, |port| {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        let ends = digits == port.len() && digits <= 5;
        if ends { digits + 1 } else { 0 }
    });
    // Words that are parted by blanks are a line, in which anything may stand.
    let line = &text[..host];
    let first = line.len() - line.trim_start().len();
    match line.trim().find(' ') {
        Some(end) => first + end,
        None => host + port,
    }
}

/// What, and the way out.
fn sentence(error: &clap::Error) -> String {
    let argument = strings(error, ContextKind::InvalidArg).join(", ");
    // `--passwrod=secret`: the flag is what is not known.
    let unknown = without_credentials(argument.split('=').next().unwrap_or_default());
    let way_out = match error.kind() {
        ErrorKind::InvalidSubcommand => return no_command(error),
        ErrorKind::UnknownArgument => match strings(error, ContextKind::SuggestedArg).first() {
            Some(near) => format!("{unknown} is not known here; {near} is"),
            None => format!("{unknown} is not known here"),
        },
        ErrorKind::MissingRequiredArgument => format!("{argument} is missing"),
        ErrorKind::ArgumentConflict => {
            format!("{argument} and {}: give one of the two", strings(error, ContextKind::PriorArg).join(", "))
        }
        ErrorKind::InvalidValue => match (strings(error, ContextKind::ValidValue), value(error)) {
            (known, value) if value.is_empty() && known.is_empty() => format!("{argument} needs a value"),
            (known, value) if known.is_empty() => format!("{argument} does not take \"{value}\""),
            (known, _) => format!("{argument} takes {}", known.join(", ")),
        },
        ErrorKind::ValueValidation => match error.source() {
            Some(why) => format!("{argument}: {why}"),
            None => format!("{argument} does not take what it was given"),
        },
        _ => return error.render().to_string().lines().next().unwrap_or_default().replace("error: ", ""),
    };
    format!("{way_out} (--help has all arguments)")
}

/// Most often an endpoint without a command before it.
fn no_command(error: &clap::Error) -> String {
    let typed = strings(error, ContextKind::InvalidSubcommand).join(" ");
    let typed = without_credentials(&typed);
    if typed.contains([':', '.']) {
        return format!("\"{typed}\" is no command; redis-doctor check ENDPOINT looks at an endpoint");
    }
    let known: Vec<String> = command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
    format!("\"{typed}\" is no command; the commands are {}", known.join(", "))
}

fn value(error: &clap::Error) -> String {
    strings(error, ContextKind::InvalidValue).join(" ")
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(many)) => many.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out() {
        for url in [
            "rediss://app:hunter2@h:1/0?password=hunter2",
            "app:hunter2@h:1",
            "redis://u:hunter2@x@h:1",
            "redis://:hunter2?/#@h",
        ] {
            assert!(!without_credentials(url).contains("hunter2"), "{url}");
        }
        assert_eq!(without_credentials("lab://healthy?nodes=3"), "lab://healthy?nodes=3");
        assert_eq!(without_credentials(" ü hunter2"), " ü…");
    }
}
