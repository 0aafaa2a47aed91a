//! HELLO, AUTH and what else concerns one connection. No password is set: the default user takes any.

use super::{number, subcommand, unknown_subcommand};
use crate::lab::{reply::Reply, session::Session};

/// `HELLO [protover [AUTH username password] [SETNAME clientname]]`
pub(super) fn hello(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match protocol(args) {
        Ok(resp3) => reply.resp3 = resp3.unwrap_or(reply.resp3),
        Err(refusal) => return reply.error(refusal),
    }
    let text = |reply: &mut Reply, key: &str, value: &str| {
        reply.bulk(key);
        reply.bulk(value);
    };
    reply.map(7);
    text(reply, "server", "redis");
    text(reply, "version", super::server::VERSION);
    reply.bulk("proto");
    reply.int(if reply.resp3 { 3 } else { 2 });
    reply.bulk("id");
    reply.int(session.id);
    text(reply, "mode", "cluster");
    text(reply, "role", session.member.node().role());
    reply.bulk("modules");
    reply.array(0);
}

/// Whether RESP3 is asked for; `None` without a version.
fn protocol(args: &[&[u8]]) -> Result<Option<bool>, String> {
    let Some((version, mut options)) = args.split_first() else { return Ok(None) };
    let version: i64 = number(version).ok_or("ERR Protocol version is not an integer or out of range")?;
    if !(2..=3).contains(&version) {
        return Err("NOPROTO unsupported protocol version".into());
    }
    while let Some((option, rest)) = options.split_first() {
        options = match (option.to_ascii_uppercase().as_slice(), rest) {
            (b"AUTH", [user, _, rest @ ..]) if is_default(user) => rest,
            (b"AUTH", [_, _, ..]) => return Err(WRONGPASS.into()),
            (b"SETNAME", [_, rest @ ..]) => rest,
            _ => return Err(format!("ERR Syntax error in HELLO option '{}'", String::from_utf8_lossy(option))),
        };
    }
    Ok(Some(version == 3))
}

const WRONGPASS: &str = "WRONGPASS invalid username-password pair or user is disabled.";

fn is_default(user: &[u8]) -> bool {
    user == b"default"
}

/// `AUTH [username] password`
pub(super) fn auth(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match args {
        [_] => reply.error(
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        ),
        [user, _] if is_default(user) => reply.simple("OK"),
        [_, _] => reply.error(WRONGPASS),
        _ => reply.error("ERR syntax error"),
    }
}

/// `PING [message]`
pub(super) fn ping(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match args {
        [] => reply.simple("PONG"),
        [message] => reply.bulk(message),
        _ => reply.error("ERR wrong number of arguments for 'ping' command"),
    }
}

/// `ECHO message`
pub(super) fn echo(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    reply.bulk(args[0]);
}

/// `SELECT index`
pub(super) fn select(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match number::<i64>(args[0]) {
        Some(0) => reply.simple("OK"),
        Some(_) => reply.error("ERR SELECT is not allowed in cluster mode"),
        None => reply.error("ERR value is not an integer or out of range"),
    }
}

/// `QUIT`
pub(super) fn quit(session: &mut Session, _: &[&[u8]], reply: &mut Reply) {
    session.closing = true;
    reply.simple("OK");
}

/// `READONLY`
pub(super) fn readonly(session: &mut Session, _: &[&[u8]], reply: &mut Reply) {
    session.read_only = true;
    reply.simple("OK");
}

/// `READWRITE`
pub(super) fn readwrite(session: &mut Session, _: &[&[u8]], reply: &mut Reply) {
    session.read_only = false;
    reply.simple("OK");
}

/// `CLIENT ID`; whatever else a client says of itself (SETNAME, SETINFO, ...) is accepted.
pub(super) fn client(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match subcommand(args).0.as_str() {
        "ID" => reply.int(session.id),
        _ => reply.simple("OK"),
    }
}

/// `ACL WHOAMI`
pub(super) fn acl(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match subcommand(args).0.as_str() {
        "WHOAMI" => reply.bulk("default"),
        _ => reply.error(unknown_subcommand("ACL", args[0])),
    }
}
