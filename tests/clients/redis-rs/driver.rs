//! Drives redis-rs against a cluster, with and without an emitted address map.
//!
//! `driver without HOST PORT CA` connects as an application does that knows the seed and the CA, no more;
//! `driver with` connects as the map says that was named in `REDIS_DOCTOR_MAP` at build time, then SET and GET in
//! every slot.

use std::{collections::HashMap, env, process::exit, thread, time::Duration};

use redis::{
    RedisResult, TlsCertificates,
    cluster::{ClusterClient, ClusterConnection, cluster_pipe},
};

include!(concat!(env!("OUT_DIR"), "/snippet.rs"));

const SLOTS: u16 = 16384;
const LIMIT: Duration = Duration::from_secs(30);

fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    thread::spawn(|| {
        thread::sleep(LIMIT);
        println!("failed: the client gave no answer in time");
        exit(1)
    });
    let args: Vec<String> = env::args().skip(1).collect();
    let client = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["without", host, port, ca] => plain(host, port, ca),
        ["with", ..] => snippet::client(),
        _ => panic!("usage: driver without HOST PORT CA | driver with [MAPFILE]"),
    };
    conclude(&client.and_then(|client| touch_every_slot(&mut client.get_connection()?)));
}

fn plain(host: &str, port: &str, ca: &str) -> RedisResult<ClusterClient> {
    let root = std::fs::read(ca)?;
    ClusterClient::builder([format!("rediss://{host}:{port}")])
        .certs(TlsCertificates { client_tls: None, root_cert: Some(root) })
        .build()
}

fn touch_every_slot(connection: &mut ClusterConnection) -> RedisResult<u16> {
    for keys in one_key_each_slot().chunks(1024) {
        let mut pipeline = cluster_pipe();
        for key in keys {
            pipeline.set(key, key).ignore().get(key);
        }
        let values: Vec<String> = pipeline.query(connection)?;
        assert_eq!(values, keys, "a value did not come back as it was put in");
    }
    Ok(SLOTS)
}

fn one_key_each_slot() -> Vec<String> {
    let mut keys = HashMap::new();
    let mut candidates = (0..).map(|n| format!("doctor:{n}"));
    while keys.len() < usize::from(SLOTS) {
        let key = candidates.next().expect("the range has no end");
        keys.entry(slot(&key)).or_insert(key);
    }
    keys.into_values().collect()
}

/// CRC16 (XMODEM) as in the Redis Cluster specification, appendix A.
fn slot(key: &str) -> u16 {
    let fold = |crc: u16, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    key.bytes().fold(0, |crc, byte| (0..8).fold(crc ^ u16::from(byte) << 8, fold)) % SLOTS
}

fn conclude(outcome: &RedisResult<u16>) -> ! {
    match outcome {
        Ok(slots) => println!("ok SLOTS {slots}"),
        Err(error) => println!("failed: {error}"),
    }
    exit(i32::from(outcome.is_err()))
}
