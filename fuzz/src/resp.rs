//! Decoding: what is scanned in pieces is what is decoded at once, and no prefix of a reply is an error.

use redis_doctor::wire::resp::{Decoded, Scan, decode};

const MAX: usize = 1 << 16;

/// One input.
pub fn run(bytes: &[u8]) {
    let whole = decode(bytes, 8, MAX);
    let mut scan = Scan::new(8, MAX);
    let mut scanned = Ok(None);
    for end in (0..bytes.len()).step_by(7).chain([bytes.len()]) {
        scanned = scan.advance(&bytes[..end]);
        if scanned != Ok(None) {
            break;
        }
    }
    match whole {
        Ok(Decoded::Done(_, n)) => {
            assert_eq!(scanned, Ok(Some(n)));
            for end in 0..n.min(300) {
                assert!(matches!(decode(&bytes[..end], 8, MAX), Ok(Decoded::Incomplete(more)) if more > end));
            }
        }
        Ok(Decoded::Incomplete(n)) => {
            assert!(n > bytes.len());
            assert_eq!(scanned, Ok(None));
        }
        Err(malformed) => assert_eq!(scanned, Err(malformed)),
    }
}
