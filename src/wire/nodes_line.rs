//! One line of CLUSTER NODES, every version from 3.0 on.
//!
//! `<id> <ip:port@bus,hostname,key=value…> <flags> <primary|-> <ping> <pong> <epoch> <link> <slot>…`
//! (`clusterGenNodeDescription` of Redis 7.2 `cluster.c`). IPv6 stands without brackets, so the address is cut at the last colon.

use memchr::memchr_iter;

use crate::facts::{NodeFlags, NodeId, OpenSlot, Role, SlotRange, Slots};

/// A line, borrowed from the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodesLine<'a> {
    /// Node id.
    pub id: &'a [u8],
    /// `ip:port@bus` and the host name, without auxiliary fields.
    pub address: &'a [u8],
    /// IP (a host name on some services); empty where the node does not know it.
    pub ip: &'a [u8],
    /// Client port; 0 where none is known.
    pub port: u16,
    /// Bus port (4.0+).
    pub bus_port: Option<u16>,
    /// Announced host name (7.0+); empty without one.
    pub hostname: &'a [u8],
    /// This is the node that answered.
    pub myself: bool,
    /// Primary or replica.
    pub role: Role,
    /// State.
    pub flags: NodeFlags,
    /// The primary's id, on a replica.
    pub primary: Option<&'a [u8]>,
    /// How it answers on the bus.
    pub beat: Heartbeat,
    slots: &'a [u8],
}

/// How a node answers another one on the cluster bus. Moments are milliseconds since 1970 by the clock of the node that tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// When the ping was sent that is not answered yet; 0 where none is.
    pub ping: u64,
    /// When the last answer came; 0 before the first one.
    pub pong: u64,
    /// There is a link. One that is still being opened counts: connecting to a filtered port looks so for seconds.
    pub connected: bool,
}

impl Heartbeat {
    /// There is no link because nobody has tried to open one yet: a node that was met a moment ago. The first try leaves a ping
    /// behind, whatever comes of it (Redis 7.0 `clusterCron`, ten times a second).
    pub fn is_untried(self) -> bool {
        !self.connected && self.ping == 0 && self.pong == 0
    }

    /// Of `PING PONG EPOCH LINK`, as they stand in a line.
    pub(super) fn of(fields: &[u8]) -> Self {
        let mut fields = fields.split(|b| *b == b' ');
        let (sent, heard, _epoch, link) = (fields.next(), fields.next(), fields.next(), fields.next());
        let moment = |field: Option<&[u8]>| field.and_then(ascii_number).unwrap_or(0);
        Heartbeat { ping: moment(sent), pong: moment(heard), connected: link != Some(b"disconnected") }
    }
}

impl<'a> NodesLine<'a> {
    /// Reads a line without its line feed; `None` when it is none.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut rest = line.strip_suffix(b"\r").unwrap_or(line);
        let mut field = || {
            let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
            let (head, tail) = rest.split_at(end);
            rest = tail.get(1..).unwrap_or_default();
            (!head.is_empty()).then_some(head)
        };
        let (id, whole, flag_text, primary) = (field()?, field()?, field()?, field()?);
        let (sent, heard, _epoch) = (field()?, field()?, field()?);
        let connected = field()? != b"disconnected";
        let moment = |digits| ascii_number(digits).unwrap_or(0);
        let beat = Heartbeat { ping: moment(sent), pong: moment(heard), connected };
        let slots = rest;

