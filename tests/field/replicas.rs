//! Primaries and replicas: names that lead to the wrong one, addresses that lead to nobody, links that are down.

use std::net::IpAddr;

use super::{
    network::open,
    run::{Case, Run},
    support::{
        forward::Forward,
        server::{Server, Settings},
    },
};

pub const CASES: &[Case] =
    &[Case { id: "O-18", play: name_that_leads_to_a_replica }, Case { id: "O-44", play: replica_behind_nat }];

/// Binds and speaks from this address, to replicas as well.
fn at(ip: IpAddr) -> Settings {
    Settings::default().ip(ip).config("protected-mode", "no").config("bind-source-addr", &ip.to_string())
}

/// After a failover the name still leads to the old primary, which is a replica now.
fn name_that_leads_to_a_replica(run: &mut Run) {
    let (old, new) = (Server::start(&at(open(0))), Server::start(&at(open(1))));
    old.replicate(&new);
    run.name(new.address.to_string(), "primary");
    let port = old.address.port();
    run.check(&format!("redis://redis.lab.test:{port}"));
    run.check(&format!("redis://redis.lab.test:{port} --expect primary"));
    run.check(&format!("redis://redis.lab.test:{port} --expect replica"));
    run.check(&format!("redis://redis-ro.lab.test:{port} --resolve redis-ro.lab.test:{port}:{}", open(0)));
    run.check(&format!("redis://{}", old.address));
    let to = format!("{}:{}", open(1), new.address.port());
    run.mended(&format!("redis://{to} --expect primary"));
    run.mended(&format!("redis://redis.lab.test:{port} --connect-to redis.lab.test:{port}:{to} --expect primary"));
}

/// The replica's connections come out of another address, as behind NAT: the primary lists it there.
fn replica_behind_nat(run: &mut Run) {
    let primary = Server::start(&at(open(0)));
    let replica = Server::start(&at(open(1)));
    let gateway = Forward::start_on((open(2), 0).into(), vec![primary.address], Some(open(2)));
    replica.replicate_from(gateway.address);
    run.name(format!("{}:{}", open(2), replica.address.port()), "replica");
    let by_primary = format!("redis://{}", primary.address);
    let seen = run.check(&by_primary);
    run.check(&format!("redis://{}", replica.address));
    // By the primary it is not known where the replica is; by the replica it is.
    for line in seen.lines("server") {
        let filled = line.replace("ADDRESS", &open(1).to_string());
        replica.command(&filled.split(' ').collect::<Vec<_>>());
    }
    primary.knows_replica(replica.address);
    run.mended(&by_primary);
}
