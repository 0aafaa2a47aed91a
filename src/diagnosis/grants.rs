//! What an ACL user has to be granted: commands that a server would not run, as rules, and what each client library needs.

use super::Context;
use crate::{
    clients::Client,
    facts::{Attempt, Kind, Refusal},
};

/// How a rule is to be applied, for every line that [`Context::grant`] gives.
pub const ON_EVERY_NODE: &str = "on every node, since ACLs are not replicated; ACL SAVE (or CONFIG REWRITE, without an aclfile) \
                                 keeps it. In a shell, | needs quotes. A hosted service takes the same rules in its console.";

impl<'a> Context<'a> {
    /// What the endpoint would not answer although some client cannot do without. SHARDS is unknown before 7.0, HELLO before
    /// 6.0, CLUSTER outside clusters: their absence alone harms nobody.
    pub fn refusals(&self) -> Vec<&'a Refusal> {
        self.refusals_of(&self.snapshot.seed)
    }

    /// The same of any server.
    pub fn refusals_of(&self, attempt: &'a Attempt) -> Vec<&'a Refusal> {
        let outside_cluster = self.topology().is_some_and(|t| t.kind != Kind::Cluster);
        let matters = |refusal: &&Refusal| {
            let unknown = refusal.answer.to_ascii_lowercase().contains("unknown");
            match refusal.command.as_str() {
                // Redis Enterprise's discovery service knows what clients ask Sentinels, and nothing else.
                _ if unknown && self.is_sentinel() => false,
                "HELLO" => !refusal.answer.starts_with("ERR"),
                // No client asks a Sentinel who it is, and before 6.2 it cannot be asked. Single libraries PING as they connect; to
                // proxies it may be unknown.
                "SENTINEL MYID" | "PING" => is_denied(refusal),
                "CLUSTER SHARDS" if unknown => false,
                "CLUSTER SLOTS" | "CLUSTER SHARDS" | "CLUSTER NODES" => !outside_cluster,
                // Single libraries need these; unknown they are to proxies that answer for them.
                "CLUSTER INFO" | "COMMAND COUNT" => !outside_cluster && is_denied(refusal),
                command => command == "INFO" || command.starts_with("SENTINEL "),
            }
        };
        attempt.opened().into_iter().flat_map(|c| &c.refusals).filter(matters).collect()
    }

    /// A proxy stands there, or a service that is as plain as one: it answers, and knows nothing by which clients discover. A
    /// plain client works; whoever expects a cluster does not want this.
    pub fn is_plain_front(&self) -> bool {
        let Some(connection) = self.snapshot.seed.opened() else { return false };
        let lacks = |command| connection.refusals.iter().any(|r| r.command == command && is_unsupported(r));
        let refuses = |command| connection.refusals.iter().any(|r| r.command == command);
        // Predixy answers INFO, and tells of itself alone.
        let tells_nothing = connection.server.seen().is_none_or(|said| said.version.is_none() && said.mode.is_none());
        let nothing_known = ["HELLO", "CLUSTER SLOTS", "CLUSTER NODES"].into_iter().all(lacks)
            && (lacks("INFO") || tells_nothing && !refuses("INFO"));
        self.expect != Some(Kind::Cluster) && self.topology().is_none() && nothing_known && !refuses("PING")
    }

    /// The ACL user whom the servers have to do with: who they say it is (NOPERM names him since 7.2, and who comes with a
    /// certificate gave no name), else who was given.
    pub fn user(&self) -> &str {
        self.named_user().or(self.snapshot.target.username.as_deref()).unwrap_or("default")
    }

    /// As some refusal names him.
    pub(super) fn user_of_refusals(&self) -> Option<String> {
        let refusals = self.snapshot.all_attempts().filter_map(Attempt::opened).flat_map(|c| &c.refusals);
        let named = refusals.filter_map(|r| r.answer.strip_prefix("NOPERM User ")?.split_once(" has no permissions"));
        named.map(|(name, _)| name).find(|name| is_plain(name)).map(str::to_owned)
    }

    /// The user as redis-cli reads a name.
    pub fn written_user(&self) -> String {
        quoted(self.user())
    }

    /// The line that grants these commands to the user, ready to apply; `None` for no command, and for a name that cannot be
    /// written without quotes.
    pub fn grant<'c>(&self, commands: impl IntoIterator<Item = &'c str>) -> Option<String> {
        let mut rules: Vec<String> = commands.into_iter().filter(|command| is_command(command)).map(rule).collect();
        let mut seen = Vec::new();
        rules.retain(|rule| {
            !seen.contains(rule) && {
                seen.push(rule.clone());
                true
            }
        });
        let user = self.written_user();
        (!rules.is_empty()).then(|| format!("ACL SETUSER {user} {}", rules.join(" ")))
    }

    /// What one library has to be granted beside its data commands, in a deployment of this kind; empty where that is nothing.
    pub fn needed_by(&self, client: &Client) -> Vec<&'static str> {
        if self.is_sentinel() {
            return client.follows.map_or_else(Vec::new, |follows| follows.asks.to_vec());
        }
        // HELLO cannot be denied (it has the flag no_auth, acl.c).
        if !self.is_cluster() && !self.is_kept_secret() {
            return client.plain.needs.to_vec();
        }
        let first = client.dials.command().filter(|command| !client.needs.contains(command));
        let asked = first.into_iter().chain(client.needs.iter().copied());
        asked.filter(|command| *command != "HELLO").collect()
    }

    /// The ACL denies all by which a cluster would be known for one.
    fn is_kept_secret(&self) -> bool {
        let denied = |refusal: &Refusal| refusal.command.starts_with("CLUSTER ") && is_denied(refusal);
        self.topology().is_none() && self.snapshot.seed.opened().is_some_and(|c| c.refusals.iter().any(denied))
    }

    /// What the ACL denied anywhere of that for which there is no other way to know: INFO says what ROLE says, CLUSTER NODES
    /// what CLUSTER MYID says.
    pub fn missing(&self) -> Vec<&'a str> {
        let outside_cluster = self.topology().is_some_and(|t| t.kind != Kind::Cluster);
        let otherwise_known = |command: &str| {
            // SELECT tells nothing: it is clients that need it.
            matches!(command, "PING" | "COMMAND COUNT" | "ROLE" | "CLUSTER MYID" | "SELECT")
                || outside_cluster && command.starts_with("CLUSTER ")
        };
        let refusals = self.snapshot.all_attempts().filter_map(Attempt::opened).flat_map(|c| &c.refusals);
        let mut missing: Vec<&str> = Vec::new();
        for command in refusals.filter(|r| is_denied(r)).map(|r| r.command.as_str()) {
            if !otherwise_known(command) && !missing.contains(&command) {
                missing.push(command);
            }
        }
        missing
    }
}

