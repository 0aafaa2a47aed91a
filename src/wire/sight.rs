//! One node's CLUSTER NODES, line by line, for what it sees that is not as it should be.

use super::nodes_line::{Heartbeat, NodesLine};
use crate::facts::{Newcomer, NodeId, OpenSlot, Sight};

/// How long a ping on the bus may wait for its answer, in milliseconds: it comes within one, and after half of
/// cluster-node-timeout (15 s by default) the node gives the link up.
const PATIENCE: u64 = 2_000;

/// Milliseconds that reading nodes.conf may take.
const AT_ONCE: u64 = 20;

/// Characters of an address that are kept, which no honest one reaches.
const ADDRESS: usize = 128;

/// A sight while its lines come in.
#[derive(Debug)]
pub struct Watch {
    own: Option<NodeId>,
    /// The latest moment that any line names, by the node's own clock: about now.
    latest: u64,
    /// The moments at which others were last heard of, first and last, and how many others there are.
    heard: (u64, u64, usize),
    /// None of them answers.
    deserted: bool,
    /// Nodes to which a ping was sent at this moment that was not answered yet.
    waiting: Vec<(NodeId, u64)>,
    /// Nodes to which there is no link at this moment, and when they were last heard of: links are opened anew whenever a node announces
    /// something else.
    parted: Vec<(NodeId, u64)>,
    silent: Vec<NodeId>,
    failed: Vec<NodeId>,
    lost: Vec<NodeId>,
    newcomers: Vec<Newcomer>,
    open: Vec<OpenSlot>,
    more: usize,
    max: usize,
}

impl Watch {
    /// Begins one; at most `max` entries of each kind are kept.
    pub fn new(max: usize) -> Self {
        Watch {
            own: None,
            latest: 0,
            heard: (u64::MAX, 0, 0),
            deserted: true,
            waiting: Vec::new(),
            parted: Vec::new(),
            silent: Vec::new(),
            failed: Vec::new(),
            lost: Vec::new(),
            newcomers: Vec::new(),
            open: Vec::new(),
            more: 0,
            max,
        }
    }

    /// Takes in a line.
    pub fn line(&mut self, line: &NodesLine<'_>) {
        let Some(id) = NodeId::from_wire(line.id) else { return };
        if line.myself {
            for slot in line.open_slots() {
                keep(&mut self.open, &mut self.more, self.max, || slot);
            }
            self.own = Some(id);
            return;
        }
        if line.flags.handshake {
            let address = line.address_text().chars().take(ADDRESS).collect();
            keep(&mut self.newcomers, &mut self.more, self.max, || Newcomer { id, address });
            return;
        }
        self.hear(line.beat);
        if line.flags.noaddr {
            keep(&mut self.lost, &mut self.more, self.max, || id);
        } else if line.flags.fail {
            keep(&mut self.failed, &mut self.more, self.max, || id);
        } else if line.flags.pfail {
            keep(&mut self.silent, &mut self.more, self.max, || id);
        } else {
            self.answers(id, line.beat);
        }
    }

    /// Takes in how a node answers that nothing is wrong with otherwise.
    pub fn beat(&mut self, id: &[u8], beat: Heartbeat) {
        self.hear(beat);
        if (beat.ping != 0 || !beat.connected)
            && let Some(id) = NodeId::from_wire(id)
        {
            self.answers(id, beat);
        }
    }

    fn hear(&mut self, beat: Heartbeat) {
        let (first, last, others) = self.heard;
        self.heard = (first.min(beat.pong), last.max(beat.pong), others + 1);
        self.latest = self.latest.max(beat.pong);
        self.deserted &= !beat.connected || beat.ping != 0;
    }

    fn answers(&mut self, id: NodeId, beat: Heartbeat) {
        if beat.is_untried() {
            return;
        }
        if beat.connected {
            if beat.ping == 0 {
                return;
            }
            keep(&mut self.waiting, &mut self.more, self.max, || (id, beat.ping));
        } else {
            keep(&mut self.parted, &mut self.more, self.max, || (id, beat.pong));
        }
    }

