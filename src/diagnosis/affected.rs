//! Whom it breaks: what each client library makes of what was seen.

use std::collections::HashSet;

use super::{
    Affected, Context,
    outlook::{Forecast, Leg, Outcome, Outlook, Step},
};
use crate::{
    clients::{self, Client, Follows, Heeds, Symptom, Verifies, Where},
    facts::{Certificate, CertificateChain, ChainProblem, ChainVerdict, Host, Kind, NodeId},
    names::Class,
};

/// Those client libraries of which it is known what they show, and that.
pub fn affected_by<T: Into<String>>(text: impl Fn(&'static Client) -> Option<T>) -> Vec<Affected> {
    clients::ALL.iter().filter_map(|client| Some(fails(client, text(client)?.into()))).collect()
}

fn fails(client: &Client, text: String) -> Affected {
    Affected { id: client.id, versions: client.versions, outcome: "fails", text }
}

impl Context<'_> {
    /// What each client library makes of a symptom that does not depend on the node.
    pub fn affected(&self, symptom: &Symptom, place: Where) -> Vec<Affected> {
        if self.asks_sentinels() {
            return affected_by(|client| {
                let goes_by_it =
                    |follows: &Follows| follows.heeds != Heeds::Nothing || !matches!(symptom, Symptom::CalledDown(_));
                let text = (client.follows.filter(goes_by_it)?.text)(symptom, place);
                Some(text.map_or_else(|| SILENCE.to_owned(), |text| symptom.coded(&text)))
            });
        }
        let told = |client: &&'static Client| affected(client, symptom, self.met_by(client, place));
        clients::ALL.iter().filter_map(told).collect()
    }

    /// Where a library meets it that is set up for what stands there: at a server outside clusters, in its plain form.
    pub(super) fn met_by(&self, client: &Client, place: Where) -> Where {
        let kind = self.topology().map(|topology| topology.kind);
        let is_plain = matches!(kind, Some(Kind::Standalone | Kind::Replication)) && self.expect != Some(Kind::Cluster);
        if is_plain { client.plain.speaks_as } else { place }
    }

    /// What each client library makes of a chain, whatever the names in it: those whose TLS stack refuses it.
    pub fn affected_by_chain(&self, chain: &CertificateChain) -> Vec<Affected> {
        let refuses = |client: &&'static Client| {
            let symptom = Symptom::Certificate(client.stack.chain_refusal(chain)?);
            affected(client, &symptom, self.met_by(client, Where::EveryNode))
        };
        clients::ALL.iter().filter_map(refuses).collect()
    }

    /// Those client libraries whose TLS stack minds one of these about a chain, whatever else it minds.
    pub fn affected_by_class(&self, chain: &CertificateChain, classes: &[Class]) -> Vec<Affected> {
        let refuses = |client: &&'static Client| {
            let refusals = client.stack.refusals(chain, None);
            let refusal = refusals.into_iter().find(|refusal| classes.contains(&refusal.class))?;
            affected(client, &Symptom::Certificate(refusal), self.met_by(client, Where::EveryNode))
        };
        clients::ALL.iter().filter_map(refuses).collect()
    }

    /// True where one of these stops some client library, or this program's own verifier something that it has no class for.
    pub fn is_minded(&self, chain: &CertificateChain, classes: &[Class]) -> bool {
        let unclassed = matches!(chain.verdict, ChainVerdict::Untrusted { problem: ChainProblem::Other, .. });
        unclassed || !self.affected_by_class(chain, classes).is_empty()
    }

    /// What each client library makes of a certificate at a host that it was given; those that compare no names are left out.
    pub fn affected_at(&self, leaf: &Certificate, host: &Host) -> Vec<Affected> {
        let refuses = |client: &&'static Client| {
            let compares = client.verifies != Verifies::Nothing;
            let refusal = compares.then(|| client.stack.name_refusal(leaf, host)).flatten()?;
            affected(client, &Symptom::Certificate(refusal), self.met_by(client, Where::Seed))
        };
        clients::ALL.iter().filter_map(refuses).collect()
    }

    /// What each client library makes of the endpoint's answers, as far as it stops there at one of `steps`.
    pub fn affected_at_the_seed(&self, steps: &[Step]) -> Vec<Affected> {
        let forecast = Forecast::new(self);
        let ends_here =
            |outlook: &Outlook| outlook.step.is_some_and(|step| steps.contains(&step)) && outlook.symptom.is_some();
        let told = |client: &&'static Client| {
            let outlook = forecast.at_the_seed(client);
            let text = outlook.coded().unwrap_or_else(|| SILENCE.to_owned());
            let Client { id, versions, .. } = *outlook.client;
            (ends_here(&outlook) && !outlook.follows_nobody()).then_some(Affected {
                id,
                versions,
                outcome: "fails",
                text,
            })
        };
        clients::ALL.iter().filter_map(told).collect()
    }

    /// What each client library makes of nodes that it goes to, as far as it stops there at one of `steps`; those that
    /// would have reason to stop and do not are told too.
    pub fn affected_at_nodes(&self, nodes: &[&NodeId], steps: &[Step]) -> Vec<Affected> {
        let nodes: HashSet<&NodeId> = nodes.iter().copied().collect();
        // One at a time: an outlook has a line for every node.
        let forecast = Forecast::new(self);
        let told = |client| {
            let outlook = forecast.of(client, None);
            // Behind a Sentinel an application works with the primary; who reads from replicas, and from which, is its choice.
            let spared = self.asks_sentinels() && at_replicas(&outlook, &nodes);
            if spared { None } else { told(&outlook, &nodes, steps) }
        };
        clients::ALL.iter().copied().filter_map(told).collect()
    }
}

