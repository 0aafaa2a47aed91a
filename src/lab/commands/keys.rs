//! GET, SET and the few others that prove a client got to the right shard.

use crate::lab::{reply::Reply, session::Session};

/// `GET key`
pub(super) fn get(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match session.member.store().value(args[0]) {
        Some(value) => reply.bulk(value),
        None => reply.nil(),
    }
}

/// `SET key value`, without its options.
pub(super) fn set(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match args {
        [key, value] if session.member.store().set(key, value) => reply.simple("OK"),
        [_, _] => reply.error("OOM command not allowed when used memory > 'maxmemory'."),
        _ => reply.error("ERR syntax error"),
    }
}

/// `DEL key [key ...]`
pub(super) fn del(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    count(args, |key| session.member.store().remove(key), reply);
}

/// `EXISTS key [key ...]`
pub(super) fn exists(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    count(args, |key| session.member.store().holds(key), reply);
}

/// `DBSIZE`
pub(super) fn dbsize(session: &mut Session, _: &[&[u8]], reply: &mut Reply) {
    reply.int(i64::try_from(session.member.store().count(None)).unwrap_or(i64::MAX));
}

fn count(keys: &[&[u8]], done: impl Fn(&[u8]) -> bool, reply: &mut Reply) {
    reply.int(keys.iter().map(|key| i64::from(done(key))).sum());
}