    /// What came of it; `None` where the node did not say who it is, or complains of nothing.
    pub fn finish(self) -> Option<Sight> {
        let alone = self.is_alone();
        let Watch { own, latest, deserted, waiting, parted, mut silent, failed, lost, newcomers, open, more, .. } =
            self;
        let is_long_ago = |moment: u64| moment.saturating_add(PATIENCE) < latest;
        let overdue = waiting.into_iter().filter(|(_, sent)| is_long_ago(*sent));
        // Where nobody answers, nothing says what the time is.
        let parted = parted.into_iter().filter(|(_, heard)| deserted || *heard == 0 || is_long_ago(*heard));
        silent.extend(overdue.chain(parted).map(|(id, _)| id));
        let sight = Sight { node: own?, silent, failed, lost, newcomers, open, alone, more };
        (!sight.is_clear()).then_some(sight)
    }
}

impl Watch {
    /// True where none answers and all were last heard of at one moment, which is the one at which nodes.conf was read
    /// (`clusterLoadConfig`): while they ran they were heard of one after the other.
    fn is_alone(&self) -> bool {
        let (first, last, others) = self.heard;
        self.deserted && others > 1 && last - first <= AT_ONCE
    }
}

fn keep<T>(list: &mut Vec<T>, more: &mut usize, max: usize, entry: impl FnOnce() -> T) {
    if list.len() < max {
        list.push(entry());
    } else {
        *more += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(lines: &str) -> Option<Sight> {
        let mut watch = Watch::new(3);
        lines.lines().filter_map(|line| NodesLine::parse(line.as_bytes())).for_each(|line| watch.line(&line));
        watch.finish()
    }

    fn ids(list: &[NodeId]) -> String {
        list.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn who_is_well_complains_of_nothing() {
        let lines = "aa h:1@2 myself,master - 0 0 1 connected 0-5\nbb h:2@3 master - 9999 10000 2 connected 6-9";
        assert_eq!(sight(lines), None);
    }

    #[test]
    fn silence_has_several_forms() {
        let lines = "\
aa h:1@2 myself,master - 0 0 1 connected 0-5 [93->-bb] [77-<-bb]
bb h:2@3 master - 0 10000 2 disconnected 6-9
cc h:3@4 master - 7000 6900 2 connected 6-9
dd h:4@5 master,fail? - 7000 6900 2 connected 6-9
ee h:5@6 master,fail - 7000 6900 2 disconnected 6-9
ff :0@0 slave,noaddr aa 7000 6900 2 disconnected
99 h:7@8 handshake - 0 0 0 disconnected
77 h:9@10 master - 0 0 0 disconnected
66 h:11@12 master - 6000 0 0 disconnected
88 h:8@9 master - 9000 9900 2 connected";
        let seen = sight(lines).unwrap();
        assert_eq!(
            (ids(&seen.silent), ids(&seen.failed), ids(&seen.lost)),
            ("dd cc bb 66".into(), "ee".into(), "ff".into())
        );
        assert_eq!(seen.newcomers[0].address, "h:7@8");
        let open: Vec<_> = seen.open.iter().map(|o| (o.slot, o.importing, o.peer.as_str())).collect();
        assert_eq!(open, [(93, false, "bb"), (77, true, "bb")]);
        assert!(seen.misses(&NodeId::from_wire(b"ff").unwrap()) && !seen.misses(&seen.node));
    }

    #[test]
    fn lists_are_bounded() {
        let line = |n| format!("{n} h:1@2 master - 0 1 1 disconnected\n");
        let lines = (10..30).map(line).collect::<Vec<_>>().concat();
        let seen = sight(&format!("aa h:1@2 myself,master - 0 0 1 connected\n{lines}")).unwrap();
        assert_eq!((seen.silent.len(), seen.more), (3, 17));
    }
}
