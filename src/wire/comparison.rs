//! Another node's view against the seed's, folded line by line as it arrives: of 1,000 views of 1,000 nodes only the
//! differences are kept. Nodes mostly agree, so what stands there byte for byte as in the seed's view is not parsed again.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use memchr::memchr;

use super::{
    nodes_line::{NodesLine, Steady},
    resp::Value,
    sight::Watch,
};
use crate::facts::{Difference, NodeFlags, NodeId, Role, Sight, ViewNode};

/// Bytes of the seed's CLUSTER SLOTS that are kept as they came; 20,000 nodes are not more.
const KEPT_RANGES: usize = 4 << 20;

/// The seed's view, in the form in which others are compared with it.
#[derive(Debug, Default)]
pub struct Reference {
    lines: HashMap<Box<[u8]>, Line, foldhash::fast::RandomState>,
    endpoints: HashMap<Box<[u8]>, u64>,
    /// The first ranges of CLUSTER SLOTS as they came, and how many bytes they are.
    ranges: Vec<Box<[u8]>>,
    kept: usize,
    /// How many nodes are taken in.
    max: usize,
    /// There were more: a node that is not here may still be one that the seed knows.
    cut: bool,
}

#[derive(Debug)]
struct Line {
    content: u64,
    steady: Steady,
    /// Where in `Comparison::seen` it stands.
    index: usize,
    /// The seed did not know its own address: only ids are compared.
    loose: bool,
    /// The seed finds nothing wrong with it: where another line says the same, there is nothing wrong there, either.
    sound: bool,
}

impl Reference {
    /// An empty one, for at most `max` nodes: every other view is compared with all of it.
    pub fn new(max: usize) -> Self {
        Reference { max, ..Reference::default() }
    }

    /// Takes in a line of the seed's CLUSTER NODES. Of several with the same id the first counts.
    pub fn nodes_line(&mut self, line: &[u8]) {
        let Some(parsed) = NodesLine::parse(line).filter(|l| !l.flags.handshake) else { return };
        if NodeId::from_wire(parsed.id).is_none() || self.lines.contains_key(parsed.id) {
            return;
        }
        let index = self.lines.len();
        if index >= self.max {
            self.cut = true;
            return;
        }
        let loose = parsed.ip.is_empty() && !parsed.flags.noaddr;
        let NodeFlags { fail, pfail, noaddr, .. } = parsed.flags;
        let sound = !(fail || pfail || noaddr);
        let (content, steady) = (content(&parsed), Steady::of(line));
        self.lines.insert(parsed.id.into(), Line { content, steady, index, loose, sound });
    }

    /// The seed's CLUSTER NODES was not read to its end: it may know more nodes than are here.
    pub fn leave_open(&mut self) {
        self.cut = true;
    }

    /// Takes in a range of the seed's CLUSTER SLOTS, decoded and as it came.
    pub fn slots_entry(&mut self, entry: &Value<'_>, raw: &[u8]) {
        for (id, endpoint) in endpoints(entry) {
            let known = self.endpoints.contains_key(id);
            if known || (self.endpoints.len() < self.max && NodeId::from_wire(id).is_some()) {
                self.endpoints.insert(id.into(), hash_endpoint(endpoint));
            }
        }
        self.kept = self.kept.saturating_add(raw.len());
        if self.kept <= KEPT_RANGES {
            self.ranges.push(raw.into());
        }
    }

    /// How many bytes at the start of `input` are the range that the seed has at this place; 0 where they are not.
    pub fn same_range(&self, index: usize, input: &[u8]) -> usize {
        self.ranges.get(index).filter(|range| input.starts_with(range)).map_or(0, |range| range.len())
    }
}

/// One node's view while it comes in.
#[derive(Debug)]
pub struct Comparison<'r> {
    reference: &'r Reference,
    seen: Vec<bool>,
    any_line: bool,
    kept: BTreeSet<Difference>,
    more: usize,
    max: usize,
    /// The answering node's own line: its id, and its address as it sees itself.
    pub own: Option<(NodeId, String)>,
    watch: Box<Watch>,
}

