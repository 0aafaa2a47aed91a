//! Drives fred as an ordinary application does: `driver ROW REQUEST`, one line of JSON for each round.

#[path = "../../redis-rs/src/report.rs"]
mod report;
#[path = "../../redis-rs/src/request.rs"]
mod request;

use std::{env, fs, sync::Arc, time::Duration};

use fred::{
    prelude::*,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tokio::{runtime::Runtime, task::JoinSet, time};

use report::Report;
use request::Request;

include!(concat!(env!("OUT_DIR"), "/emitted.rs"));

const PATIENCE: Duration = Duration::from_secs(2);
const FIRST_ROUND: Duration = Duration::from_secs(24);
const LATER_ROUND: Duration = Duration::from_secs(15);

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [_row, file] = &args[..] else { panic!("usage: driver ROW REQUEST") };
    let request = Request::read(file);
    let runtime = Runtime::new().expect("tokio starts");
    let mut connected = None;
    for round in 0..request.rounds.max(1) {
        let limit = if round == 0 { FIRST_ROUND } else { LATER_ROUND };
        if round > 0 && !report::go_on() {
            return;
        }
        let report = Arc::new(Report::of(&request.keys));
        let work = async {
            if connected.is_none() {
                connected = Some(connect(&request, &report).await);
            }
            touch(connected.as_ref(), &report).await;
        };
        // What does not come in time stays "no answer".
        let _ = runtime.block_on(async { time::timeout(limit, work).await });
        report.print(&[]);
    }
    runtime.shutdown_background();
}

async fn connect(request: &Request, report: &Arc<Report>) -> Result<Client, Error> {
    let client = if request.config.is_some() { emitted::client()? } else { plain(request)? };
    let told = Arc::clone(report);
    client.on_error(move |(error, _server)| {
        told.say(&error);
        async { Ok(()) }
    });
    client.init().await?;
    Ok(client)
}

fn plain(request: &Request) -> Result<Client, Error> {
    let config = Config {
        server: ServerConfig::new_clustered(request.seeds.clone()),
        username: request.username.clone(),
        password: request.password.clone(),
        tls: request.tls.then(|| TlsConfig::from(tls(request))),
        ..Config::default()
    };
    Builder::from_config(config)
        .with_connection_config(|connection| {
            connection.connection_timeout = PATIENCE;
            connection.internal_command_timeout = PATIENCE;
        })
        .with_performance_config(|performance| performance.default_command_timeout = PATIENCE)
        .build()
}

fn tls(request: &Request) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &request.ca {
        roots.add_parsable_certificates(certificates(file));
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    match (&request.cert, &request.key) {
        (Some(cert), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(&fs::read(key).expect("the key can be read")).expect("it is a key");
            builder.with_client_auth_cert(certificates(cert), key).expect("the certificate goes with the key")
        }
        _ => builder.with_no_client_auth(),
    }
}

fn certificates(file: &str) -> Vec<CertificateDer<'static>> {
    let found = CertificateDer::pem_file_iter(file).expect("the file can be read");
    found.collect::<Result<_, _>>().expect("it holds certificates")
}

async fn touch(connected: Option<&Result<Client, Error>>, report: &Report) {
    let client = match connected {
        Some(Ok(client)) => client,
        Some(Err(error)) => return report.all(error),
        None => return,
    };
    let mut tasks = JoinSet::new();
    for key in report.keys() {
        let client = client.clone();
        tasks.spawn(async move { (set_and_get(&client, &key).await, key) });
    }
    while let Some(Ok((outcome, key))) = tasks.join_next().await {
        report.answered(&key, outcome.as_ref().err().map(|error| error as _));
    }
}

async fn set_and_get(client: &Client, key: &str) -> Result<(), Error> {
    client.set::<(), _, _>(key, key, None, None, false).await?;
    let value: String = client.get(key).await?;
    if value == key { Ok(()) } else { Err(Error::new(ErrorKind::Unknown, "another value came back")) }
}
