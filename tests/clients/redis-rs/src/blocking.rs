//! The blocking client: a connection for each thread, as a pool has them, since one blocks while its node does not answer.

use std::{
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use redis::{Commands, RedisError, RedisResult, cluster::ClusterClient};

use crate::{report::Report, time_outs};

type Answer = (String, RedisResult<()>);

pub fn touch(client: &ClusterClient, report: &Report, limit: Duration) {
    let start = Instant::now();
    let (tell, told) = channel();
    for key in report.keys() {
        let (client, tell) = (client.clone(), tell.clone());
        thread::spawn(move || {
            let outcome = set_and_get(&client, &key);
            // Nobody listens any more once the time is up.
            let _ = tell.send((key, outcome));
        });
    }
    drop(tell);
    while let Some((key, outcome)) = next(&told, limit.saturating_sub(start.elapsed())) {
        report.answered(&key, outcome.as_ref().err().map(|error| error as _));
    }
}

fn next(told: &Receiver<Answer>, wait: Duration) -> Option<Answer> {
    told.recv_timeout(wait).ok()
}

fn set_and_get(client: &ClusterClient, key: &str) -> RedisResult<()> {
    let mut connection = client.get_connection_with_config(time_outs())?;
    connection.set::<_, _, ()>(key, key)?;
    let value: String = connection.get(key)?;
    if value == key { Ok(()) } else { Err(RedisError::from(std::io::Error::other("another value came back"))) }
}
