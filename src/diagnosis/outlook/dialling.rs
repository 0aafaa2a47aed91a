//! Where a client looks for a node: the announced field it reads, and what it makes of blanks.

use super::world::World;
use crate::{
    clients::{Blank, Client, Dials, PortZero, Symptom, Verifies},
    facts::{Announced, Endpoint, Host, Node, NodeAddress},
};

/// Where `client` goes for `node`, or why it goes nowhere.
pub(super) fn of(client: &Client, node: &Node, world: &World<'_>) -> Result<Endpoint, Symptom> {
    let field = client.dials.field(&node.address);
    let host = match field {
        Announced::Host(host) => host.clone(),
        _ => match client.on_blank(field) {
            Blank::Localhost => Host::Name("localhost".to_owned()),
            Blank::Asker => world.target().host.clone(),
            Blank::AskerIp => world.seed_ip().map_or_else(|| world.target().host.clone(), Host::Ip),
            Blank::Skip => return Err(Symptom::LeftOut),
            Blank::Literal => return Err(Symptom::NoSuchName(literal(field))),
            Blank::GivesUp => return Err(Symptom::BlankEndpoint(field.clone())),
        },
    };
    if client.dials == Dials::PreferredToColon && host.ip().is_some_and(|ip| ip.is_ipv6()) {
        let text = host.to_string();
        let group = text.split(':').next().unwrap_or_default();
        return Err(Symptom::NoSuchName(group.to_owned()));
    }
    let port = match (client.announced_port(&node.address), client.on_port_zero) {
        (Some(port), _) | (None, PortZero::Instead(port)) => port,
        (None, PortZero::Seed) => world.target().port,
        (None, PortZero::Skip) => return Err(Symptom::LeftOut),
        (None, PortZero::Dials) => return Err(Symptom::Refused(Endpoint::new(host, 0))),
    };
    let endpoint = Endpoint::new(rewritten(client, host, &node.address, world), port);
    // Where it is connected already, under the seed's name, it does not dial again.
    let again = client.verifies == Verifies::DialledOnce && world.is_behind_seed(&endpoint);
    Ok(if again { world.target().clone() } else { endpoint })
}

/// The symptom where this node's announcement makes the client drop the whole answer.
pub(super) fn gives_up(client: &Client, node: &Node) -> Option<Symptom> {
    let field = client.dials.field(&node.address);
    let blank = matches!(field, Announced::Nil | Announced::Empty | Announced::QuestionMark);
    (blank && client.on_blank(field) == Blank::GivesUp).then(|| Symptom::BlankEndpoint(field.clone()))
}

/// What some clients make of a usable host before they dial it.
fn rewritten(client: &Client, host: Host, announced: &NodeAddress, world: &World<'_>) -> Host {
    let seed = &world.target().host;
    if client.loopback_is_seed && host.is_loopback() && host.ip().is_some() && !seed.is_loopback() {
        return seed.clone();
    }
    if client.dials == Dials::ResolvedIp {
        let ip = world.resolved(&host).or_else(|| announced.ip.host().and_then(Host::ip));
        return ip.map_or(host, Host::Ip);
    }
    host
}

fn literal(field: &Announced) -> String {
    match field {
        // A redirect to a nil host is written with an empty one (`MOVED 1 :6379`).
        Announced::Nil | Announced::Empty => String::new(),
        Announced::Unusable(text) => text.clone(),
        other => other.to_string(),
    }
}
