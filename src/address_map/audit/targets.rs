//! Who answers at the target of an entry, and whether its certificate proves the name that is verified there.

use std::collections::HashMap;

use super::{Fault, Reader, announced};
use crate::{
    address_map::written::Entry,
    facts::{Attempt, Candidate, CertificateChain, Endpoint, Host, Node, NodeId, Observed, Snapshot, Spoke, Transport},
    names::{self, Speaks},
};

/// Every attempt, by what was dialled.
pub(super) struct Targets<'a> {
    snapshot: &'a Snapshot,
    nodes: HashMap<&'a NodeId, &'a Node>,
    attempts: HashMap<Endpoint, Vec<&'a Attempt>>,
    reader: Option<Reader<'a>>,
}

impl<'a> Targets<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, nodes: &'a [Node], reader: Option<Reader<'a>>) -> Self {
        let mut attempts: HashMap<Endpoint, Vec<&Attempt>> = HashMap::new();
        for attempt in snapshot.all_attempts().filter(|a| a.transport == snapshot.seed.transport) {
            // What stands after the first of the other kind is a name to verify there.
            let dialled = if attempt.is_for(Candidate::Also) { 1 } else { attempt.candidates.len() };
            for (_, endpoint) in attempt.candidates.iter().take(dialled) {
                attempts.entry(endpoint.plain()).or_default().push(attempt);
            }
        }
        Targets { snapshot, nodes: nodes.iter().map(|n| (&n.id, n)).collect(), attempts, reader }
    }

    /// Adds what is wrong with the target of an entry, of which `node` announces the key.
    pub(super) fn judge(&self, entry: &Entry, node: Option<&Node>, is_seed: bool, faults: &mut Vec<Fault>) {
        let Some(attempt) = self.attempt(entry) else {
            let why = if self.snapshot.cut_short {
                "the deadline came first"
            } else {
                "what was seen holds no attempt at it (a saved snapshot has what was asked for then)"
            };
            return faults.push(Fault::NotTried(why.to_owned()));
        };
        let name = self.name_not_proved(entry, attempt);
        if attempt.spoke == Some(Spoke::Spiped) {
            return faults.push(Fault::Encrypted);
        }
        match attempt.identity() {
            Some(id) => self.judge_identity(id, attempt, node, is_seed, faults),
            None if name.is_some() => {}
            None => faults.push(unknown(attempt)),
        }
        faults.extend(name);
    }

    /// Adds what is wrong with the target of an entry as far as it can be said without the nodes: by the id that it names.
    pub(super) fn judge_alone(&self, entry: &Entry, faults: &mut Vec<Fault>) {
        self.judge(entry, None, true, faults);
        let answered = self.attempt(entry).and_then(Attempt::identity);
        faults.retain(|fault| !matches!(fault, Fault::OtherNode { .. }));
        match (answered, &entry.node_id) {
            (Some(id), Some(named)) if id != named => {
                faults.push(Fault::OtherNode { id: id.clone(), announced: None, crossing: None });
            }
            (Some(_), None) => faults.push(Fault::NotTried("nobody told which nodes there are".to_owned())),
            _ => {}
        }
    }

    fn judge_identity(&self, id: &NodeId, at: &Attempt, node: Option<&Node>, is_seed: bool, faults: &mut Vec<Fault>) {
        let known = self.nodes.get(id).copied();
        if node.is_some_and(|node| self.snapshot.leads_to(at, node)) || is_seed && known.is_some() {
            return;
        }
        if known.is_none() && faults.iter().any(|fault| matches!(fault, Fault::NotTried(_))) {
            // Of the nodes that were left out it may be one.
            return;
        }
        let announced = known.and_then(|n| announced(self.snapshot, n));
        if let (Some(Fault::NeverAnnounced(needed)), Some(key)) = (faults.first_mut(), &announced) {
            *needed = Some(key.clone());
            return;
        }
        let announced = known.map(|n| announced.map_or_else(|| n.address.to_string(), |key| key.to_string()));
        faults.push(Fault::OtherNode { id: id.clone(), announced, crossing: None });
    }

    /// The attempt that says most of this target: one under the entry's own name, else one that was answered.
    fn attempt(&self, entry: &Entry) -> Option<&'a Attempt> {
        let at = self.attempts.get(&entry.target.plain())?;
        let own = entry.also().server_name;
        let is_own = |a: &&&Attempt| {
            let beside = a.candidates.get(1).filter(|_| a.is_for(Candidate::Also)).map(|(_, e)| &e.host);
            own.is_some() && (own == a.named || own.as_ref() == beside)
        };
        let named = at.iter().find(is_own);
        named.or_else(|| at.iter().find(|a| a.identity().is_some())).or(at.first()).copied()
    }

    fn name_not_proved(&self, entry: &Entry, attempt: &Attempt) -> Option<Fault> {
        if attempt.transport == Transport::Plaintext || attempt.tls().is_none() {
            return None;
        }
        let fixed = self.snapshot.target.server_name.as_ref();
        let name = entry.server_name.as_ref().or(fixed).unwrap_or(&entry.target.host);
        let chain = self.snapshot.chain(attempt);
        let why = not_proved(chain, attempt, name, self.reader)?;
        let untrusted = chain.is_some_and(|chain| !chain.is_trusted());
        Some(Fault::NameNotProved { name: name.clone(), why, untrusted })
    }
}

fn not_proved(
    chain: Option<&CertificateChain>,
    attempt: &Attempt,
    name: &Host,
    reader: Option<Reader<'_>>,
) -> Option<String> {
    let Some(chain) = chain.filter(|_| attempt.tls().is_some_and(|tls| tls.proved_possession)) else {
        return Some("the server did not prove that it holds the certificate's key".to_owned());
    };
    if let Some(reader) = reader {
        return (reader.refuses)(chain, name);
    }
    match names::speaks_for(&chain.leaf, name) {
        _ if !chain.is_trusted() => Some("the certificate chain is not trusted".to_owned()),
        Speaks::Yes => None,
        Speaks::No => Some(speaks_for(chain)),
        Speaks::Unreadable(why) => Some(format!("the certificate cannot be read ({why})")),
    }
}

fn speaks_for(chain: &CertificateChain) -> String {
    let names: Vec<String> = chain.leaf.names.iter().take(4).map(ToString::to_string).collect();
    match names.len() {
        0 => "the certificate speaks for no name".to_owned(),
        n if n < chain.leaf.names.len() => format!("the certificate speaks for {}, …", names.join(", ")),
        _ => format!("the certificate speaks for {}", names.join(", ")),
    }
}

/// Why nobody knows who answers.
fn unknown(attempt: &Attempt) -> Fault {
    if let Some(failure) = attempt.failure() {
        return Fault::NotAnswering(failure.clone());
    }
    let why = match &attempt.connection {
        Observed::NotTried(why) => why,
        Observed::Seen(connection) => match (&connection.identity, &connection.auth) {
            (_, Observed::NotTried(why)) if why.starts_with("credentials withheld") => why,
            (Observed::NotTried(why), _) => why,
            _ => "it does not say who it is",
        },
        Observed::Failed(_) => "it does not say who it is",
    };
    Fault::NotTried(why.to_owned())
}
