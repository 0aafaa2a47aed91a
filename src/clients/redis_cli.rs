//! redis-cli: follows MOVED and looks at the chain, never at a name: that it connects proves nothing about names.

use super::{
    Blank, Client, Dials, Evidence, OneBadNode, Plain, Port, PortZero, Resolves, Sni, Symptom, Verifies, Where, hiredis,
};
use crate::names::stacks;

/// `redis-cli -c`. Without `-c` it stays where it is.
pub const CLIENT: Client = Client {
    id: "redis-cli",
    versions: ">=7.2",
    learnt_from: "7.4.1",
    source: "redis 7.4.1, src/redis-cli.c",
    evidence: Evidence::Read,
    dials: Dials::Redirects,
    on_nil: Blank::Asker,
    on_empty: Blank::Asker,
    on_question_mark: Blank::Literal,
    on_port_zero: PortZero::Dials,
    port: Port::AsAsked,
    resolves: Resolves::Nothing,
    loopback_is_seed: false,
    verifies: Verifies::Nothing,
    sni: Sni::Configured,
    fixed_name: Some("--sni"),
    stack: &stacks::openssl::HIREDIS,
    needs: &[],
    plain: Plain::UNKNOWN,
    one_bad_node: OneBadNode::FailsThere,
    dials_replicas: false,
    heeds_state: false,
    in_another_database: Some("ERR SELECT is not allowed in cluster mode"),
    hook: None,
    follows: None,
    text,
};

/// It dials the empty host of a redirect.
pub const BEFORE_7_2: Client = Client {
    versions: ">=6, <7.2",
    learnt_from: "7.0.15",
    source: "redis 7.0.15, src/redis-cli.c",
    evidence: Evidence::Run,
    on_nil: Blank::Literal,
    on_empty: Blank::Literal,
    ..CLIENT
};

/// What it prints. It has no time-outs: where nothing is answered, nothing is printed.
fn text(symptom: &Symptom, place: Where) -> Option<String> {
    let not_connected = |at: &str| format!("Could not connect to Redis at {at}:");
    Some(match symptom {
        Symptom::TimedOut(_) | Symptom::TlsNotSpoken => return None,
        Symptom::TlsRequired => "Error: Connection reset by peer".to_owned(),
        // Which of the two comes first is chance: the alert, or the reset that follows it.
        Symptom::ClientCertificate => "Error: Server closed the connection".to_owned(),
        Symptom::NoSuchName(host) => not_connected(host),
        Symptom::Refused(at) | Symptom::Unreachable(at) => {
            let inner = hiredis::text(symptom, place).unwrap_or_default();
            format!("{} {inner}", not_connected(&at.unbracketed()))
        }
        Symptom::NoAuth => "NOAUTH Authentication required.".to_owned(),
        Symptom::WrongPass => "AUTH failed: WRONGPASS".to_owned(),
        _ => return hiredis::text(symptom, place),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_answered_has_a_text() {
        let at = || "[fd77::13]:7003".parse().unwrap();
        let said = |symptom| text(&symptom, Where::SomeNodes);
        assert_eq!(said(Symptom::TimedOut(at())), None);
        assert_eq!(
            said(Symptom::Refused(at())).as_deref(),
            Some("Could not connect to Redis at fd77::13:7003: Connection refused")
        );
        assert_eq!(said(Symptom::NoSuchName(String::new())).as_deref(), Some("Could not connect to Redis at :"));
    }
}
