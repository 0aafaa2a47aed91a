//! CLUSTER and its subcommands.

use super::{number, subcommand, unknown_subcommand};
use crate::{
    facts::Slots,
    lab::{cluster::Member, reply::Reply, session::Session, store::key_slot},
};

/// `CLUSTER subcommand [argument]`
pub(super) fn run(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    let member = &session.member;
    let (name, rest) = subcommand(args);
    match (name.as_str(), rest) {
        ("MYID", []) => reply.bulk(&member.node().id),
        ("MYSHARDID", []) => reply.bulk(&member.node().shard_id),
        ("NODES", []) => member.view.reply_nodes(&member.cluster, member.me, reply),
        ("SLOTS", []) => member.view.reply_slots(&member.cluster, reply),
        ("SHARDS", []) => member.view.reply_shards(&member.cluster, reply),
        ("INFO", []) => reply.verbatim(&info(member)),
        ("KEYSLOT", [key]) => reply.int(key_slot(key).into()),
        ("COUNTKEYSINSLOT", [slot]) => match number::<u16>(slot).filter(|slot| *slot < Slots::TOTAL) {
            Some(slot) => reply.int(i64::try_from(member.store().count(Some(slot))).unwrap_or(i64::MAX)),
            None => reply.error("ERR Invalid slot"),
        },
        _ => reply.error(unknown_subcommand("CLUSTER", args[0])),
    }
}

fn info(member: &Member) -> String {
    let (view, epochs) = (&member.view, member.cluster.nodes.iter().filter(|n| n.primary.is_none()).count());
    let served = view.served();
    let state = if served == usize::from(Slots::TOTAL) { "ok" } else { "fail" };
    let (known, size, epoch) = (view.known(), view.size(), member.cluster.primary_of(member.me) + 1);
    let lines = [
        format!("cluster_state:{state}"),
        format!("cluster_slots_assigned:{served}"),
        format!("cluster_slots_ok:{served}"),
        "cluster_slots_pfail:0".into(),
        "cluster_slots_fail:0".into(),
        format!("cluster_known_nodes:{known}"),
        format!("cluster_size:{size}"),
        format!("cluster_current_epoch:{epochs}"),
        format!("cluster_my_epoch:{epoch}"),
        "cluster_stats_messages_sent:0".into(),
        "cluster_stats_messages_received:0".into(),
        "total_cluster_links_buffer_limit_exceeded:0".into(),
    ];
    lines.map(|line| line + "\r\n").concat()
}