/// The ACL forbids it.
pub fn is_denied(refusal: &Refusal) -> bool {
    refusal.answer.starts_with("NOPERM")
}

/// The server, or what stands before it, does not know the command: it says so, or hangs up.
pub fn is_unsupported(refusal: &Refusal) -> bool {
    let answer = refusal.answer.to_ascii_lowercase();
    let said = [
        "unknown command",
        "unknown subcommand",
        "unsupported",
        "not support",
        "not available",
        "not allowed",
        "invalid request",
    ];
    !is_denied(refusal) && (refusal.answer == Refusal::HANGS_UP || said.iter().any(|words| answer.contains(words)))
}

/// What came in place of answers, those that the ACL denies put together.
pub fn answers(refused: &[&Refusal]) -> String {
    let denied: Vec<&str> = refused.iter().filter(|r| is_denied(r)).map(|r| r.command.as_str()).collect();
    let denied = (!denied.is_empty()).then(|| format!("NOPERM to {}", denied.join(", ")));
    let mut others: Vec<(&str, Vec<&Refusal>)> = Vec::new();
    for refusal in refused.iter().filter(|r| !is_denied(r)) {
        let start = before_quotes(&refusal.answer);
        match others.iter_mut().find(|(known, _)| *known == start) {
            Some((_, alike)) => alike.push(refusal),
            None => others.push((start, vec![refusal])),
        }
    }
    let others = others.into_iter().map(|(start, alike)| match alike[..] {
        [one] => format!("{}: {}", one.command, one.answer),
        _ => format!("{start} to {}", alike.iter().map(|r| r.command.as_str()).collect::<Vec<_>>().join(", ")),
    });
    denied.into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// An answer without what it quotes: the command, which differs.
fn before_quotes(answer: &str) -> &str {
    answer.split(['\'', '`', '"']).next().unwrap_or(answer).trim_end()
}

/// COMMAND itself is long, so that only its count is asked for.
pub fn as_clients_ask(command: &str) -> &str {
    if command == "COMMAND COUNT" { "COMMAND" } else { command }
}

/// `CLUSTER SLOTS` as `+cluster|slots`. Redis 6 takes the second word for a first argument, 7.0 and Valkey for a subcommand:
/// the rule is written alike.
pub fn rule(command: &str) -> String {
    let words: Vec<String> = command.split(' ').take(2).map(str::to_lowercase).collect();
    format!("+{}", words.join("|"))
}

/// Words, and nothing that a shell or an ACL reads otherwise: files come from anywhere.
fn is_command(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"- _".contains(&b))
}

/// As it can be pasted without quotes.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:@/+=".contains(&b))
}

/// A name as redis-cli reads it.
fn quoted(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let escaped = name.bytes().flat_map(|b| match b {
        b'"' | b'\\' => vec!['\\', char::from(b)],
        b' '..=b'~' => vec![char::from(b)],
        other => format!("\\x{other:02x}").chars().collect(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_at_most_one_bar() {
        let rules =
            ["INFO", "CLUSTER SLOTS", "CONFIG GET timeout", "COMMAND", "SENTINEL GET-MASTER-ADDR-BY-NAME"].map(rule);
        let wanted = ["+info", "+cluster|slots", "+config|get", "+command", "+sentinel|get-master-addr-by-name"];
        assert_eq!(rules, wanted);
    }

    #[test]
    fn what_is_no_command_is_granted_to_nobody() {
        assert!(is_command("CLUSTER SLOTS") && is_command("SENTINEL GET-MASTER-ADDR-BY-NAME"));
        for odd in ["", "INFO;reboot", "INFO\n~*", "$(reboot)", "INFO|x", "\u{202e}"] {
            assert!(!is_command(odd), "{odd}");
        }
    }

    #[test]
    fn names_are_quoted_as_redis_cli_reads_them() {
        for (name, wanted) in [
            ("app", "app"),
            ("svc:app@prod", "svc:app@prod"),
            ("a\"b", "\"a\\\"b\""),
            ("a|b;c", "\"a|b;c\""),
            ("\u{e9}\n", "\"\\xc3\\xa9\\x0a\""),
        ] {
            assert_eq!(quoted(name), wanted);
        }
    }
}
