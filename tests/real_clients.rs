//! The emitted maps, run: each released client fails on the Azure-shaped cluster without its map and works with it.

mod support;

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use support::{
    azure::{Azure, azure_shape},
    client::Client,
    doctor, need, run, text,
};

#[test]
fn node_redis_fails_without_its_map_and_works_with_it() {
    prove(Client::NodeRedis, "IP: 127.0.0.1 is not in the cert's list");
}

#[test]
fn ioredis_fails_without_its_map_and_works_with_it() {
    prove(Client::Ioredis, "IP: 127.0.0.1 is not in the cert's list");
}

#[test]
fn redis_py_fails_without_its_map_and_works_with_it() {
    prove(Client::RedisPy, "IP address mismatch, certificate is not valid for '127.0.0.1'");
}

#[test]
fn redis_rs_fails_without_its_map_and_works_with_it() {
    prove(Client::RedisRs, "certificate not valid for name \"127.0.0.1\"");
}

fn prove(client: Client, reason: &str) {
    if !(need("redis-server") && need("redis-cli") && need("openssl") && client.is_ready()) {
        return;
    }
    let azure = shared();

    let without = client.without_map(&azure);
    let said = text(&without.stdout);
    assert_eq!(without.status.code(), Some(1), "{said}{}", text(&without.stderr));
    assert!(said.starts_with("failed: ") && said.contains(reason), "{said}{}", text(&without.stderr));

    let map = azure.file(&format!("map.{}.{}", client.id(), client.extension()));
    let emitted = run(doctor().arg("address-map").args(azure.arguments()).args(["--for", client.id()]));
    fs::write(&map, &emitted).unwrap();

    let with = client.with_map(&azure, &map);
    let said = text(&with.stdout);
    assert_eq!(said, "ok SLOTS 16384\n", "{}\nthe map was:\n{emitted}", text(&with.stderr));
    assert_eq!(with.status.code(), Some(0));
}

/// One cluster for the tests that run at the same time, ended with the last of them (a plain static never would be).
fn shared() -> Arc<Azure> {
    static RUNNING: Mutex<Weak<Azure>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let azure = Arc::new(azure_shape());
        *running = Arc::downgrade(&azure);
        azure
    })
}
