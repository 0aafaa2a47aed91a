//! The groups of a Sentinel from any replies.

use std::collections::HashSet;

use redis_doctor::{
    facts::{Limits, Watched},
    wire::{
        resp::{Decoded, decode},
        sentinel::{Draft, WatchDraft},
    },
};

/// One input.
pub fn run(bytes: &[u8]) {
    let limits = Limits { nodes: 5, groups: 2, text: 16, ..Limits::default() };
    let mut draft = Draft::new(&limits, None);
    let mut watch = WatchDraft::new(&limits);
    watch.info(bytes);
    let mut rest = bytes;
    while let Ok(Decoded::Done(value, used)) = decode(rest, 8, 1 << 16) {
        draft.role(&value);
        draft.primary(&value);
        watch.options(&value);
        watch.primary(&value);
        watch.replica("mymaster", &value);
        watch.peer("mymaster", &value);
        for group in draft.unasked() {
            draft.replica(&group, &value);
        }
        draft.replica("mymaster", &value);
        draft.sentinel("mymaster", &value);
        rest = &rest[used..];
    }
    let watch = watch.finish(&draft.names());
    assert!(watch.groups.len() <= limits.groups);
    assert!(watch.groups.iter().flat_map(Watched::nodes).count() <= limits.nodes);
    let topology = draft.finish(&"seed.example.com:26379".parse().unwrap(), None);
    assert!(topology.nodes.len() <= limits.nodes && topology.announced >= topology.nodes.len());
    assert!(topology.groups.len() <= limits.groups && topology.other_groups.len() <= limits.groups);
    let ids: HashSet<_> = topology.nodes.iter().map(|node| &node.id).collect();
    assert_eq!(ids.len(), topology.nodes.len());
    for group in &topology.groups {
        assert!(group.data_nodes().chain(&group.sentinels).all(|id| ids.contains(id)));
    }
}
