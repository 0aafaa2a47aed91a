//! Drives redis-rs as an ordinary application does: `driver ROW REQUEST`, one line of JSON for each round.
//!
//! Row `1.8` is the blocking cluster client, `1.8-async` the asynchronous one on tokio.

mod asynchronous;
mod blocking;
mod logged;
mod report;
mod request;

use std::{env, time::Duration};

use redis::{
    ClientTlsConfig, RedisResult, TlsCertificates,
    cluster::{ClusterClient, ClusterConfig},
};

use report::Report;
use request::Request;

include!(concat!(env!("OUT_DIR"), "/emitted.rs"));

const PATIENCE: Duration = Duration::from_secs(2);
const FIRST_ROUND: Duration = Duration::from_secs(24);
const LATER_ROUND: Duration = Duration::from_secs(15);

fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    logged::listen();
    let args: Vec<String> = env::args().skip(1).collect();
    let [row, file] = &args[..] else { panic!("usage: driver ROW REQUEST") };
    let request = Request::read(file);
    let touch = if row.ends_with("-async") { asynchronous::touch } else { blocking::touch };
    let client = connect(&request);
    for round in 0..request.rounds.max(1) {
        let limit = if round == 0 { FIRST_ROUND } else { LATER_ROUND };
        if round > 0 && !report::go_on() {
            return;
        }
        let report = Report::of(&request.keys);
        match &client {
            Ok(client) => touch(client, &report, limit),
            Err(error) => report.all(error),
        }
        report.print(&logged::take());
    }
}

fn connect(request: &Request) -> RedisResult<ClusterClient> {
    if request.config.is_some() {
        return emitted::client();
    }
    let scheme = if request.tls { "rediss" } else { "redis" };
    let mut builder = ClusterClient::builder(request.seeds.iter().map(|(host, port)| match host.contains(':') {
        true => format!("{scheme}://[{host}]:{port}"),
        false => format!("{scheme}://{host}:{port}"),
    }));
    if request.tls {
        builder = builder.certs(certificates(request)?);
    }
    if let Some(user) = &request.username {
        builder = builder.username(user);
    }
    if let Some(password) = &request.password {
        builder = builder.password(password);
    }
    builder.build()
}

fn certificates(request: &Request) -> RedisResult<TlsCertificates> {
    let client_tls = match (&request.cert, &request.key) {
        (Some(cert), Some(key)) => {
            Some(ClientTlsConfig { client_cert: std::fs::read(cert)?, client_key: std::fs::read(key)? })
        }
        _ => None,
    };
    Ok(TlsCertificates { client_tls, root_cert: request.ca.as_ref().map(std::fs::read).transpose()? })
}

fn time_outs() -> ClusterConfig {
    ClusterConfig::new().set_connection_timeout(PATIENCE).set_response_timeout(PATIENCE)
}
