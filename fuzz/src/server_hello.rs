//! What servers answer to a ClientHello: in pieces it is what it is at once, and bounded.

use redis_doctor::wire::server_hello::Reader;

/// One input.
pub fn run(bytes: &[u8]) {
    const MOST: usize = 4;
    let mut whole = Reader::new(MOST);
    let at_once = whole.push(bytes);
    let mut pieces = Reader::new(MOST);
    let mut last = Ok(false);
    for piece in bytes.chunks(7) {
        last = pieces.push(piece);
        if last != Ok(false) {
            break;
        }
    }
    let flight = whole.finish();
    if bytes.len() < 1 << 16 {
        assert_eq!((&at_once, &flight), (&last, &pieces.finish()));
    }
    if let Some(flight) = flight {
        assert!(flight.chain.len() <= MOST && flight.request.is_none_or(|names| names.len() <= MOST));
    }
}
