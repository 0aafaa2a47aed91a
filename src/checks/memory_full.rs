//! A server refuses writes, since its memory is full and nothing may be evicted.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::Memory,
};

pub(super) const CHECK: Check = Check {
    code: "memory-full",
    severity: Severity::Error,
    expects: "A primary with `maxmemory` has room for writes, or may evict something.",
    explain: "At `maxmemory` a server evicts keys where `maxmemory-policy` lets it. With `noeviction` (the default), and with \
              `volatile-…` where no key has a time to live, it answers every command that may need memory with `OOM command not \
              allowed when used memory > 'maxmemory'.`, transactions and scripts among them. Reads, PING and DEL go on, so that clients \
              connect and health checks pass. Buffers for replicas and the append-only file do not count; those of other clients do, \
              and so do scripts.",
    transient: false,
    explains: &[],
    examine,
};

/// Of a hundred: so full is a server that has refused writes, and from which a few bytes have gone since.
const AGAIN: u64 = 98;

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut full: Vec<(Subject, &Memory)> = Vec::new();
    for (node, attempts) in context.nodes() {
        let own = context.seed_server().filter(|_| context.snapshot.seed.identity() == Some(&node.id));
        let Some(said) = context.said_by(node, attempts).or(own).filter(|said| said.role.as_deref() == Some("master"))
        else {
            continue;
        };
        if is_full(&said.memory) {
            full.push((context.node(node), &said.memory));
        } else {
            verdicts.pass();
        }
    }
    let Some((_, first)) = full.first() else { return };
    let policy = first.policy.clone().unwrap_or_default();
    let nothing = if policy == "noeviction" { "" } else { ", and no key has a time to live" };
    verdicts.fail(Problem {
        title: format!("writes are refused (OOM): the memory is full, and maxmemory-policy is {policy}{nothing}"),
        expected: format!("used_memory below maxmemory:{}", first.limit),
        presented: format!(
            "used_memory:{}, maxmemory:{}{}",
            first.used.unwrap_or_default(),
            first.limit,
            first.refused.map(|times| format!(", errorstat_OOM:count={times}")).unwrap_or_default()
        ),
        clients: Vec::new(),
        remedies: remedies(first),
        subjects: full.into_iter().map(|(subject, _)| subject).collect(),
    });
}

fn is_full(memory: &Memory) -> bool {
    let Some(counted) = memory.counted().filter(|_| !memory.is_unlimited() && memory.keeps_everything()) else {
        return false;
    };
    let nearly = memory.refused.is_some_and(|times| times > 0) && counted >= memory.limit / 100 * AGAIN;
    counted > memory.limit || nearly
}

fn remedies(memory: &Memory) -> Vec<Remedy> {
    let remedy = |text: &str, line: String| Remedy {
        audience: Audience::Server,
        text: text.to_owned(),
        lines: vec![line],
        proof: None,
    };
    let more = memory.used.unwrap_or_default().max(memory.limit).saturating_mul(2);
    vec![
        remedy(
            "Give it more, as far as the machine has it (a hosted plan: a larger one), or delete what is not needed \
             (`redis-cli --bigkeys` finds it). CONFIG REWRITE keeps it.",
            format!("CONFIG SET maxmemory {more}"),
        ),
        remedy(
            "Or, where everything in it is a cache and may be lost (no queue, lock or session): let it evict.",
            "CONFIG SET maxmemory-policy allkeys-lru".to_owned(),
        ),
    ]
}
