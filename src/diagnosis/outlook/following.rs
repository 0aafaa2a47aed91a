//! The walk of one client by Sentinels: the one that it is given, what it asks there, the server that it is told.

use super::{
    Leg, Outcome, Outlook, Step,
    forecast::{Forecast, carries_names, outcome_of, said},
};
use crate::{
    clients::{Client, Evidence, Follows, Heeds, Symptom, Where},
    facts::{Endpoint, Group, Host, Node, Role, Transport},
};

impl Forecast<'_, '_> {
    /// Sends one client through that is given Sentinels. Of several groups an application follows one: each is gone into.
    pub(super) fn following(&self, client: &'static Client, version: Option<&str>) -> Outlook {
        let (seed, trouble) = self.seed(client);
        let outcome = seed.outcome;
        let nodes = client.follows.map_or_else(Vec::new, |follows| self.told(client, &follows));
        let mut outlook = Outlook {
            client,
            version: version.unwrap_or(client.learnt_from).to_owned(),
            outcome,
            step: None,
            eager: true,
            was_run: client.follows.is_none_or(|follows| follows.evidence == Evidence::Run),
            seed,
            nodes,
            grant: self.context.grant(self.context.needed_by(client)),
            symptom: None,
            text: None,
        };
        let Some(follows) = client.follows else {
            self.stop(&mut outlook, Symptom::NotFollowed);
            outlook.text = Symptom::NotFollowed.in_the_servers_words();
            return outlook;
        };
        match trouble.or_else(|| (outcome == Outcome::Ok).then(|| self.refused(client, &follows)).flatten()) {
            Some(symptom) => {
                // It goes to no server.
                outlook.nodes.iter_mut().for_each(|leg| leg.counts = false);
                self.stop(&mut outlook, symptom);
            }
            None if outcome == Outcome::Ok => conclude(&mut outlook, &follows),
            None => {}
        }
        outlook
    }

    /// What it is refused where it asks, or told to its loss.
    fn refused(&self, client: &Client, follows: &Follows) -> Option<Symptom> {
        if let Some(symptom) = client.plain.without_hello.and_then(|_| self.world.refused("HELLO")) {
            return Some(symptom);
        }
        if let Some(symptom) = follows.asks.iter().find_map(|command| self.world.refused(command)) {
            return Some(symptom);
        }
        let topology = self.context.topology()?;
        let asked = self.context.snapshot.target.group.clone();
        let Some(group) = topology.groups.first() else {
            return Some(Symptom::NoSuchGroup(asked.unwrap_or_else(|| "mymaster".to_owned())));
        };
        let alone = |group: &Group| group.sentinels.len() < 2;
        if follows.wants_two && topology.groups.iter().all(alone) {
            return Some(Symptom::OneSentinel);
        }
        let primary = |group: &Group| group.primary.as_ref().and_then(|id| topology.node(id));
        let refuses = |node: &Node| match follows.heeds {
            Heeds::Nothing => false,
            Heeds::Down => node.flags.pfail || node.flags.fail,
            Heeds::Link => node.flags.pfail || node.flags.fail || node.flags.link_down,
        };
        let lost = |group: &Group| primary(group).is_some_and(refuses);
        topology.groups.iter().all(lost).then(|| Symptom::CalledDown(group.name.clone()))
    }

    /// Every server at the address that the Sentinel tells of it; the Sentinels themselves, to which it matters little.
    fn told(&self, client: &Client, follows: &Follows) -> Vec<Leg> {
        self.context.nodes().map(|(node, _)| self.leg(client, follows, node)).collect()
    }

    fn leg(&self, client: &Client, follows: &Follows, node: &Node) -> Leg {
        let told = node.address.preferred_endpoint();
        let led = told.as_ref().and_then(|endpoint| self.led(client, endpoint));
        let endpoint = led.map(|detour| detour.to.clone()).or(told);
        let speaks = endpoint.as_ref().map_or(self.speaks, |endpoint| self.transport(follows, endpoint));
        let named = led.and_then(|detour| detour.server_name.as_ref()).filter(|_| carries_names(client));
        let host = endpoint.as_ref().map(|endpoint| &endpoint.host);
        let verifies = host.and_then(|host| self.verifies(client, host, named, speaks));
        let came = match &endpoint {
            Some(endpoint) => self.came(client, node, endpoint, verifies.as_ref(), speaks),
            None => Some(Err(Symptom::NoSuchName(node.address.to_string()))),
        };
        let symptom = came.as_ref().and_then(|came| came.as_ref().err());
        Leg {
            node: Some(node.id.clone()),
            // Who reads from replicas goes on without one that is bad.
            counts: node.role == Role::Primary,
            address: node.address.to_string(),
            dials: endpoint.as_ref().map(ToString::to_string),
            sni: host.and_then(|host| self.sni(client, host, verifies.as_ref(), named, speaks)),
            outcome: outcome_of(came.as_ref()),
            step: symptom.map(|symptom| Step::of(symptom, speaks)),
            text: symptom.and_then(|symptom| said(follows.text, symptom, Where::EveryNode, speaks)),
            symptom: symptom.cloned(),
            verifies,
        }
    }

    /// What it speaks there: it was set up for what the servers speak, unless it can be told one thing only.
    fn transport(&self, follows: &Follows, endpoint: &Endpoint) -> Transport {
        let spoken = self.world.spoken_at(endpoint).filter(|_| !follows.one_transport);
        spoken.unwrap_or(self.speaks)
    }

    fn came(
        &self,
        client: &Client,
        node: &Node,
        endpoint: &Endpoint,
        verifies: Option<&Host>,
        speaks: Transport,
    ) -> Option<Result<(), Symptom>> {
        let came = self.judged(client, self.world.at(endpoint, speaks), verifies, endpoint, Some(node), speaks)?;
        let server = self.context.server_at(node);
        let copies = server.is_some_and(|server| server.role.as_deref() == Some("slave"));
        Some(came.and_then(|()| if node.role == Role::Primary && copies { Err(Symptom::IsReplica) } else { Ok(()) }))
    }
}

/// What is left when the Sentinel is well: an application works with the primary of its group.
fn conclude(outlook: &mut Outlook, follows: &Follows) {
    let counting = || outlook.nodes.iter().filter(|leg| leg.counts);
    let failed: Vec<&Leg> = counting().filter(|leg| leg.outcome == Outcome::Fails).collect();
    outlook.outcome = match failed.len() {
        0 if counting().all(|leg| leg.outcome == Outcome::Ok) && counting().next().is_some() => Outcome::Ok,
        0 => Outcome::Unknown,
        failing if failing == counting().count() => Outcome::Fails,
        _ => Outcome::Partly,
    };
    let Some(first) = failed.first() else { return };
    let told = (first.step, first.symptom.clone(), first.text.clone());
    // A replica is written to before it is known for one, unless it is asked.
    outlook.eager = follows.heeds_role || !matches!(told.1, Some(Symptom::IsReplica));
    (outlook.step, outlook.symptom, outlook.text) = told;
}
