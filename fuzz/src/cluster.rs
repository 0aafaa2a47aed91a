//! A topology, and a view compared with it, from any replies.

use redis_doctor::{
    facts::{Limits, Transport},
    wire::{
        cluster::Draft,
        comparison::{Comparison, Reference},
        resp::{Decoded, decode},
    },
};

/// One input.
pub fn run(bytes: &[u8]) {
    let limits = Limits { nodes: 5, ..Limits::default() };
    let mut draft = Draft::new(&limits);
    let mut reference = Reference::new(limits.nodes);
    let mut rest = bytes;
    while let Ok(Decoded::Done(value, used)) = decode(rest, 8, 1 << 16) {
        draft.slots_entry(&value);
        draft.shards_entry(&value, Transport::Tls);
        reference.slots_entry(&value, &rest[..used]);
        rest = &rest[used..];
    }
    for line in rest.split(|b| *b == b'\n') {
        draft.nodes_line(line);
        reference.nodes_line(line);
    }
    let mut comparison = Comparison::new(&reference, 3, 3);
    for line in bytes.split(|b| *b == b'\n') {
        comparison.nodes_line(line);
    }
    if let Ok(Decoded::Done(value, _)) = decode(bytes, 8, 1 << 16) {
        comparison.slots_entry(&value);
    }
    let (differences, _, sight) = comparison.finish();
    assert!(differences.len() <= 3);
    if let Some(sight) = sight {
        assert!(
            sight.failed.len() <= 3 && sight.lost.len() <= 3 && sight.newcomers.len() <= 3 && sight.open.len() <= 3
        );
        assert!(sight.silent.len() <= 6, "silent ones, and those that take too long");
    }
    let topology = draft.finish();
    assert!(topology.nodes.len() <= limits.nodes && topology.announced >= topology.nodes.len());
}
