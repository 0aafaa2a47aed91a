//! Another node answers at the address that a node announces.

use std::collections::{BTreeSet, HashMap};

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::{Attempt, Endpoint, Host, Node, NodeId, Role},
};

pub(super) const CHECK: Check = Check {
    code: "wrong-node",
    severity: Severity::Error,
    expects: "The node that answers at an announced address is the one that announced it.",
    explain: "Identity is the node id (CLUSTER MYID; elsewhere the run id, and for a Sentinel SENTINEL MYID). Where another one answers, the address was reused, a forward or map is \
              crossed, one balancer stands in front of several nodes, or a server of this machine answers at a loopback \
              address that was announced by another one. Writes would go to the wrong place.",
    transient: false,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let shared = shared_addresses(context);
    let (mut subjects, mut answers, mut crowded) = (Vec::new(), Vec::new(), Vec::new());
    // Its own CLUSTER NODES knows none of the nodes of this one.
    let mut strangers = 0;
    for (node, attempts) in context.nodes() {
        let Some(attempt) = context.announced(attempts) else { continue };
        match attempt.identity() {
            None => {
                if let Some(why) = unknown(attempt, question(context, node.role)) {
                    verdicts.skip(context.node(node), why);
                }
            }
            Some(_) if context.snapshot.leads_to(attempt, node) => verdicts.pass(),
            Some(_) if context.is_sentinel() && node.id.as_str().contains(':') => {
                verdicts.skip(context.node(node), "the Sentinel does not tell its run id, as before it has reached it");
            }
            Some(_) if context.is_behind_the_replicas_tunnel(node) => {
                verdicts.skip(context.node(node), "it is an address of the replica's own machine");
            }
            Some(_)
                if context.is_plain()
                    && (is_unfinished(context, node) || context.snapshot.is_untellable(attempt, node)) =>
            {
                verdicts.skip(
                    context.node(node),
                    "no replication id tells of whom it copies: it has not yet, or is older than 4.0",
                );
            }
            Some(_) if shared.get(&context.followed(node)).is_some_and(|crowd| crowd.are_servers(context)) => {
                crowded.push(node);
            }
            Some(_) if shared.get(&context.followed(node)).is_some_and(|crowd| crowd.answering.len() == 1) => {
                verdicts.skip(context.node(node), "one server answers for all nodes that announce this address");
            }
            Some(other) => {
                let foreign = attempt.opened().is_some_and(|connection| connection.of_another_cluster);
                strangers += usize::from(foreign);
                let whose = if foreign { " (a node of another cluster: it knows none of these)" } else { "" };
                subjects.push(context.node(node));
                answers.push(format!("{} expected, {}{whose} answers", called(&node.id), called(other)));
            }
        }
    }
    if let Some(problem) = of_one_address(context, &crowded) {
        verdicts.fail(problem);
    }
    let expected = if context.is_cluster() {
        "CLUSTER MYID equal to the announced node id"
    } else if context.is_sentinel() {
        "the run id that the Sentinel tells (of a Sentinel, its SENTINEL MYID)"
    } else {
        "a server of this replication (the same master_replid)"
    };
    answers.truncate(6);
    let led = context.nodes().any(|(node, _)| subjects.contains(&context.node(node)) && context.is_led(node));
    let another = strangers > 0 && strangers == subjects.len();
    let text = if another && !led {
        "The address was given to a node of another cluster. Let the node that is meant announce its own address again (where it \
         is gone: CLUSTER FORGET its id on every node), and keep the two clusters apart: where their nodes meet on the bus, they \
         become one. A firewall between the bus ports of the two does that."
    } else if led {
        "Correct the map or the forwards: each key has to lead to the node that announces it, by a forward of its own. \
         This names those that are crossed."
    } else {
        "Give every node an address of its own: one forward, service or load balancer for each, none in front of several."
    };
    let lines = led.then(|| context.proves_the_map()).into_iter().collect();
    let apart = Remedy { audience: Audience::Network, text: text.to_owned(), lines, proof: None };
    let ids: Vec<_> = subjects.iter().filter_map(|subject| subject.id.clone()).collect();
    let ids: Vec<_> = ids.iter().collect();
    let mapped = context.map_remedy(&ids);
    let renamed = context.record_remedy(&ids).filter(|_| !led);
    verdicts.fail(Problem {
        title: if led {
            "another server answers where the map leads for these nodes".to_owned()
        } else if another {
            "nodes of another cluster answer where these nodes announce themselves".to_owned()
        } else {
            "another server answers where these nodes announce themselves".to_owned()
        },
        subjects,
        expected: expected.to_owned(),
        presented: answers.join("; "),
        remedies: mapped.into_iter().chain(renamed).chain([apart]).collect(),
        ..Problem::default()
    });
}

/// True for a replica that is listed and has not copied all yet.
fn is_unfinished(context: &Context<'_>, node: &Node) -> bool {
    node.role == Role::Replica && !context.is_online(node)
}

