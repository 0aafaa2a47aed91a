//! One line of CLUSTER NODES.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redis_doctor::wire::nodes_line::NodesLine;

fuzz_target!(|bytes: &[u8]| {
    if let Some(line) = NodesLine::parse(bytes) {
        assert!(line.slots().count() <= 16_384);
        assert!(line.address_text().chars().count() <= 300);
        assert_eq!(line.slot_tokens().filter(|token| token.is_empty()).count(), 0);
    }
});
