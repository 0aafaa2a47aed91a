//! The walk of one client through a snapshot: the seed, what it asks there, every node.

use std::{cell::RefCell, collections::HashMap};

use super::{
    Leg, Outcome, Outlook, Step,
    conclusion::{conclude, is_down},
    dialling,
    world::{self, World},
};
use crate::{
    clients::{Carries, Client, Dials, Hook, Sni, Symptom, Verifies, Where},
    diagnosis::Context,
    facts::{Asked, Attempt, Detour, Endpoint, Host, Kind, Node, Oddity, Role, Transport},
    names::Refusal,
};

/// A snapshot, made ready to send clients through it.
pub struct Forecast<'c, 'a> {
    pub(super) context: &'c Context<'a>,
    pub(super) world: World<'a>,
    /// What is spoken at the endpoint.
    pub(super) speaks: Transport,
    /// What a stack says of a chain for a host: clients ask the same again and again.
    refusals: RefCell<HashMap<Question, Option<Refusal>>>,
}

/// How a library puts a symptom.
pub(super) type Words = fn(&Symptom, Where) -> Option<String>;

/// Stack, chain, name.
type Question = (&'static str, usize, Option<Host>);

impl<'c, 'a> Forecast<'c, 'a> {
    /// Opens it.
    pub fn new(context: &'c Context<'a>) -> Self {
        let speaks = match context.snapshot.target.asked {
            Asked::Tls => Transport::Tls,
            Asked::Plaintext => Transport::Plaintext,
            Asked::Either => context.snapshot.seed.transport,
        };
        Forecast { context, world: World::of(context.snapshot), speaks, refusals: RefCell::default() }
    }

    /// Sends one client through, in the version that was asked for, else in the one that is known best.
    pub fn of(&self, client: &'static Client, version: Option<&str>) -> Outlook {
        if self.context.asks_sentinels() {
            return self.following(client, version);
        }
        let (seed, trouble) = self.seed(client);
        let discovery = if trouble.is_none() && seed.outcome == Outcome::Ok { self.first_words(client) } else { None };
        let met = self.nodes(client);
        let nodes = if self.context.is_cluster() { legs(client, &met, self.speaks) } else { Vec::new() };
        let version = version.unwrap_or(client.learnt_from).to_owned();
        let outcome = seed.outcome;
        let grant = self.context.grant(self.context.needed_by(client));
        let (step, symptom, text) = (None, None, None);
        let was_run = client.was_run();
        let mut outlook =
            Outlook { client, version, outcome, step, eager: true, was_run, grant, symptom, text, seed, nodes };
        if let Some(symptom) = trouble.or(discovery) {
            self.stop(&mut outlook, symptom);
        } else if outlook.outcome == Outcome::Ok && self.is_cluster_client() && !self.is_known_to_be_alone() {
            conclude(&mut outlook);
        }
        outlook.eager &= outlook.outcome == Outcome::Fails;
        outlook
    }

    /// The same, as far as it goes at the endpoint: no node is gone to.
    pub fn at_the_seed(&self, client: &'static Client) -> Outlook {
        if self.context.asks_sentinels() {
            return self.following(client, None);
        }
        let (seed, trouble) = self.seed(client);
        let discovery = if trouble.is_none() && seed.outcome == Outcome::Ok { self.first_words(client) } else { None };
        let (outcome, version) = (seed.outcome, client.learnt_from.to_owned());
        let (step, symptom, text, grant, nodes) = (None, None, None, None, Vec::new());
        let was_run = client.was_run();
        let mut outlook =
            Outlook { client, version, outcome, step, eager: true, was_run, grant, symptom, text, seed, nodes };
        if let Some(symptom) = trouble.or(discovery) {
            self.stop(&mut outlook, symptom);
        }
        outlook
    }

    pub(super) fn stop(&self, outlook: &mut Outlook, symptom: Symptom) {
        let plain = outlook.client.plain.without_hello.filter(|_| !self.is_cluster_client());
        outlook.text = match (&symptom, plain) {
            (Symptom::UnknownCommand("HELLO"), Some(plain)) => Some(plain.text.to_owned()),
            (Symptom::Url(text), _) => Some((*text).to_owned()),
            _ => said(
                self.words(outlook.client),
                &symptom,
                self.context.met_by(outlook.client, Where::Seed),
                self.speaks,
            ),
        };
        outlook.step = Some(Step::of(&symptom, self.speaks));
        outlook.outcome = Outcome::Fails;
        outlook.symptom = Some(symptom);
    }

    /// How a library speaks of what it meets, in the way in which it is used here.
    pub(super) fn words(&self, client: &Client) -> Words {
        let follows = client.follows.as_ref().filter(|_| self.context.asks_sentinels());
        follows.map_or(client.text, |follows| follows.text)
    }

    /// True where a client for clusters would be used.
    fn is_cluster_client(&self) -> bool {
        if self.context.asks_sentinels() {
            return false;
        }
        self.context.expect == Some(Kind::Cluster) || self.context.topology().is_none_or(|t| t.kind == Kind::Cluster)
    }

    /// A server without a cluster, where who does not ask for one works all the same.
    fn is_known_to_be_alone(&self) -> bool {
        self.context.topology().is_some_and(|t| t.kind != Kind::Cluster)
    }

    pub(super) fn seed(&self, client: &Client) -> (Leg, Option<Symptom>) {
        let target = &self.context.snapshot.target;
        let dials = self.world.seed(client, self.is_cluster_client());
        let named = self.context.snapshot.seed.named.as_ref().filter(|_| carries_names(client));
        let verifies = self.verifies(client, &dials.host, named, self.speaks);
        let met = self.world.at_seed(self.speaks);
        let outcome = self.judged(client, met, verifies.as_ref(), &dials, None, self.speaks);
        let symptom = outcome.clone().and_then(Result::err);
        let leg = Leg {
            node: None,
            counts: true,
            address: target.endpoint.to_string(),
            sni: self.sni(client, &dials.host, verifies.as_ref(), named, self.speaks),
            dials: Some(dials.to_string()),
            verifies,
            outcome: outcome_of(outcome.as_ref()),
            step: symptom.as_ref().map(|s| Step::of(s, self.speaks)),
            text: symptom
                .as_ref()
                .and_then(|s| said(self.words(client), s, self.context.met_by(client, Where::Seed), self.speaks)),
            symptom: symptom.clone(),
        };
        (leg, symptom)
    }

    /// What a client that got through to the seed says there first, and may not or cannot: HELLO, AUTH and SELECT as the URL has it,
    /// then what tells the topology.
    fn first_words(&self, client: &Client) -> Option<Symptom> {
        let greets = client.plain.without_hello.is_some() && !self.is_cluster_client();
        let hello = || greets.then(|| self.world.refused("HELLO")).flatten();
        let is_alone = self.context.snapshot.target.password_oddity == Some(Oddity::Alone);
        let no_other = || self.context.is_cluster() && self.world.refused("SELECT").is_some();
        let word = client.plain.on_lone_word.filter(|_| is_alone).map(Symptom::Url);
        let number = || client.in_another_database.filter(|_| no_other()).map(Symptom::Url);
        let plain = || {
            client
                .plain
                .needs
                .iter()
                .find_map(|command| self.world.refused(command))
                .filter(|_| !self.is_cluster_client())
        };
        word.or_else(hello).or_else(number).or_else(plain).or_else(|| self.discovery(client))
    }

    fn discovery(&self, client: &Client) -> Option<Symptom> {
        if !self.is_cluster_client() {
            return None;
        }
        if client.heeds_state && self.world.is_down() {
            return Some(Symptom::ClusterDown);
        }
        let first = client.dials.command().filter(|command| !client.needs.contains(command));
        let asked = first.into_iter().chain(client.needs.iter().copied());
        if let Some(symptom) = asked.into_iter().find_map(|command| self.world.refused(command)) {
            return Some(symptom);
        }
        if self.is_known_to_be_alone() && client.dials.command().is_some() {
            return Some(Symptom::ClusterDisabled);
        }
        // One node that it cannot read makes some clients drop the whole answer.
        self.context.nodes().find_map(|(node, _)| dialling::gives_up(client, node))
    }

    fn nodes(&self, client: &Client) -> Vec<Met<'a>> {
        let down = self.world.is_down();
        let met = |(node, _): (&'a Node, _)| {
            let endpoint = match dialling::of(client, node, &self.world) {
                Ok(endpoint) => endpoint,
                Err(symptom) => return Met { node, dials: None, verifies: None, sni: None, came: Some(Err(symptom)) },
            };
            let led = self.led(client, &endpoint);
            let endpoint = led.map_or(endpoint, |detour| detour.to.clone());
            let named = led.and_then(|d| d.server_name.as_ref()).filter(|_| carries_names(client));
            let verifies = self.verifies(client, &endpoint.host, named, self.speaks);
            let met = self.world.at(&endpoint, self.speaks);
            let mut came = self.judged(client, met, verifies.as_ref(), &endpoint, Some(node), self.speaks);
            if down && matches!(came, Some(Ok(()))) {
                came = Some(Err(Symptom::ClusterDown));
            }
            let sni = self.sni(client, &endpoint.host, verifies.as_ref(), named, self.speaks);
            Met { node, dials: Some(endpoint), verifies, sni, came }
        };
        let mut met: Vec<_> = self.context.nodes().map(met).collect();
        self.stay_at_the_seed(client, &mut met);
        met
    }

    /// Who learns from redirects alone never looks for the seed's own node anywhere else.
    fn stay_at_the_seed(&self, client: &Client, met: &mut [Met<'a>]) {
        let seed = self.context.snapshot.seed.identity();
        let Some(own) = met.iter().position(|m| seed == Some(&m.node.id)) else { return };
        let elsewhere = |(i, m): (usize, &Met<'_>)| i != own && m.counts(client) && matches!(m.came, Some(Ok(())));
        let stays = match client.dials {
            Dials::Redirects => true,
            Dials::AfterMoved => !met.iter().enumerate().any(elsewhere),
            _ => false,
        };
        if stays && !matches!(met[own].came, Some(Err(Symptom::ClusterDown))) {
            let dials = self.world.target().clone();
            let named = self.context.snapshot.seed.named.as_ref().filter(|_| carries_names(client));
            let verifies = self.verifies(client, &dials.host, named, self.speaks);
            let sni = self.sni(client, &dials.host, verifies.as_ref(), named, self.speaks);
            met[own] = Met { node: met[own].node, dials: Some(dials), verifies, sni, came: Some(Ok(())) };
        }
    }

    /// What comes of dialling: nothing known, well, or a symptom.
    pub(super) fn judged(
        &self,
        client: &Client,
        met: world::Met<'a>,
        verifies: Option<&Host>,
        endpoint: &Endpoint,
        node: Option<&Node>,
        speaks: Transport,
    ) -> Option<Result<(), Symptom>> {
        let attempt = match met {
            world::Met::Unseen => return None,
            world::Met::Symptom(symptom) => return Some(Err(symptom)),
            world::Met::Attempt(attempt) => attempt,
        };
        // The certificate is judged by the client before the server says anything.
        if let Some(tls) = attempt.tls()
            && let Some(refusal) = self.refusal(client, tls.chain, verifies)
        {
            return Some(Err(Symptom::Certificate(refusal)));
        }
        Some(match world::after_tls(attempt, endpoint, speaks) {
            Some(symptom) => Err(symptom),
            None if self.is_strangers(attempt, node) => Err(Symptom::WrongNode),
            None => Ok(()),
        })
    }

    /// Another node of the cluster answered.
    fn is_strangers(&self, attempt: &Attempt, node: Option<&Node>) -> bool {
        let other = |node: &Node| attempt.identity().is_some_and(|id| id != &node.id);
        self.context.is_cluster() && node.is_some_and(other)
    }

    fn refusal(&self, client: &Client, chain: usize, verifies: Option<&Host>) -> Option<Refusal> {
        let question = (client.stack.id, chain, verifies.cloned());
        if let Some(known) = self.refusals.borrow().get(&question) {
            return known.clone();
        }
        let refusal = self.context.snapshot.chains.get(chain).and_then(|chain| client.stack.refusal(chain, verifies));
        self.refusals.borrow_mut().insert(question, refusal.clone());
        refusal
    }

    /// Where the map in use leads a client that has a hook for one and was sent to `announced`. Others go where they are sent,
    /// and what they would meet there was not looked at.
    pub(super) fn led(&self, client: &Client, announced: &Endpoint) -> Option<&'a Detour> {
        let detour = self.context.detour(announced)?;
        let by_redirect = matches!(client.dials, Dials::Redirects | Dials::AfterMoved);
        let takes_it = |hook: &Hook| {
            let covered = match by_redirect {
                _ if self.context.asks_sentinels() => hook.covers.sentinel,
                true => hook.covers.redirects,
                false => hook.covers.discovered,
            };
            covered && hook.carries != Carries::Less
        };
        client.hook.as_ref().is_some_and(takes_it).then_some(detour)
    }

    /// The name that is compared where `host` is dialled; `named` is the one that the map in use has for it.
    pub(super) fn verifies(
        &self,
        client: &Client,
        host: &Host,
        named: Option<&Host>,
        speaks: Transport,
    ) -> Option<Host> {
        let target = &self.context.snapshot.target;
        if speaks == Transport::Plaintext || client.verifies == Verifies::Nothing {
            return None;
        }
        let by_seed = |h: &&Host| match client.verifies {
            // Of what Sentinels name it verifies the address.
            Verifies::Seed => h.name().is_some() && !self.context.asks_sentinels(),
            Verifies::SeedWhatever => true,
            Verifies::Dialled | Verifies::DialledOnce | Verifies::Nothing => false,
        };
        let seed = Some(&target.endpoint.host).filter(by_seed);
        Some(named.or(self.fixed_name(client)).or(seed).unwrap_or(host).clone())
    }

    /// The one name for all nodes, where one is set and the client can be told one.
    fn fixed_name(&self, client: &Client) -> Option<&'a Host> {
        self.context.snapshot.target.server_name.as_ref().filter(|_| client.fixed_name.is_some())
    }

    pub(super) fn sni(
        &self,
        client: &Client,
        host: &Host,
        verifies: Option<&Host>,
        named: Option<&Host>,
        speaks: Transport,
    ) -> Option<String> {
        if speaks == Transport::Plaintext {
            return None;
        }
        match client.sni {
            Sni::Configured => named.or(self.fixed_name(client)).map(ToString::to_string),
            Sni::Names => verifies.unwrap_or(host).name().map(|name| name.trim_end_matches('.').to_owned()),
            Sni::Everything => Some(verifies.unwrap_or(host).to_string()),
        }
    }
}

