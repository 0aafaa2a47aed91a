//! What a server is asked beyond what everybody is, where it says that something is wrong with its replication or its disk:
//! one more flight on the same connection.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{
    refusal::{in_the_middle, refuse},
    talk::Talk,
};
use crate::{
    facts::{Connection, Failure, Limits, Replication, Server},
    wire::{
        info,
        resp::{self, Value},
    },
};

/// A question, in words.
type Question = &'static [&'static str];

/// It is refused where writes are (`MISCONF`) and where a replica does not serve old data (`MASTERDOWN`), so that nothing
/// has to be written or read.
const PING: Question = &["PING"];
/// Both names of `min-replicas-to-write`; before 5.0 there was the other one alone.
const WANTED_REPLICAS: Question = &["CONFIG", "GET", "min-*-to-write"];
const OVER_TLS: Question = &["CONFIG", "GET", "tls-replication"];

/// What is worth asking; nothing of a server that is well. `pinged`: PING has been asked.
fn questions(server: &Server, pinged: bool) -> Vec<Question> {
    let cut_off = server.primary_link.as_deref() == Some("down");
    let Replication { save_failed, good_replicas, .. } = server.replication;
    let asked =
        [(PING, !pinged && (save_failed || cut_off)), (WANTED_REPLICAS, good_replicas.is_some()), (OVER_TLS, cut_off)];
    asked.into_iter().filter(|(_, wanted)| *wanted).map(|(question, _)| question).collect()
}

/// Asks, where there is something to ask. A refusal is an answer; CONFIG is refused by most services.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    talk: &mut Talk<'_, S>,
    server: &mut Server,
    (pinged, limits): (bool, &Limits),
    until: Instant,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let questions = questions(server, pinged);
    if questions.is_empty() {
        return Ok(());
    }
    let mut packed = Vec::with_capacity(128);
    for question in &questions {
        resp::pack(&mut packed, question);
    }
    // Where the write fails, reading says why.
    let _ = timeout_at(until, talk.send(&packed)).await;
    for question in questions {
        let replication = &mut server.replication;
        let answer = talk.reply(|value| match value {
            Value::Error(error) => Some(String::from_utf8_lossy(error).chars().take(limits.text).collect()),
            value => {
                take(question, value, replication);
                None::<String>
            }
        });
        let answer = timeout_at(until, answer).await.unwrap_or_else(|_| Err(in_the_middle(&question.join(" "))))?;
        match answer {
            Some(answer) if question == PING => refuse(PING[0], answer, connection)?,
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn take(question: Question, value: &Value<'_>, replication: &mut Replication) {
    if question == WANTED_REPLICAS {
        replication.wanted_replicas = info::setting(value, &["min-replicas-to-write", "min-slaves-to-write"])
            .and_then(|number| number.parse().ok());
    } else if question == OVER_TLS {
        replication.over_tls = info::setting(value, &["tls-replication"]).map(|set| set == "yes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_well_is_asked_nothing() {
        let well = Server { role: Some("master".to_owned()), ..Server::default() };
        assert!(questions(&well, false).is_empty());
        let up = Server { primary_link: Some("up".to_owned()), ..Server::default() };
        assert!(questions(&up, false).is_empty());
        let down = Server { primary_link: Some("down".to_owned()), ..Server::default() };
        assert_eq!(questions(&down, false), [PING, OVER_TLS]);
        assert_eq!(questions(&down, true), [OVER_TLS]);
    }
}
