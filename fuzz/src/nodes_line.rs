//! One line of CLUSTER NODES.

use redis_doctor::wire::nodes_line::NodesLine;

/// One input.
pub fn run(bytes: &[u8]) {
    if let Some(line) = NodesLine::parse(bytes) {
        assert!(line.slots().count() <= 16_384);
        assert!(line.address_text().chars().count() <= 300);
        assert!(line.open_slots().all(|open| usize::from(open.slot) < 16_384));
        assert_eq!(line.slot_tokens().filter(|token| token.is_empty()).count(), 0);
    }
}
