//! A topology outside clusters, from what one server says in INFO replication or ROLE.

use crate::facts::{Announced, Endpoint, Kind, Node, NodeAddress, NodeFlags, NodeId, Role, Server, Slots, Topology};

/// The servers that `server`, dialled at `seed`, knows of: itself, its primary, its replicas. Others than itself have their
/// address for an id, since nobody tells their run ids.
pub fn topology(server: &Server, seed: &Endpoint, identity: Option<&NodeId>) -> Option<Topology> {
    let itself = identity.cloned().or_else(|| address_id(seed))?;
    let role = if server.role.as_deref() == Some("slave") { Role::Replica } else { Role::Primary };
    let primary = server.primary.as_ref().filter(|_| role == Role::Replica);
    let primary_id = primary.and_then(address_id);
    let mut nodes = Vec::new();
    if let (Some(endpoint), Some(id)) = (primary, &primary_id) {
        nodes.push(node(id.clone(), endpoint, Role::Primary, None));
    }
    nodes.push(Node {
        flags: NodeFlags { loading: server.loading, ..NodeFlags::default() },
        ..node(itself.clone(), seed, role, primary_id)
    });
    for endpoint in &server.replicas {
        let Some(id) = address_id(endpoint) else { continue };
        if !nodes.iter().any(|n| n.id == id) {
            nodes.push(node(id, endpoint, Role::Replica, Some(itself.clone())));
        }
    }
    Some(Topology {
        kind: if nodes.len() == 1 { Kind::Standalone } else { Kind::Replication },
        announced: nodes.len(),
        nodes,
        views: Vec::new(),
        sights: Vec::new(),
        malformed: Vec::new(),
        groups: Vec::new(),
        other_groups: Vec::new(),
    })
}

/// The id of a server whose run id nobody tells: its address.
pub fn address_id(endpoint: &Endpoint) -> Option<NodeId> {
    NodeId::from_wire(endpoint.to_string().as_bytes())
}

/// A server at this address.
pub fn node(id: NodeId, endpoint: &Endpoint, role: Role, primary: Option<NodeId>) -> Node {
    let host = Announced::Host(endpoint.host.clone());
    let ip = if endpoint.host.ip().is_some() { host.clone() } else { Announced::Absent };
    let address = NodeAddress { preferred: host, port: Some(endpoint.port), ip, ..NodeAddress::default() };
    Node { id, role, address, primary, slots: Slots::default(), flags: NodeFlags::default() }
}
