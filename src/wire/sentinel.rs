//! What one Sentinel says of the groups that it watches: ROLE, SENTINEL MASTERS, REPLICAS and SENTINELS of Redis 2.8.12 and
//! later, and of Valkey.
//!
//! Each entry is a map of text to text, flat in RESP2; services leave most fields out (Redis Enterprise's discovery service
//! gives name, ip, port and flags), and only the address is relied upon. What clients look a node up by is the `ip` field,
//! which holds a name under `sentinel announce-hostnames yes` (6.2+), with `port`.

mod nodes;
mod watch;

use std::collections::{HashMap, HashSet};

use super::resp::Value;
use crate::facts::{Endpoint, Group, Kind, Limits, Node, NodeId, Role, Topology};
use nodes::{Nodes, itself, node};

pub use watch::WatchDraft;

/// The name that documentation and charts give their one group: it is meant where none is named.
const USUAL: &str = "mymaster";

/// How many complaints about malformed parts are kept.
const COMPLAINTS: usize = 8;

/// The command that lists a group's replicas: SLAVES before 5.0. Without a version it is taken for a newer one.
pub fn lists_replicas(version: Option<&str>) -> &'static str {
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    if major.is_some_and(|major| major < 5) { "SLAVES" } else { "REPLICAS" }
}

/// The groups while the replies come in.
#[derive(Debug)]
pub struct Draft {
    /// Every group by name, in the order in which they were told.
    groups: Vec<Sketch>,
    /// Their places by name.
    places: HashMap<String, usize>,
    /// Which nodes are in which group, as replicas or as Sentinels (`true`).
    members: HashSet<(usize, usize, bool)>,
    nodes: Nodes,
    malformed: Vec<String>,
    wanted: Option<String>,
    limits: Limits,
}

/// What is known of one group so far: places in [`Nodes`].
#[derive(Debug, Default)]
struct Sketch {
    name: String,
    /// Its replicas and Sentinels were asked for.
    asked: bool,
    quorum: Option<u32>,
    primary: Option<usize>,
    replicas: Vec<usize>,
    sentinels: Vec<usize>,
}

impl Draft {
    /// An empty one. `wanted` is the one group to go into; without it, it is the usual one, and where there is none of that
    /// name, all of them.
    pub fn new(limits: &Limits, wanted: Option<&str>) -> Self {
        Draft {
            groups: Vec::new(),
            places: HashMap::new(),
            members: HashSet::new(),
            nodes: Nodes::new(limits.nodes.saturating_sub(1)),
            malformed: Vec::new(),
            wanted: wanted.map(str::to_owned),
            limits: limits.clone(),
        }
    }

    /// A ROLE reply: `["sentinel", [name, …]]`. Others say nothing here.
    pub fn role(&mut self, reply: &Value<'_>) {
        let Some([Value::Text(b"sentinel"), Value::Array(names), ..]) = reply.array() else { return };
        for name in names {
            self.group(name);
        }
    }

    /// One entry of SENTINEL MASTERS.
    pub fn primary(&mut self, entry: &Value<'_>) {
        let Some(index) = entry.field("name").and_then(|name| self.group(name)) else {
            return self.complain("an entry of SENTINEL MASTERS has no usable name");
        };
        let quorum = entry.field("quorum").and_then(Value::int).and_then(|quorum| u32::try_from(quorum).ok());
        let group = &mut self.groups[index];
        group.quorum = group.quorum.or(quorum);
        if group.primary.is_none() && self.is_chosen(index) {
            self.groups[index].primary = self.node(entry, Role::Primary);
        }
    }

    /// One entry of SENTINEL REPLICAS (SLAVES before 5.0) for the group of this name.
    pub fn replica(&mut self, group: &str, entry: &Value<'_>) {
        let place = self.places.get(group).copied();
        if let (Some(node), Some(index)) = (self.node(entry, Role::Replica), place)
            && self.groups[index].primary != Some(node)
            && self.members.insert((index, node, false))
        {
            self.groups[index].replicas.push(node);
        }
    }

    /// One entry of SENTINEL SENTINELS for the group of this name: a peer of the one that answers.
    pub fn sentinel(&mut self, group: &str, entry: &Value<'_>) {
        let place = self.places.get(group).copied();
        if let (Some(node), Some(index)) = (self.node(entry, Role::Sentinel), place)
            && self.members.insert((index, node, true))
        {
            self.groups[index].sentinels.push(node);
        }
    }

    /// The names of the groups to go into that were not given out before.
    pub fn unasked(&mut self) -> Vec<String> {
        let mut unasked = Vec::new();
        for index in self.chosen() {
            let group = &mut self.groups[index];
            if !std::mem::replace(&mut group.asked, true) {
                unasked.push(group.name.clone());
            }
        }
        unasked
    }

