//! A cluster in containers on a bridge network: the ports are published on the host, the announced addresses are not.

use std::net::{IpAddr, Ipv4Addr};

use crate::lab::{Plan, Scene, loopback};

pub(super) const SCENE: Scene = Scene {
    name: "docker-nat",
    about: "plaintext nodes that announce container addresses, their ports published on loopback",
    least: 1,
    spoil,
};

fn spoil(plan: &mut Plan) {
    (plan.tls, plan.ask_tls) = (false, false);
    // The bridge itself is 172.18.0.1; the first container gets the address after it.
    let addresses = (u32::from(Ipv4Addr::new(172, 18, 0, 2))..).map(|bits| IpAddr::V4(bits.into()));
    for ((node, port), address) in plan.nodes.iter_mut().zip(7001..).zip(addresses) {
        node.listen = loopback(port);
        node.ip = address.to_string();
        plan.nowhere.push(address);
    }
}
