//! The asynchronous client: one connection for all keys at once.

use std::time::Duration;

use redis::{AsyncCommands, RedisError, RedisResult, cluster::ClusterClient, cluster_async::ClusterConnection};
use tokio::{runtime::Runtime, task::JoinSet, time};

use crate::{report::Report, time_outs};

pub fn touch(client: &ClusterClient, report: &Report, limit: Duration) {
    let runtime = Runtime::new().expect("tokio starts");
    // What does not come in time stays "no answer".
    let _ = runtime.block_on(async { time::timeout(limit, all(client, report)).await });
    runtime.shutdown_background();
}

async fn all(client: &ClusterClient, report: &Report) {
    let connection = match client.get_async_connection_with_config(time_outs()).await {
        Ok(connection) => connection,
        Err(error) => return report.all(&error),
    };
    let mut tasks = JoinSet::new();
    for key in report.keys() {
        let connection = connection.clone();
        tasks.spawn(async move { (set_and_get(connection, &key).await, key) });
    }
    while let Some(Ok((outcome, key))) = tasks.join_next().await {
        report.answered(&key, outcome.as_ref().err().map(|error| error as _));
    }
}

async fn set_and_get(mut connection: ClusterConnection, key: &str) -> RedisResult<()> {
    connection.set::<_, _, ()>(key, key).await?;
    let value: String = connection.get(key).await?;
    if value == key { Ok(()) } else { Err(RedisError::from(std::io::Error::other("another value came back"))) }
}