    /// The names of the groups to go into.
    pub fn names(&self) -> Vec<String> {
        self.chosen().into_iter().map(|index| self.groups[index].name.clone()).collect()
    }

    /// Notes a part that did not parse.
    fn complain(&mut self, what: &str) {
        if self.malformed.len() < COMPLAINTS && !self.malformed.iter().any(|known| known == what) {
            self.malformed.push(what.to_owned());
        }
    }

    /// The place of the group with this name, made where there is none; names that cannot be asked for are passed over.
    fn group(&mut self, name: &Value<'_>) -> Option<usize> {
        let Value::Text(bytes) = name else { return None };
        let name = std::str::from_utf8(bytes).ok().filter(|name| !name.is_empty())?;
        if name.chars().count() > self.limits.text {
            return None;
        }
        if let Some(index) = self.places.get(name) {
            return Some(*index);
        }
        if self.groups.len() >= self.limits.nodes {
            return None;
        }
        let place = self.groups.len();
        self.places.insert(name.to_owned(), place);
        self.groups.push(Sketch { name: name.to_owned(), ..Sketch::default() });
        Some(place)
    }

    fn is_chosen(&self, index: usize) -> bool {
        match &self.wanted {
            Some(wanted) => self.groups[index].name == *wanted,
            None if self.is_internal(index) => false,
            None => self.places.get(USUAL).is_none_or(|usual| *usual == index),
        }
    }

    /// Redis Enterprise's discovery service tells each database twice: `db`, and `db@internal` for who is in its network.
    fn is_internal(&self, index: usize) -> bool {
        let public = self.groups[index].name.strip_suffix("@internal");
        public.is_some_and(|name| self.places.contains_key(name))
    }

    fn chosen(&self) -> Vec<usize> {
        (0..self.groups.len()).filter(|index| self.is_chosen(*index)).take(self.limits.groups).collect()
    }

    fn node(&mut self, entry: &Value<'_>, role: Role) -> Option<usize> {
        let Some(node) = node(entry, role) else {
            self.complain("an entry of a SENTINEL reply has neither ip nor port");
            return None;
        };
        self.nodes.place(node)
    }

    /// The topology, as the Sentinel that was dialled at `seed` describes it.
    pub fn finish(mut self, seed: &Endpoint, identity: Option<&NodeId>) -> Topology {
        let mut chosen = self.chosen();
        let itself = itself(seed, identity);
        self.nodes.keep_apart_from(&itself.id);
        let Nodes { mut all, overflow, .. } = self.nodes;
        // A Sentinel tells them in the order of its hash tables, which is another one for each of them and after each start.
        chosen.sort_by(|one, other| self.groups[*one].name.cmp(&self.groups[*other].name));
        for index in &chosen {
            let group = &mut self.groups[*index];
            let address = |place: &usize| (all[*place].address.preferred.clone(), all[*place].address.port);
            group.replicas.sort_by_cached_key(address);
            group.sentinels.sort_by_cached_key(address);
            let primary = group.primary.map(|primary| all[primary].id.clone());
            group.replicas.iter().for_each(|replica| all[*replica].primary.clone_from(&primary));
        }
        let groups: Vec<Group> = chosen.iter().map(|index| self.groups[*index].group(&all, &itself.id)).collect();
        let nodes = in_order(all, chosen.iter().map(|index| &self.groups[*index]), itself);
        let others = self.groups.iter().enumerate().filter(|(index, _)| !chosen.contains(index));
        let mut others: Vec<String> = others.map(|(_, group)| group.name.clone()).collect();
        others.sort_unstable();
        others.truncate(self.limits.groups);
        Topology {
            kind: Kind::Sentinel,
            announced: nodes.len() + overflow.len(),
            nodes,
            views: Vec::new(),
            sights: Vec::new(),
            malformed: self.malformed,
            groups,
            other_groups: others,
        }
    }
}

impl Sketch {
    fn group(&self, nodes: &[Node], itself: &NodeId) -> Group {
        let ids = |places: &[usize]| places.iter().map(|place| nodes[*place].id.clone()).collect::<Vec<_>>();
        Group {
            name: self.name.clone(),
            quorum: self.quorum,
            primary: self.primary.map(|place| nodes[place].id.clone()),
            replicas: ids(&self.replicas),
            sentinels: std::iter::once(itself.clone()).chain(ids(&self.sentinels)).collect(),
        }
    }
}