        let mut parts = whole.splitn(3, |b| *b == b',');
        let place = parts.next()?;
        let hostname = parts.next().filter(|h| !h.contains(&b'=')).unwrap_or_default();
        let (client, bus) = match place.iter().position(|b| *b == b'@') {
            Some(at) => (&place[..at], ascii_number(&place[at + 1..])),
            None => (place, None),
        };
        let colon = client.iter().rposition(|b| *b == b':')?;
        let port = ascii_number(&client[colon + 1..])?;
        let mut this = NodesLine {
            id,
            address: &whole[..place.len() + if hostname.is_empty() { 0 } else { hostname.len() + 1 }],
            ip: &client[..colon],
            port,
            bus_port: bus.filter(|p| *p != 0),
            hostname,
            myself: false,
            role: Role::Replica,
            flags: NodeFlags { link_down: !connected, ..NodeFlags::default() },
            primary: (primary != b"-").then_some(primary),
            beat,
            slots,
        };
        flag_text.split(|b| *b == b',').for_each(|flag| this.set(flag));
        // Where the address is lost, there is none to try.
        this.flags.link_down &= !this.myself && (this.flags.noaddr || !beat.is_untried());
        Some(this)
    }

    fn set(&mut self, flag: &[u8]) {
        match flag {
            b"myself" => self.myself = true,
            b"master" => self.role = Role::Primary,
            b"fail" => self.flags.fail = true,
            b"fail?" => self.flags.pfail = true,
            b"handshake" => self.flags.handshake = true,
            b"noaddr" => self.flags.noaddr = true,
            _ => {}
        }
    }

    /// Slot tokens without those of running migrations (`[93-<-id]`), which only the node itself shows.
    pub fn slot_tokens(&self) -> impl Iterator<Item = &'a [u8]> {
        self.slots.split(|b| *b == b' ').filter(|token| !token.is_empty() && token[0] != b'[')
    }

    /// The slots on their way from or to it (`[93->-id]`, `[93-<-id]`), which only the node itself shows.
    pub fn open_slots(&self) -> impl Iterator<Item = OpenSlot> {
        let tokens = self.slots.split(|b| *b == b' ');
        tokens.filter_map(|token| open_slot(token.strip_prefix(b"[")?.strip_suffix(b"]")?))
    }

    /// The address as text; at most 300 characters, which no honest one reaches.
    pub fn address_text(&self) -> String {
        String::from_utf8_lossy(self.address).chars().take(300).collect()
    }

    /// The slots, merged.
    pub fn slots(&self) -> Slots {
        Slots::new(self.slot_tokens().filter_map(range).collect())
    }
}

/// What stays of a line of CLUSTER NODES while nothing happens, as it stands there: address, flags without `myself` and
/// primary, each with the space behind it; then the slots, with the space before them. In one piece, for the cache's sake.
#[derive(Debug)]
pub(super) struct Steady {
    text: Box<[u8]>,
    slots: usize,
}

impl Steady {
    /// Of a line that parses.
    pub(super) fn of(line: &[u8]) -> Self {
        let mut fields = line.splitn(9, |b| *b == b' ').skip(1);
        let mut text = Vec::with_capacity(line.len());
        for field in fields.by_ref().take(3) {
            text.extend_from_slice(field.strip_prefix(b"myself,").unwrap_or(field));
            text.push(b' ');
        }
        let head = text.len();
        if let Some(slots) = fields.nth(4) {
            text.push(b' ');
            text.extend_from_slice(slots);
        }
        Steady { text: text.into(), slots: head }
    }

    /// How the node answers, where `rest`, a line behind its id, says the same; `None` where it has to be parsed to tell.
    pub(super) fn is_in(&self, rest: &[u8]) -> Option<Heartbeat> {
        let (head, slots) = self.text.split_at(self.slots);
        let between = rest.strip_prefix(head).and_then(|rest| rest.strip_suffix(slots))?;
        // Ping, pong, epoch and link, and nothing else.
        (memchr_iter(b' ', between).count() == 3).then(|| Heartbeat::of(between))
    }
}

fn range(token: &[u8]) -> Option<SlotRange> {
    match token.iter().position(|b| *b == b'-') {
        Some(dash) => Some(SlotRange(ascii_number(&token[..dash])?, ascii_number(&token[dash + 1..])?)),
        None => ascii_number(token).map(|slot| SlotRange(slot, slot)),
    }
}