impl<'r> Comparison<'r> {
    /// Begins one; at most `max` differences are kept, and `most` entries of each kind of complaint.
    pub fn new(reference: &'r Reference, max: usize, most: usize) -> Self {
        let seen = vec![false; reference.lines.len()];
        Comparison {
            reference,
            seen,
            any_line: false,
            kept: BTreeSet::new(),
            more: 0,
            max,
            own: None,
            watch: Box::new(Watch::new(most)),
        }
    }

    /// What it is compared with.
    pub fn reference(&self) -> &'r Reference {
        self.reference
    }

    /// A line of CLUSTER NODES.
    pub fn nodes_line(&mut self, line: &[u8]) {
        let reference = self.reference;
        if let Some((id, rest)) = memchr(b' ', line).map(|end| (&line[..end], &line[end + 1..]))
            && let Some(known) = reference.lines.get(id).filter(|known| known.sound)
            && let Some(beat) = known.steady.is_in(rest)
        {
            self.any_line = true;
            self.seen[known.index] = true;
            self.watch.beat(id, beat);
            return;
        }
        let Some(line) = NodesLine::parse(line) else { return };
        self.any_line = true;
        self.watch.line(&line);
        if line.myself {
            self.own = NodeId::from_wire(line.id).map(|id| (id, line.address_text()));
        }
        if line.flags.handshake || reference.lines.is_empty() {
            return;
        }
        match reference.lines.get(line.id) {
            Some(known) => {
                self.seen[known.index] = true;
                // A node may not know its own address; that is no disagreement.
                let loose = known.loose || (line.myself && line.ip.is_empty());
                if known.content != content(&line) && !loose {
                    self.keep(view_node(&line).map(Difference::Says));
                }
            }
            None if self.reference.cut => {}
            None => self.keep(view_node(&line).map(Difference::Extra)),
        }
    }

    /// A range of CLUSTER SLOTS.
    pub fn slots_entry(&mut self, entry: &Value<'_>) {
        for (id, endpoint) in endpoints(entry) {
            let known = self.reference.endpoints.get(id);
            let own_blank = matches!(endpoint[0], Value::Text(b""));
            if known.is_some_and(|known| *known != hash_endpoint(endpoint)) && !own_blank {
                let host = endpoint[0].text().unwrap_or("(nil)".into());
                let place = format!("{host}:{}", endpoint[1].int().unwrap_or(0));
                self.keep(NodeId::from_wire(id).map(|id| Difference::Endpoint(id, place.chars().take(300).collect())));
            }
        }
    }

    fn keep(&mut self, difference: Option<Difference>) {
        let Some(difference) = difference else { return };
        if self.kept.len() < self.max {
            self.kept.insert(difference);
        } else if !self.kept.contains(&difference) {
            self.more += 1;
        }
    }

    /// True where none of the nodes that the reference knows was met, and other ones were.
    pub fn is_of_another_cluster(&self) -> bool {
        self.any_line && !self.reference.lines.is_empty() && !self.reference.cut && !self.seen.contains(&true)
    }

    /// The differences, and how many more there were; and what the node complains of.
    pub fn finish(mut self) -> (Vec<Difference>, usize, Option<Sight>) {
        if self.any_line {
            let reference = self.reference;
            let lacking = reference.lines.iter().filter(|(_, line)| !self.seen[line.index]);
            let mut lacking: Vec<_> = lacking.filter_map(|(id, _)| NodeId::from_wire(id)).collect();
            lacking.sort_unstable();
            for id in lacking {
                self.keep(Some(Difference::Lacks(id)));
            }
        }
        (self.kept.into_iter().collect(), self.more, self.watch.finish())
    }
}