/// Servers that were told to announce the address of another one: that of the machine, with the same port for all.
fn of_one_address(context: &Context<'_>, crowded: &[&Node]) -> Option<Problem> {
    let at = context.followed(crowded.first()?)?;
    let all = context.nodes().filter(|(node, _)| context.followed(node).as_ref() == Some(&at)).count();
    let answering = context.attempt_at(&at).and_then(Attempt::identity).map(NodeId::short).unwrap_or_default();
    let name = matches!(at.host, Host::Name(_));
    let map = context.map_remedy(&crowded.iter().map(|node| &node.id).collect::<Vec<_>>());
    let remedies = map.into_iter().chain(if name { own_name(context, &at) } else { own_port() }).collect();
    let apart = if name { "addresses" } else { "cluster bus ports" };
    Some(Problem {
        title: format!(
            "{all} nodes announce one {}, {at}: clients find one of them there",
            if name { "name" } else { "address" }
        ),
        subjects: crowded.iter().map(|node| context.node(node)).collect(),
        expected: format!("{} of its own for each node", if name { "a name" } else { "an address or a port" }),
        presented: format!(
            "{answering} answers there, and sends clients to the same place for the slots of the others (MOVED without end); each is a \
             server of its own, by their {apart}"
        ),
        remedies,
        ..Problem::default()
    })
}

fn own_port() -> Vec<Remedy> {
    let text = "Give each of these nodes a port of its own on that machine, by which it alone is reached, and have it announce that \
                (0: the one it listens on); CONFIG REWRITE keeps it. Replicas copy from there, too.";
    let lines = vec!["CONFIG SET cluster-announce-port PORT".to_owned()];
    vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }]
}

/// On every node that announces the name, the one that answers included.
fn own_name(context: &Context<'_>, at: &Endpoint) -> Vec<Remedy> {
    let sharing = context.nodes().map(|(node, _)| node).filter(|node| context.followed(node).as_ref() == Some(at));
    let clis: Vec<String> = sharing.take(8).filter_map(|node| context.redis_cli(context.met(&node.id)?)).collect();
    let lines = |set: &str| clis.iter().map(|cli| format!("{cli} CONFIG SET {set}")).collect();
    let server = |text: &str, lines| Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None };
    vec![
        server(
            "Have each announce a name that leads to it alone (of a StatefulSet: POD.SERVICE.NAMESPACE.svc.cluster.local, not the \
             Service's); CONFIG REWRITE keeps it.",
            lines("cluster-announce-hostname NAME"),
        ),
        server(
            "Or, where clients reach the nodes' addresses, have every node prefer those.",
            lines("cluster-preferred-endpoint-type ip"),
        ),
    ]
}

/// Nodes that announce one and the same address.
#[derive(Default)]
struct Crowd<'a> {
    nodes: Vec<&'a Node>,
    /// Who answers there. A service that shows one address for all its nodes has one proxy answer for them; where different nodes
    /// answer, a balancer stands there, and clients go astray.
    answering: BTreeSet<&'a NodeId>,
}

impl Crowd<'_> {
    /// One of them answers, and they are no shapes that a proxy shows: each has a cluster bus of its own.
    fn are_servers(&self, context: &Context<'_>) -> bool {
        let bus = |node: &&Node| Some((node.address.ip.host()?.clone(), node.address.bus_port?));
        let buses: BTreeSet<(Host, u16)> = self.nodes.iter().filter_map(bus).collect();
        let is_one = self.answering.len() == 1 && self.nodes.iter().any(|node| self.answering.contains(&node.id));
        let is_told =
            context.is_cluster() && context.provider().is_none() && !self.nodes.iter().any(|node| context.is_led(node));
        is_told && is_one && buses.len() == self.nodes.len()
    }
}

/// Addresses that several nodes announce.
fn shared_addresses<'a>(context: &Context<'a>) -> HashMap<Option<Endpoint>, Crowd<'a>> {
    let mut announced: HashMap<Option<Endpoint>, Crowd<'a>> = HashMap::new();
    for (node, attempts) in context.nodes() {
        let Some(endpoint) = context.followed(node) else { continue };
        let crowd = announced.entry(Some(endpoint)).or_default();
        crowd.nodes.push(node);
        crowd.answering.extend(context.announced(attempts).and_then(Attempt::identity));
    }
    announced.retain(|_, crowd| crowd.nodes.len() > 1);
    announced
}

/// Enough of an id to tell it from others; all of it where it is an address, as outside clusters.
fn called(id: &NodeId) -> &str {
    if id.as_str().contains(':') { id.as_str() } else { id.short() }
}

/// The command that tells who it is.
fn question(context: &Context<'_>, role: Role) -> &'static str {
    match role {
        Role::Sentinel => "SENTINEL MYID",
        _ if context.is_cluster() => "CLUSTER MYID",
        _ => "INFO",
    }
}

/// Why nobody knows who answered, where a connection was open and the conversation was not cut off by a failure.
fn unknown(attempt: &Attempt, question: &str) -> Option<String> {
    let connection = attempt.opened()?;
    let refused = connection.refusals.iter().find(|r| r.command == question).map(|r| r.answer.clone());
    let withheld = match &connection.auth {
        crate::facts::Observed::NotTried(why) => Some(why.clone()),
        _ => None,
    };
    (attempt.failure().is_none())
        .then(|| refused.or(withheld).unwrap_or_else(|| "the node did not say who it is".to_owned()))
}
