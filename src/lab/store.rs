//! The keys of one shard, in memory and bounded, and the slot that a key belongs to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Bytes of keys and values that a shard holds.
const MAX_BYTES: usize = 64 << 20;

/// The keys that a primary and its replicas share.
#[derive(Default)]
pub(super) struct Store(Mutex<Held>);

#[derive(Default)]
struct Held {
    values: HashMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl Store {
    /// The value of a key.
    pub(super) fn value(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.held().values.get(key).cloned()
    }

    /// Sets a key; false when there is no room for it.
    pub(super) fn set(&self, key: &[u8], value: &[u8]) -> bool {
        let held = &mut *self.held();
        let before = held.values.get(key).map_or(0, |old| key.len() + old.len());
        let bytes = held.bytes - before + key.len() + value.len();
        if bytes > MAX_BYTES {
            return false;
        }
        held.values.insert(key.to_vec(), value.to_vec());
        held.bytes = bytes;
        true
    }

    /// Removes a key; true when it was there.
    pub(super) fn remove(&self, key: &[u8]) -> bool {
        let held = &mut *self.held();
        let Some(old) = held.values.remove(key) else { return false };
        held.bytes -= key.len() + old.len();
        true
    }

    /// True when the key is there.
    pub(super) fn holds(&self, key: &[u8]) -> bool {
        self.held().values.contains_key(key)
    }

    /// How many keys there are; only those of one slot, when given.
    pub(super) fn count(&self, slot: Option<u16>) -> usize {
        self.held().values.keys().filter(|key| slot.is_none_or(|slot| key_slot(key) == slot)).count()
    }

    /// Nothing that holds the lock panics half-way, so a poisoned lock still guards consistent data.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash slot of a key: CRC16 of its first non-empty `{tag}`, else of all of it (Redis Cluster specification).
pub(super) fn key_slot(key: &[u8]) -> u16 {
    crc16(tag(key).unwrap_or(key)) % crate::facts::Slots::TOTAL
}

fn tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|b| *b == b'{')?;
    let rest = &key[open + 1..];
    let close = rest.iter().position(|b| *b == b'}')?;
    (close > 0).then(|| &rest[..close])
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| (crc << 1) ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(key_slot(b"foo"), 12182);
        assert_eq!(key_slot(b"{user1000}.following"), key_slot(b"user1000"));
        assert_eq!(key_slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % 16384);
        assert_eq!(key_slot(b"foo{{bar}}zap"), key_slot(b"{bar"));
        assert_eq!(key_slot(b""), 0);
    }

    #[test]
    fn the_store_is_bounded() {
        let store = Store::default();
        let value = vec![0; MAX_BYTES / 2];
        assert!(store.set(b"a", &value) && store.set(b"a", &value));
        assert!(!store.set(b"b", &value));
        assert!(store.remove(b"a") && !store.remove(b"a"));
        assert!(store.set(b"b", &value));
        assert_eq!((store.count(None), store.count(Some(key_slot(b"b"))), store.count(Some(1))), (1, 1, 0));
    }
}
