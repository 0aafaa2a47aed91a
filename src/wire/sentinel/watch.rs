//! One Sentinel's own view, from the same replies that a topology is made of.

use super::nodes::node;
use crate::{
    facts::{Hostnames, Limits, Node, Role, Watch, Watched},
    wire::resp::Value,
};

/// A view while the replies come in.
#[derive(Debug)]
pub struct WatchDraft {
    watch: Watch,
    /// The groups that matter, where that is known already.
    only: Option<Vec<String>>,
    groups: usize,
    /// How many more nodes are kept, of all groups together.
    room: usize,
    text: usize,
}

impl WatchDraft {
    /// An empty one.
    pub fn new(limits: &Limits) -> Self {
        WatchDraft { watch: Watch::default(), only: None, groups: limits.groups, room: limits.nodes, text: limits.text }
    }

    /// Other groups than these are passed over: of hundreds, those that matter may be told last.
    pub fn only(&mut self, names: Vec<String>) {
        self.only = Some(names);
    }

    /// One entry of SENTINEL MASTERS.
    pub fn primary(&mut self, entry: &Value<'_>) {
        let name = entry.field("name").and_then(Value::text).filter(|name| !name.is_empty());
        let Some(name) = name.filter(|name| name.chars().count() <= self.text) else { return };
        if self.only.as_ref().is_some_and(|only| !only.iter().any(|wanted| *wanted == name)) {
            return;
        }
        if self.watch.groups.len() >= self.groups || self.watch.groups.iter().any(|group| group.name == name) {
            return;
        }
        let number = |field: &str| entry.field(field).and_then(Value::int);
        let flags = entry.field("flags").and_then(Value::text).unwrap_or_default();
        self.watch.groups.push(Watched {
            name: name.into_owned(),
            primary: node(entry, Role::Primary).filter(|_| self.room > 0),
            quorum: number("quorum").and_then(|quorum| u32::try_from(quorum).ok()),
            epoch: number("config-epoch").and_then(|epoch| u64::try_from(epoch).ok()),
            failing_over: flags.split(',').any(|flag| flag == "failover_in_progress"),
            down_after_ms: number("down-after-milliseconds").and_then(|after| u64::try_from(after).ok()),
            replicas: Vec::new(),
            never_promoted: 0,
            peers: Vec::new(),
        });
        self.room = self.room.saturating_sub(1);
    }

    /// One entry of SENTINEL REPLICAS.
    pub fn replica(&mut self, group: &str, entry: &Value<'_>) {
        let is_listed = self.member(group, node(entry, Role::Replica), |group| &mut group.replicas);
        let is_never_promoted = entry.field("slave-priority").and_then(Value::int) == Some(0);
        if let Some(watched) = self.watch.groups.iter_mut().find(|watched| watched.name == group) {
            watched.never_promoted += usize::from(is_listed && is_never_promoted);
        }
    }

    /// One entry of SENTINEL SENTINELS.
    pub fn peer(&mut self, group: &str, entry: &Value<'_>) {
        let _ = self.member(group, node(entry, Role::Sentinel), |group| &mut group.peers);
    }

    /// True where it was taken in.
    fn member(&mut self, name: &str, node: Option<Node>, list: fn(&mut Watched) -> &mut Vec<Node>) -> bool {
        let group = self.watch.groups.iter_mut().find(|group| group.name == name);
        if let (Some(node), Some(members)) = (node, group.map(list))
            && self.room > 0
        {
            self.room -= 1;
            members.push(node);
            return true;
        }
        false
    }

    /// A SENTINEL CONFIG GET reply; false for one that it never gives.
    pub fn options(&mut self, reply: &Value<'_>) -> bool {
        let is_set = |name: &str| Some(reply.field(name)?.text()? == "yes");
        let (resolve, announce) = (is_set("resolve-hostnames"), is_set("announce-hostnames"));
        if let (Some(resolve), Some(announce)) = (resolve, announce) {
            self.watch.hostnames = Some(Hostnames { resolve, announce });
        }
        self.watch.hostnames.is_some()
    }

    /// `sentinel_tilt` of INFO.
    pub fn info(&mut self, text: &[u8]) {
        self.watch.tilt = text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == b"sentinel_tilt:1");
    }

    /// The view, without the groups that are not among `names`, each list in the order of its addresses: a Sentinel tells
    /// them in the order of its hash tables.
    pub fn finish(mut self, names: &[String]) -> Watch {
        self.watch.groups.retain(|group| names.contains(&group.name));
        self.watch.groups.sort_by(|one, other| one.name.cmp(&other.name));
        for group in &mut self.watch.groups {
            for list in [&mut group.replicas, &mut group.peers] {
                list.sort_by_cached_key(|node| (node.address.preferred.clone(), node.address.port));
            }
        }
        self.watch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::resp::{Decoded, decode};

    fn reply(pairs: &[(&str, &str)]) -> Vec<u8> {
        let bulks = pairs.iter().flat_map(|(key, value)| [key, value]);
        let bulks: Vec<String> = bulks.map(|text| format!("${}\r\n{text}\r\n", text.len())).collect();
        format!("*{}\r\n{}", pairs.len() * 2, bulks.concat()).into_bytes()
    }

    fn with<T>(pairs: &[(&str, &str)], f: impl FnOnce(&Value<'_>) -> T) -> T {
        match decode(&reply(pairs), 8, 1 << 20) {
            Ok(Decoded::Done(value, _)) => f(&value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_view_holds_what_was_asked_about() {
        let mut draft = WatchDraft::new(&Limits { nodes: 3, ..Limits::default() });
        for name in ["orders", "mymaster"] {
            let entry = [("name", name), ("ip", "10.0.0.1"), ("port", "6379"), ("quorum", "2"), ("config-epoch", "7")];
            let flags = [("flags", "master,o_down,failover_in_progress")];
            with(&[&entry[..], &flags].concat(), |entry| draft.primary(entry));
        }
        for ip in ["10.0.0.3", "10.0.0.2"] {
            with(&[("ip", ip), ("port", "6379")], |entry| draft.replica("mymaster", entry));
        }
        with(&[("ip", "10.0.0.9"), ("port", "26379")], |entry| draft.peer("nobody", entry));
        draft.info(b"# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:1\r\n");
        assert!(with(&[("resolve-hostnames", "yes"), ("announce-hostnames", "no")], |reply| draft.options(reply)));
        assert!(!with(&[("loglevel", "notice")], |reply| WatchDraft::new(&Limits::default()).options(reply)));
        let watch = draft.finish(&["mymaster".to_owned()]);
        assert!(watch.tilt && watch.hostnames == Some(Hostnames { resolve: true, announce: false }));
        let [group] = &watch.groups[..] else { panic!("{watch:?}") };
        assert!(group.failing_over && group.primary.as_ref().is_some_and(|node| node.flags.fail));
        assert_eq!((group.quorum, group.epoch, group.replicas.len(), group.peers.len()), (Some(2), Some(7), 1, 0));
    }

    #[test]
    fn a_discovery_service_leaves_most_out() {
        let mut draft = WatchDraft::new(&Limits::default());
        with(&[("name", "db"), ("ip", "10.0.0.1"), ("port", "12000"), ("flags", "master")], |e| draft.primary(e));
        let watch = draft.finish(&["db".to_owned()]);
        assert_eq!((watch.groups[0].quorum, watch.groups[0].epoch), (None, None));
    }
}
