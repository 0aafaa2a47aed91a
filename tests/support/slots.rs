//! Keys for given slots, and the migration of a slot.

use std::sync::LazyLock;

use super::server::Server;

const SLOTS: usize = 16384;

/// CRC16 (XMODEM) of what stands in braces, as in the Redis Cluster specification, appendix A.
fn slot(tag: &str) -> usize {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    usize::from(crc) % SLOTS
}

/// A key of this owner in each slot at the end of a range, as `Cluster` shares them out: first and last of primary 0, of
/// primary 1, …
pub fn keys(primaries: usize, owner: &str) -> Vec<String> {
    let bound = |n| n * SLOTS / primaries;
    let ends = (0..primaries).flat_map(|n| [bound(n), bound(n + 1) - 1]);
    ends.map(|end| key(end, owner)).collect()
}

/// A key of this owner in one slot.
pub fn key(slot: usize, owner: &str) -> String {
    format!("{{{}}}:{}", TAGS[slot], owner.replace(' ', "-"))
}

/// For each slot the smallest number that is in it.
static TAGS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut tags = vec![None; SLOTS];
    let mut missing = SLOTS;
    for n in 0.. {
        let tag = &mut tags[slot(&n.to_string())];
        missing -= usize::from(tag.is_none());
        tag.get_or_insert(n);
        if missing == 0 {
            break;
        }
    }
    tags.into_iter().flatten().collect()
});

/// The slot of a key, on its way from one primary to another.
pub struct Migration<'a> {
    primaries: &'a [Server],
    slot: String,
    from: usize,
    to: usize,
}

impl<'a> Migration<'a> {
    /// Of the slot at the end of the first primary's range, to the second primary.
    pub fn of(primaries: &'a [Server], keys: &[String]) -> Self {
        Migration::of_key(primaries, &keys[1])
    }

    /// Of the slot of one key of the first primary, to the second primary.
    pub fn of_key(primaries: &'a [Server], key: &str) -> Self {
        let tag = key.split(['{', '}']).nth(1).expect("a key has a tag");
        Migration { primaries, slot: slot(tag).to_string(), from: 0, to: 1 }
    }

    /// Half done: the keys are over, the slot is not. Clients are answered ASK.
    pub fn begin(&self) {
        let [from, to] = [self.from, self.to].map(|n| &self.primaries[n]);
        to.command(&["CLUSTER", "SETSLOT", &self.slot, "IMPORTING", &from.node_id()]);
        from.command(&["CLUSTER", "SETSLOT", &self.slot, "MIGRATING", &to.node_id()]);
        let (ip, port) = (to.address.ip().to_string(), to.address.port().to_string());
        let keys = from.command(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "1000"]);
        let keys: Vec<&str> = keys.lines().filter(|key| !key.is_empty()).collect();
        if !keys.is_empty() {
            let auth = to.password().map_or(vec![], |password| vec!["AUTH", password]);
            let words = [&["MIGRATE", &ip, &port, "", "0", "5000", "REPLACE"], &auth[..], &["KEYS"], &keys[..]];
            from.command(&words.concat());
        }
    }

    /// Done: clients that have not heard of it are answered MOVED.
    pub fn end(&self) {
        let owner = self.primaries[self.to].node_id();
        // The new owner first, as redis-cli does it, so that there always is one.
        for node in [self.to, self.from].into_iter().chain(0..self.primaries.len()) {
            self.primaries[node].command(&["CLUSTER", "SETSLOT", &self.slot, "NODE", &owner]);
        }
    }

    /// The way back.
    pub fn reversed(self) -> Self {
        Migration { from: self.to, to: self.from, ..self }
    }
}
