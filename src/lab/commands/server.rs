//! What a server says about itself: INFO, ROLE, CONFIG, COMMAND.

use super::{COMMANDS, Command, Keys, subcommand, unknown_subcommand};
use crate::lab::{cluster::Member, reply::Reply, session::Session, view::OFFSET};

/// The version whose answers these are.
pub(super) const VERSION: &str = "7.2.4";

/// A section of INFO: its name, and its lines.
type Section = (&'static str, fn(&Member) -> Vec<String>);

const SECTIONS: [Section; 3] =
    [("Server", about_server), ("Replication", about_replication), ("Cluster", |_| vec!["cluster_enabled:1".into()])];

/// `INFO [section ...]`
pub(super) fn info(session: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    let wants_all =
        |arg: &&[u8]| ["default", "all", "everything"].iter().any(|w| arg.eq_ignore_ascii_case(w.as_bytes()));
    let all = args.is_empty() || args.iter().any(wants_all);
    let wanted = |name: &str| all || args.iter().any(|arg| arg.eq_ignore_ascii_case(name.as_bytes()));
    let section = |(name, lines): &Section| {
        let head = format!("# {name}\r\n");
        lines(&session.member).into_iter().fold(head, |text, line| text + &line + "\r\n")
    };
    let sections: Vec<_> = SECTIONS.iter().filter(|(name, _)| wanted(name)).map(section).collect();
    reply.verbatim(&sections.join("\r\n"));
}

fn about_server(member: &Member) -> Vec<String> {
    let uptime = member.cluster.started.elapsed().as_secs();
    vec![
        format!("redis_version:{VERSION}"),
        "redis_git_sha1:00000000".into(),
        "redis_git_dirty:0".into(),
        "redis_build_id:0".into(),
        "redis_mode:cluster".into(),
        "os:redis-doctor lab".into(),
        "arch_bits:64".into(),
        format!("process_id:{}", std::process::id()),
        format!("run_id:{}", member.node().run_id),
        format!("tcp_port:{}", member.node().listens),
        format!("uptime_in_seconds:{uptime}"),
        format!("uptime_in_days:{}", uptime / 86_400),
    ]
}

fn about_replication(member: &Member) -> Vec<String> {
    let (node, cluster) = (member.node(), &member.cluster);
    let mut lines = match node.primary.map(|primary| &cluster.nodes[primary]) {
        None => vec!["role:master".into()],
        Some(primary) => vec![
            "role:slave".into(),
            format!("master_host:{}", primary.ip),
            format!("master_port:{}", primary.port),
            "master_link_status:up".into(),
            "master_last_io_seconds_ago:1".into(),
            "master_sync_in_progress:0".into(),
            format!("slave_repl_offset:{OFFSET}"),
            "slave_priority:100".into(),
            "slave_read_only:1".into(),
            "replica_announced:1".into(),
        ],
    };
    let replicas: Vec<_> = cluster.replicas(member.me).map(|(_, replica)| replica).collect();
    lines.push(format!("connected_slaves:{}", replicas.len()));
    for (i, replica) in replicas.iter().enumerate() {
        lines.push(format!("slave{i}:ip={},port={},state=online,offset={OFFSET},lag=0", replica.ip, replica.port));
    }
    lines.extend([
        "master_failover_state:no-failover".into(),
        format!("master_replid:{}", node.shard_id),
        format!("master_replid2:{}", "0".repeat(40)),
        format!("master_repl_offset:{OFFSET}"),
        "second_repl_offset:-1".into(),
    ]);
    lines
}

/// `ROLE`
pub(super) fn role(session: &mut Session, _: &[&[u8]], reply: &mut Reply) {
    let member = &session.member;
    if let Some(primary) = member.node().primary.map(|primary| &member.cluster.nodes[primary]) {
        reply.array(5);
        reply.bulk("slave");
        reply.bulk(&primary.ip);
        reply.int(primary.port.into());
        reply.bulk("connected");
        return reply.int(OFFSET);
    }
    reply.array(3);
    reply.bulk("master");
    reply.int(OFFSET);
    let replicas: Vec<_> = member.cluster.replicas(member.me).collect();
    reply.array(replicas.len());
    for (_, replica) in replicas {
        // Numbers are bulk strings here (`roleCommand`).
        reply.array(3);
        reply.bulk(&replica.ip);
        reply.bulk(replica.port.to_string());
        reply.bulk(OFFSET.to_string());
    }
}

/// `CONFIG GET pattern`: matches nothing.
pub(super) fn config(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match subcommand(args) {
        (name, [_, ..]) if name == "GET" => reply.map(0),
        _ => reply.error(unknown_subcommand("CONFIG", args[0])),
    }
}

/// `COMMAND`, from which clients learn what arguments are keys; `COMMAND COUNT`; `COMMAND DOCS`, without any.
pub(super) fn command(_: &mut Session, args: &[&[u8]], reply: &mut Reply) {
    match subcommand(args).0.as_str() {
        "" => {
            reply.array(COMMANDS.len());
            for command in COMMANDS {
                describe(command, reply);
            }
        }
        "COUNT" => reply.int(i64::try_from(COMMANDS.len()).unwrap_or(i64::MAX)),
        "DOCS" => reply.map(0),
        _ => reply.error(unknown_subcommand("COMMAND", args[0])),
    }
}

/// The ten elements of Redis 7.0: the last four (categories, tips, key specifications, subcommands) are empty.
fn describe(command: &Command, reply: &mut Reply) {
    reply.array(10);
    reply.bulk(command.name);
    reply.int(command.arity);
    reply.set(command.flags.len());
    for flag in command.flags {
        reply.simple(flag);
    }
    let (first, last, step) = match command.keys {
        Keys::None => (0, 0, 0),
        Keys::First => (1, 1, 1),
        Keys::All => (1, -1, 1),
    };
    reply.int(first);
    reply.int(last);
    reply.int(step);
    reply.set(0);
    reply.array(0);
    reply.array(0);
    reply.array(0);
}