/// What must be equal everywhere: not ping times, link states, suspicions, epochs in flight or who answered.
fn content(line: &NodesLine<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(line.address);
    hasher.write_u8(u8::from(line.role == Role::Primary) | u8::from(line.flags.fail) << 1);
    hasher.write(line.primary.unwrap_or_default());
    line.slot_tokens().for_each(|token| token.hash(&mut hasher));
    hasher.finish()
}

/// Id and `[endpoint, port, …]` of each node of a SLOTS range.
fn endpoints<'v>(entry: &'v Value<'_>) -> impl Iterator<Item = (&'v [u8], &'v [Value<'v>])> {
    let nodes = entry.array().and_then(|items| items.get(2..)).unwrap_or_default();
    nodes.iter().filter_map(|node| match node.array()? {
        items @ [_, _, Value::Text(id), ..] => Some((*id, items)),
        _ => None,
    })
}

fn hash_endpoint(items: &[Value<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &items[0] {
        Value::Text(host) => hasher.write(host),
        _ => hasher.write_u8(0),
    }
    hasher.write_i64(items[1].int().unwrap_or(0));
    hasher.finish()
}

fn view_node(line: &NodesLine<'_>) -> Option<ViewNode> {
    Some(ViewNode {
        id: NodeId::from_wire(line.id)?,
        address: line.address_text(),
        role: line.role,
        primary: line.primary.and_then(NodeId::from_wire),
        slots: line.slots().to_string().chars().take(300).collect(),
        failed: line.flags.fail,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::resp::{Decoded, decode};

    const SEED: &str = "\
aa 10.0.0.1:1@11 myself,master - 0 0 1 connected 0-99
bb 10.0.0.2:1@11 master - 0 5 2 connected 100-16383
cc 10.0.0.3:1@11 slave aa 0 5 1 connected
dd 10.0.0.9:1@11 handshake - 0 5 1 connected
";

    fn differences(view: &str) -> Vec<Difference> {
        let mut reference = Reference::new(100);
        SEED.lines().for_each(|l| reference.nodes_line(l.as_bytes()));
        let mut comparison = Comparison::new(&reference, 8, 8);
        view.lines().for_each(|l| comparison.nodes_line(l.as_bytes()));
        comparison.finish().0
    }

    #[test]
    fn order_times_links_and_suspicions_do_not_matter() {
        let view = "\
cc 10.0.0.3:1@11 slave,fail? aa 9 9 9 disconnected
bb 10.0.0.2:1@11 myself,master - 0 0 2 connected 100-16383 [5->-aa]
aa 10.0.0.1:1@11 master - 7 7 1 connected 0-99
";
        assert_eq!(differences(view), []);
    }

    #[test]
    fn repeated_ids_and_a_cut_reference_are_survived() {
        let mut reference = Reference::new(2);
        for id in ["aa", "aa", "bb", "bb", "cc"] {
            reference.nodes_line(format!("{id} 10.0.0.1:1@11 master - 0 0 1 connected").as_bytes());
        }
        let mut comparison = Comparison::new(&reference, 8, 8);
        for id in ["bb", "aa", "bb", "cc", "dd"] {
            comparison.nodes_line(format!("{id} 10.0.0.1:1@11 master - 0 0 1 connected").as_bytes());
        }
        assert_eq!(comparison.finish(), (Vec::new(), 0, None));
    }

    proptest! {
        #[test]
        fn any_lines_are_survived(
            seed in prop::collection::vec(line(), 0..12),
            view in prop::collection::vec(line(), 0..12),
            max in 0_usize..6,
        ) {
            let mut reference = Reference::new(max);
            for line in &seed {
                reference.nodes_line(line);
            }
            let mut comparison = Comparison::new(&reference, max, max);
            for line in &view {
                comparison.nodes_line(line);
            }
            prop_assert!(comparison.finish().0.len() <= max);
        }

        #[test]
        fn what_is_not_parsed_would_have_been_equal(seed in line(), view in line()) {
            let rest = |line: &[u8]| Some(line[memchr(b' ', line)? + 1..].to_vec());
            if let (Some(known), Some(parsed)) = (NodesLine::parse(&seed), NodesLine::parse(&view))
                && Steady::of(&seed).is_in(&rest(&view).unwrap_or_default()).is_some()
            {
                prop_assert_eq!(content(&known), content(&parsed));
            }
        }

        #[test]
        fn any_values_are_survived(seed in any::<Vec<u8>>(), view in any::<Vec<u8>>()) {
            let mut reference = Reference::new(3);
            if let Ok(Decoded::Done(value, used)) = decode(&seed, 8, 1 << 16) {
                reference.slots_entry(&value, &seed[..used]);
            }
            let mut comparison = Comparison::new(&reference, 3, 3);
            if let Ok(Decoded::Done(value, _)) = decode(&view, 8, 1 << 16) {
                comparison.slots_entry(&value);
            }
        }
    }

    /// Lines that are nearly right, and bytes that are not.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let near = "(aa|bb|cc|\\x1b) (10\\.0\\.0\\.[1-3]|[:@,]{0,3}):[0-9]{1,6}@?[0-9]{0,6} [a-z,?]{0,12} (-|aa|zz) \
                    [0-9] [0-9] [0-9] (dis)?connected( [0-9]{1,6}(-[0-9]{1,6})?| \\[x){0,3}";
        prop_oneof![near.prop_map(String::into_bytes), any::<Vec<u8>>()]
    }

    #[test]
    fn what_matters_is_kept() {
        let view = "\
bb :1@11 myself,master - 0 0 2 connected 100-16383
aa 10.0.0.77:1@11 master - 7 7 1 connected 0-99
ee 10.0.0.5:1@11 slave aa 7 7 1 connected
";
        let kinds: Vec<&str> = differences(view)
            .iter()
            .map(|d| match d {
                Difference::Lacks(id) if id.as_str() == "cc" => "lacks cc",
                Difference::Extra(n) if n.id.as_str() == "ee" => "extra ee",
                Difference::Says(n) if n.address == "10.0.0.77:1@11" => "says aa",
                _ => "?",
            })
            .collect();
        assert_eq!(kinds, ["lacks cc", "extra ee", "says aa"]);
    }

    #[test]
    fn lines_that_begin_alike_are_told_apart() {
        for (line, differs) in [
            ("bb 10.0.0.2:1@11 master - 3 4 9 disconnected 100-16383", false),
            ("bb 10.0.0.2:1@11,,shard-id=x master - 3 4 9 connected 100-16383", false),
            ("bb 10.0.0.2:1@11 master - 3 4 9 connected 100-1638", true),
            ("bb 10.0.0.2:1@11 master - 3 4 9 connected 100-16383 7", true),
            ("bb 10.0.0.2:1@11 master - 3 4 9 connected", true),
            ("bb 10.0.0.2:1@11 master,fail - 3 4 9 connected 100-16383", true),
            ("bb 10.0.0.2:10@11 master - 3 4 9 connected 100-16383", true),
        ] {
            let rest = "aa 10.0.0.1:1@11 master - 7 7 1 connected 0-99\ncc 10.0.0.3:1@11 slave aa 0 5 1 connected\n";
            assert_eq!(!differences(&format!("{rest}{line}\n")).is_empty(), differs, "{line}");
        }
    }

    #[test]
    fn a_range_is_known_by_its_place_and_all_of_its_bytes() {
        let mut reference = Reference::new(8);
        reference.slots_entry(&Value::Nil, b"*1\r\n:1\r\n");
        assert_eq!(reference.same_range(0, b"*1\r\n:1\r\n*1\r\n"), 8);
        assert_eq!(reference.same_range(0, b"*1\r\n:1\r"), 0);
        assert_eq!(reference.same_range(1, b"*1\r\n:1\r\n"), 0);
    }
}