/// Group by group the primary and its replicas, then the Sentinels: `itself`, and its peers.
fn in_order<'s>(all: Vec<Node>, groups: impl Iterator<Item = &'s Sketch> + Clone, itself: Node) -> Vec<Node> {
    let data = groups.clone().flat_map(|group| group.primary.iter().chain(&group.replicas));
    let order = data.chain(groups.flat_map(|group| &group.sentinels));
    let mut all: Vec<Option<Node>> = all.into_iter().map(Some).collect();
    let listed = order.filter_map(|place| all[*place].take());
    let (data, sentinels): (Vec<Node>, Vec<Node>) = listed.partition(|node| node.role != Role::Sentinel);
    data.into_iter().chain([itself]).chain(sentinels).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        facts::Announced,
        wire::resp::{Decoded, decode},
    };

    fn flat(pairs: &[(&str, &str)]) -> Vec<u8> {
        let texts = pairs.iter().flat_map(|(key, value)| [key, value]);
        let bulks: Vec<String> = texts.map(|text| format!("${}\r\n{text}\r\n", text.len())).collect();
        format!("*{}\r\n{}", pairs.len() * 2, bulks.concat()).into_bytes()
    }

    fn reply(bytes: &[u8]) -> Value<'_> {
        match decode(bytes, 8, 1 << 20) {
            Ok(Decoded::Done(value, _)) => value,
            other => panic!("{other:?}"),
        }
    }

    fn primary(draft: &mut Draft, name: &str, ip: &str, run_id: &str) {
        let fields =
            [("name", name), ("ip", ip), ("port", "6379"), ("runid", run_id), ("flags", "master"), ("quorum", "2")];
        draft.primary(&reply(&flat(&fields)));
    }

    fn finish(draft: Draft) -> Topology {
        draft.finish(&"sentinel.example.com:26379".parse().unwrap(), NodeId::from_wire(b"myself").as_ref())
    }

    fn listed(topology: &Topology) -> Vec<String> {
        topology.nodes.iter().map(|node| format!("{} {} {}", node.role, node.id, node.address)).collect()
    }

    #[test]
    fn a_group_with_everything_in_it() {
        let mut draft = Draft::new(&Limits::default(), None);
        draft.role(&reply(b"*2\r\n+sentinel\r\n*1\r\n$8\r\nmymaster\r\n"));
        assert_eq!(draft.unasked(), ["mymaster"]);
        primary(&mut draft, "mymaster", "10.0.0.1", "aa");
        assert!(draft.unasked().is_empty(), "asked for once");
        let replica = [
            ("name", "[fd77::2]:6379"),
            ("ip", "fd77::2"),
            ("port", "6379"),
            ("runid", ""),
            ("flags", "s_down,slave,disconnected"),
        ];
        draft.replica("mymaster", &reply(&flat(&replica)));
        // RESP3: a map, and a port as a number.
        let map = b"%3\r\n+ip\r\n+s2.example.com\r\n+port\r\n:26379\r\n+runid\r\n+bb\r\n";
        draft.sentinel("mymaster", &reply(map));
        let topology = finish(draft);
        assert_eq!(
            listed(&topology),
            [
                "primary aa 10.0.0.1:6379",
                "replica [fd77::2]:6379 [fd77::2]:6379",
                "sentinel myself sentinel.example.com:26379",
                "sentinel bb s2.example.com:26379"
            ]
        );
        assert!(topology.nodes[1].flags.pfail && topology.nodes[1].flags.link_down && !topology.nodes[1].flags.fail);
        assert_eq!(topology.nodes[1].primary, Some(topology.nodes[0].id.clone()));
        let group = &topology.groups[0];
        assert_eq!((group.quorum, group.replicas.len(), group.sentinels.len()), (Some(2), 1, 2));
        assert_eq!(group.sentinels[0].as_str(), "myself");
        assert!(topology.malformed.is_empty() && topology.other_groups.is_empty());
    }

    #[test]
    fn which_groups_are_gone_into() {
        let chosen = |names: &[&str], wanted| {
            let mut draft = Draft::new(&Limits { groups: 2, ..Limits::default() }, wanted);
            for (place, name) in names.iter().enumerate() {
                primary(&mut draft, name, &format!("10.0.0.{place}"), "");
            }
            let asked = draft.unasked();
            let topology = finish(draft);
            let names: Vec<String> = topology.groups.iter().map(|group| group.name.clone()).collect();
            assert_eq!((asked, topology.nodes.len()), (names.clone(), names.len() + 1));
            (names.join(" "), topology.other_groups.join(" "))
        };
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(chosen(&["a"], None), pair("a", ""));
        assert_eq!(chosen(&["a", "mymaster"], None), pair("mymaster", "a"));
        assert_eq!(chosen(&["a", "b", "c"], None), pair("a b", "c"));
        assert_eq!(chosen(&["a", "mymaster"], Some("a")), pair("a", "mymaster"));
        assert_eq!(chosen(&["a", "b"], Some("x")), pair("", "a b"));
        assert_eq!(chosen(&["a@internal", "a"], None), pair("a", "a@internal"));
        assert_eq!(chosen(&["a", "a@internal"], Some("a@internal")), pair("a@internal", "a"));
    }

    #[test]
    fn one_node_for_each_address_and_one_id_for_each_node() {
        let mut draft = Draft::new(&Limits::default(), None);
        primary(&mut draft, "a", "10.0.0.1", "");
        primary(&mut draft, "b", "10.0.0.1", "aa");
        primary(&mut draft, "c", "10.0.0.3", "aa");
        primary(&mut draft, "d", "10.0.0.4", "myself");
        primary(&mut draft, "e", "10.0.0.5", "an:address");
        let topology = finish(draft);
        let ids: Vec<&str> = topology.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(ids[..2], ["aa", "10.0.0.3:6379"]);
        assert!(ids[2].starts_with("address:"), "{ids:?}");
        assert_eq!(ids[3..], ["10.0.0.5:6379", "myself"]);
        let primaries: Vec<_> = topology.groups.iter().map(|group| group.primary.as_ref().unwrap().as_str()).collect();
        assert_eq!(primaries[..2], ["aa", "aa"]);
    }

    #[test]
    fn what_cannot_be_dialled_is_kept_as_such() {
        let mut draft = Draft::new(&Limits::default(), None);
        primary(&mut draft, "a", "${POD_IP}\n", "");
        primary(&mut draft, "b", "", "");
        draft.primary(&reply(b"*2\r\n+name\r\n+c\r\n"));
        draft.primary(&reply(b"*2\r\n+ip\r\n+10.0.0.1\r\n"));
        let topology = finish(draft);
        assert!(matches!(topology.nodes[0].address.preferred, Announced::Unusable(_)));
        assert_eq!(topology.nodes[1].address.preferred, Announced::Absent);
        assert_eq!((topology.groups.len(), topology.malformed.len()), (3, 2));
    }

    proptest! {
        #[test]
        fn any_bytes_make_a_bounded_topology(bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..256),
            prop::collection::vec(prop::sample::select(&b"*$:+%_0123-\r\n\r\nnameipportrunid"[..]), 0..256),
        ]) {
            let limits = Limits { nodes: 3, groups: 2, text: 8, ..Limits::default() };
            let mut draft = Draft::new(&limits, None);
            let mut rest = &bytes[..];
            while let Ok(Decoded::Done(value, used)) = decode(rest, 8, 1 << 16) {
                draft.role(&value);
                draft.primary(&value);
                for group in draft.unasked() {
                    draft.replica(&group, &value);
                    draft.sentinel(&group, &value);
                }
                rest = &rest[used..];
            }
            let topology = finish(draft);
            prop_assert!(topology.nodes.len() <= limits.nodes && topology.groups.len() <= limits.groups);
            prop_assert!(topology.malformed.len() <= COMPLAINTS);
        }

        #[test]
        fn ids_are_unique_and_groups_refer_to_nodes(entries in prop::collection::vec(
            (0..3_u8, 0..3_u8, "[a-c]?", "(10\\.0\\.0\\.[0-4]|host|\\?|a b|)", 0..3_u16, "(aa|bb|myself|a:b|)"), 0..24)) {
            let limits = Limits { nodes: 8, groups: 2, ..Limits::default() };
            let mut draft = Draft::new(&limits, None);
            for (kind, group, name, ip, port, run_id) in entries {
                let (group, port) = (["a", "b", "c"][usize::from(group)], port.to_string());
                let bytes = flat(&[("name", &name), ("ip", &ip), ("port", &port), ("runid", &run_id)]);
                match kind {
                    0 => draft.primary(&reply(&bytes)),
                    1 => draft.replica(group, &reply(&bytes)),
                    _ => draft.sentinel(group, &reply(&bytes)),
                }
            }
            let topology = finish(draft);
            prop_assert!(topology.nodes.len() <= limits.nodes && topology.announced >= topology.nodes.len());
            prop_assert!(topology.groups.len() <= limits.groups);
            let ids: HashSet<_> = topology.nodes.iter().map(|node| &node.id).collect();
            prop_assert_eq!(ids.len(), topology.nodes.len());
            for group in &topology.groups {
                prop_assert!(group.data_nodes().chain(&group.sentinels).all(|id| ids.contains(id)));
            }
        }
    }
}