/// An entry of the client's map has room for a name to verify.
pub(super) fn carries_names(client: &Client) -> bool {
    client.hook.is_some_and(|hook| hook.carries == Carries::AddressAndName)
}

/// What a client meets where it looks for one node.
struct Met<'a> {
    node: &'a Node,
    dials: Option<Endpoint>,
    verifies: Option<Host>,
    sni: Option<String>,
    came: Option<Result<(), Symptom>>,
}

impl Met<'_> {
    /// True where it matters to the client whether this node can be used.
    fn counts(&self, client: &Client) -> bool {
        match self.node.role {
            Role::Primary => !self.node.slots.is_empty(),
            Role::Replica => client.dials_replicas,
            Role::Sentinel => false,
        }
    }
}

fn legs(client: &Client, met: &[Met<'_>], speaks: Transport) -> Vec<Leg> {
    let counting = || met.iter().filter(|m| m.counts(client));
    let fails = |m: &Met<'_>| matches!(&m.came, Some(Err(symptom)) if !is_down(Some(symptom)));
    let place = if counting().all(fails) || !counting().any(fails) { Where::EveryNode } else { Where::SomeNodes };
    let leg = |m: &Met<'_>| {
        let symptom = m.came.as_ref().and_then(|came| came.as_ref().err());
        Leg {
            node: Some(m.node.id.clone()),
            counts: m.counts(client),
            address: m.node.address.to_string(),
            dials: m.dials.as_ref().map(ToString::to_string),
            verifies: m.verifies.clone(),
            sni: m.sni.clone(),
            outcome: outcome_of(m.came.as_ref()),
            step: symptom.map(|s| Step::of(s, speaks)),
            text: symptom.and_then(|s| said(client.text, s, place, speaks)),
            symptom: symptom.cloned(),
        }
    };
    met.iter().map(leg).collect()
}

/// What the application sees. What a client makes of bytes that are no reply depends on the bytes.
pub(super) fn said(words: Words, symptom: &Symptom, place: Where, speaks: Transport) -> Option<String> {
    let of_the_bytes = matches!((symptom, speaks), (Symptom::NoReply, _) | (Symptom::NotSpoken, Transport::Plaintext));
    if of_the_bytes { None } else { words(symptom, place) }
}

pub(super) fn outcome_of(came: Option<&Result<(), Symptom>>) -> Outcome {
    match came {
        None => Outcome::Unknown,
        Some(Ok(())) => Outcome::Ok,
        Some(Err(_)) => Outcome::Fails,
    }
}