fn open_slot(token: &[u8]) -> Option<OpenSlot> {
    let at = token.iter().position(|b| *b == b'-')?;
    let (arrow, peer) = token[at..].split_at_checked(3)?;
    let importing = match arrow {
        b"->-" => false,
        b"-<-" => true,
        _ => return None,
    };
    let slot = ascii_number(&token[..at]).filter(|slot| *slot < Slots::TOTAL)?;
    Some(OpenSlot { slot, importing, peer: NodeId::from_wire(peer)? })
}

fn ascii_number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "07c37dfeb235213a872192d90877d0cd55635b91";

    fn line(address: &str, tail: &str) -> String {
        format!("{ID} {address} {tail}")
    }

    #[test]
    fn every_version_of_the_address() {
        for (address, ip, port, bus, hostname) in [
            ("127.0.0.1:30004", "127.0.0.1", 30004, None, ""),
            ("127.0.0.1:30004@31004", "127.0.0.1", 30004, Some(31004), ""),
            ("127.0.0.1:30004@31004,host-1.example", "127.0.0.1", 30004, Some(31004), "host-1.example"),
            ("127.0.0.1:30004@31004,,tls-port=0,shard-id=aa", "127.0.0.1", 30004, Some(31004), ""),
            ("127.0.0.1:30004@31004,h,shard-id=aa", "127.0.0.1", 30004, Some(31004), "h"),
            ("127.0.0.1:30004@31004,shard-id=aa", "127.0.0.1", 30004, Some(31004), ""),
            ("2001:db8::5:6379@16379", "2001:db8::5", 6379, Some(16379), ""),
            (":6379@16379", "", 6379, Some(16379), ""),
            (":0@0", "", 0, None, ""),
            ("node-1.abc.cache.amazonaws.com:6379@1122", "node-1.abc.cache.amazonaws.com", 6379, Some(1122), ""),
        ] {
            let text = line(address, "slave - 0 1 2 connected");
            let parsed = NodesLine::parse(text.as_bytes()).unwrap_or_else(|| panic!("{address}"));
            let got = (parsed.ip, parsed.port, parsed.bus_port, parsed.hostname);
            assert_eq!(got, (ip.as_bytes(), port, bus, hostname.as_bytes()), "{address}");
        }
    }

    #[test]
    fn flags_and_slots() {
        let text = line("h:1@2", "myself,master - 0 0 1 connected 0-5 7 [93-<-aa] 100-200");
        let parsed = NodesLine::parse(text.as_bytes()).unwrap();
        assert!(parsed.myself && parsed.role == Role::Primary && parsed.primary.is_none());
        assert_eq!(parsed.slots().to_string(), "0-5,7,100-200");
        let text = line("h:1@2", "slave,fail?,noaddr abc 0 0 1 disconnected");
        let parsed = NodesLine::parse(text.as_bytes()).unwrap();
        assert!(parsed.flags.pfail && !parsed.flags.fail && parsed.flags.noaddr && parsed.flags.link_down);
        assert_eq!(parsed.primary, Some(&b"abc"[..]));
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in
            ["", "x", "a b c d e f g", "id noport master - 0 0 1 connected", "vars currentEpoch 6 lastVoteEpoch 0"]
        {
            assert!(NodesLine::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_survived(bytes in prop_oneof![
            any::<Vec<u8>>(),
            "[a-f0-9]{0,4} [:@,.a-z0-9]{0,12} [a-z,?]{0,9} [-a-z]{0,3} [0-9] [0-9] [0-9] [a-z]{1,9}( [-0-9<\\[]{0,9}){0,4}"
                .prop_map(String::into_bytes),
        ]) {
            if let Some(line) = NodesLine::parse(&bytes) {
                prop_assert!(line.slots().count() <= u32::from(Slots::TOTAL));
                prop_assert!(line.address_text().chars().count() <= 300);
            }
        }
    }
}
