//! The commands the lab's nodes know, with Redis 7.2's answers: found, counted and routed in one place.

mod cluster;
mod connection;
mod keys;
mod server;

use super::{reply::Reply, session::Session, store::key_slot};

/// One command.
struct Command {
    name: &'static str,
    /// Arguments with the name; negative: at least so many.
    arity: i64,
    /// As COMMAND tells them.
    flags: &'static [&'static str],
    keys: Keys,
    run: fn(&mut Session, &[&[u8]], &mut Reply),
}

/// Which arguments are keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    None,
    First,
    All,
}

/// Those that clients send most come first.
const COMMANDS: &[Command] = &[
    Command { name: "get", arity: 2, flags: &["readonly", "fast"], keys: Keys::First, run: keys::get },
    Command { name: "set", arity: -3, flags: &["write", "denyoom"], keys: Keys::First, run: keys::set },
    Command { name: "del", arity: -2, flags: &["write"], keys: Keys::All, run: keys::del },
    Command { name: "exists", arity: -2, flags: &["readonly", "fast"], keys: Keys::All, run: keys::exists },
    Command { name: "dbsize", arity: 1, flags: &["readonly", "fast"], keys: Keys::None, run: keys::dbsize },
    Command { name: "cluster", arity: -2, flags: &[], keys: Keys::None, run: cluster::run },
    Command { name: "hello", arity: -1, flags: CONNECT, keys: Keys::None, run: connection::hello },
    Command { name: "auth", arity: -2, flags: CONNECT, keys: Keys::None, run: connection::auth },
    Command { name: "ping", arity: -1, flags: &["fast"], keys: Keys::None, run: connection::ping },
    Command { name: "echo", arity: 2, flags: &["fast"], keys: Keys::None, run: connection::echo },
    Command { name: "select", arity: 2, flags: &["fast"], keys: Keys::None, run: connection::select },
    Command { name: "quit", arity: -1, flags: CONNECT, keys: Keys::None, run: connection::quit },
    Command { name: "readonly", arity: 1, flags: &["fast"], keys: Keys::None, run: connection::readonly },
    Command { name: "readwrite", arity: 1, flags: &["fast"], keys: Keys::None, run: connection::readwrite },
    Command { name: "client", arity: -2, flags: &[], keys: Keys::None, run: connection::client },
    Command { name: "acl", arity: -2, flags: &[], keys: Keys::None, run: connection::acl },
    Command { name: "info", arity: -1, flags: &["loading", "stale"], keys: Keys::None, run: server::info },
    Command { name: "role", arity: 1, flags: &["fast"], keys: Keys::None, run: server::role },
    Command { name: "config", arity: -2, flags: &["admin"], keys: Keys::None, run: server::config },
    Command { name: "command", arity: -1, flags: &["loading", "stale"], keys: Keys::None, run: server::command },
];

/// Flags of what may be sent before authentication.
const CONNECT: &[&str] = &["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"];

/// Answers one request; an empty one gets nothing.
pub(super) fn answer(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    let Some((name, rest)) = args.split_first() else { return };
    let Some(command) = COMMANDS.iter().find(|c| name.eq_ignore_ascii_case(c.name.as_bytes())) else {
        return reply.error(unknown(name, rest));
    };
    let count = i64::try_from(args.len()).unwrap_or(i64::MAX);
    if count < command.arity.abs() || (command.arity > 0 && count != command.arity) {
        return reply.error(format!("ERR wrong number of arguments for '{}' command", command.name));
    }
    match command.route(session, rest) {
        Ok(()) => (command.run)(session, rest, reply),
        Err(elsewhere) => reply.error(elsewhere),
    }
}

impl Command {
    /// Redis's `getNodeByQuery` (7.2 `cluster.c`): is this node the one for these keys, and if not, which?
    fn route(&self, session: &Session, args: &[&[u8]]) -> Result<(), String> {
        let keys = match self.keys {
            Keys::None => return Ok(()),
            Keys::First => &args[..1],
            Keys::All => args,
        };
        let slot = key_slot(keys[0]);
        if keys.iter().any(|key| key_slot(key) != slot) {
            return Err("CROSSSLOT Keys in request don't hash to the same slot".into());
        }
        let member = &session.member;
        let owner = member.view.owner(slot).ok_or("CLUSTERDOWN Hash slot not served")?;
        let copy = session.read_only && self.flags.contains(&"readonly") && member.node().primary == Some(owner);
        if owner == member.me || copy {
            return Ok(());
        }
        let node = &member.cluster.nodes[owner];
        Err(format!("MOVED {slot} {}:{}", node.endpoint(member.view.preferred).unwrap_or_default(), node.port))
    }
}

/// Redis's words, with its bound of 128 bytes on each part.
fn unknown(name: &[u8], args: &[&[u8]]) -> Vec<u8> {
    let mut beginning = Vec::new();
    for arg in args {
        if beginning.len() >= 128 {
            break;
        }
        let room = 128 - beginning.len();
        beginning.extend([b"'", &arg[..arg.len().min(room)], b"' "].concat());
    }
    let name = &name[..name.len().min(128)];
    [b"ERR unknown command '", name, b"', with args beginning with: ", beginning.as_slice()].concat()
}

/// Redis's words for a container command.
fn unknown_subcommand(container: &str, subcommand: &[u8]) -> String {
    let subcommand = String::from_utf8_lossy(&subcommand[..subcommand.len().min(128)]);
    format!("ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try {container} HELP.")
}

/// The subcommand in upper case, and what follows it. Every container has an arity that guarantees one.
fn subcommand<'a, 'b>(args: &'a [&'b [u8]]) -> (String, &'a [&'b [u8]]) {
    let (name, rest) = args.split_first().map_or((&b""[..], args), |(name, rest)| (*name, rest));
    (String::from_utf8_lossy(name).to_ascii_uppercase(), rest)
}

/// A number argument.
fn number<T: std::str::FromStr>(arg: &[u8]) -> Option<T> {
    std::str::from_utf8(arg).ok()?.parse().ok()
}