/// None of these nodes is one that the client has to connect to.
fn at_replicas(outlook: &Outlook, nodes: &HashSet<&NodeId>) -> bool {
    let mut legs = outlook.nodes.iter().filter(|leg| leg.node.as_ref().is_some_and(|id| nodes.contains(id)));
    legs.all(|leg| !leg.counts)
}

/// An outlook, as far as it is about these nodes and steps.
fn told(outlook: &Outlook, nodes: &HashSet<&NodeId>, at: &[Step]) -> Option<Affected> {
    let here = |leg: &&Leg| leg.node.as_ref().is_some_and(|id| nodes.contains(id));
    let stops = |leg: &&Leg| leg.step.is_some_and(|step| at.contains(&step));
    let Client { id, versions, verifies, .. } = *outlook.client;
    let mut legs: Vec<&Leg> = outlook.nodes.iter().filter(here).collect();
    if outlook.follows_nobody() {
        return None;
    }
    if legs.is_empty() {
        // Of a single server, clients know the endpoint alone.
        legs.push(&outlook.seed);
    }
    let Some(leg) = legs.iter().copied().find(|leg| stops(leg)) else {
        if !legs.iter().all(|leg| leg.outcome == Outcome::Ok) {
            return None;
        }
        let why = match verifies {
            Verifies::Nothing => "compares no names",
            Verifies::Seed | Verifies::SeedWhatever => "compares the seed's name on every node",
            Verifies::Dialled | Verifies::DialledOnce => "goes by another address",
        };
        let text = format!("{why}, so it connects and notices nothing");
        return Some(Affected { id, versions, outcome: "ok", text });
    };
    let text = if outlook.step == leg.step { outlook.coded() } else { leg.text.clone() };
    let outcome = if outlook.outcome == Outcome::Partly { "partly" } else { "fails" };
    Some(Affected { id, versions, outcome, text: text.unwrap_or_else(|| nothing_told(leg).to_owned()) })
}

/// An outlook, as far as it ends at the endpoint.
pub(super) fn told_of_the_seed(outlook: &Outlook) -> Option<Affected> {
    let Client { id, versions, .. } = *outlook.client;
    let text = outlook.seed.text.clone().or_else(|| outlook.text.clone());
    let text = text.unwrap_or_else(|| nothing_told(&outlook.seed).to_owned());
    (outlook.seed.outcome == Outcome::Fails && !outlook.follows_nobody()).then_some(Affected {
        id,
        versions,
        outcome: "fails",
        text,
    })
}

/// What stands for the text of a library that cannot be told.
fn nothing_told(leg: &Leg) -> &'static str {
    let senseless = matches!(leg.symptom, Some(Symptom::NotSpoken | Symptom::NoReply));
    if senseless { SENSELESS } else { SILENCE }
}

/// What becomes of a plaintext client that reads bytes which are no reply.
const SENSELESS: &str = "(an unknown reply, or a closed connection: it depends on the bytes)";

/// What an application is shown that is left waiting.
const SILENCE: &str = "(it waits, and shows nothing)";

fn affected(client: &'static Client, symptom: &Symptom, place: Where) -> Option<Affected> {
    if client.dials.command().is_none() && symptom.is_of_discovery() {
        return None;
    }
    let text = (client.text)(symptom, place);
    let text = text.map_or_else(|| SILENCE.to_owned(), |text| symptom.coded(&text));
    Some(fails(client, text))
}
