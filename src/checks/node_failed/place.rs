//! What answers where a failed node is announced.

use crate::{
    diagnosis::Context,
    facts::{FailureKind, Node, Spoke, Stage},
};

/// What is where the failed nodes are announced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Empty,
    Hung,
    Taken,
    TakenByRedis,
    WithoutCluster,
    OtherKind,
}

impl Place {
    /// The same for all of them, with what a stranger is called.
    pub(super) fn of(context: &Context<'_>, nodes: &[&Node]) -> Option<(Self, String)> {
        let mut places = nodes.iter().map(|node| {
            let attempt = context.announced(context.snapshot.attempts(&node.id))?;
            if let Some(Spoke::Other(stranger)) = &attempt.spoke {
                return Some((Place::Taken, format!(" ({})", stranger.called())));
            }
            let other = match attempt.spoke {
                Some(Spoke::PlainRedis(_)) => Some(" (in plaintext, and the others speak TLS)"),
                Some(Spoke::Tls) => Some(" (over TLS, and the others speak plaintext)"),
                _ => None,
            };
            if let Some(other) = other {
                return Some((Place::OtherKind, other.to_owned()));
            }
            let mode = attempt.opened().and_then(|c| c.server.seen()).and_then(|server| server.mode.as_deref());
            if attempt.identity().is_some_and(|id| *id != node.id) {
                let alone = mode == Some("standalone");
                return Some((if alone { Place::WithoutCluster } else { Place::TakenByRedis }, String::new()));
            }
            let failure = attempt.failure()?;
            let place = match failure.kind {
                FailureKind::Refused => Place::Empty,
                FailureKind::TimedOut if failure.stage > Stage::Connect => Place::Hung,
                _ => return None,
            };
            Some((place, String::new()))
        });
        let first = places.next()??;
        places.all(|place| place.as_ref().is_some_and(|(place, _)| *place == first.0)).then_some(first)
    }

    pub(super) fn presented(self) -> &'static str {
        match self {
            Place::Empty => "connections are refused there: nobody listens",
            Place::Hung => "it accepts connections and stays silent: the process is there, and hangs",
            Place::Taken => "another service answers there",
            Place::TakenByRedis => "another Redis server answers there",
            Place::WithoutCluster => "a Redis server answers there that runs without cluster mode (cluster-enabled no)",
            Place::OtherKind => "Redis answers there",
        }
    }

    /// What comes before the node is brought back.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Place::Empty => "",
            Place::Hung => {
                "Look at the process where it runs (stopped, swapping, a dead disk, an endless script), and restart it. "
            }
            Place::Taken => "Stop the service that has taken the port, or move it. ",
            Place::TakenByRedis => "Stop the server that has taken the address, or move it. ",
            Place::WithoutCluster => {
                "Where that is the node, started without its settings: cluster-enabled yes and its cluster-config-file in redis.conf, and a \
                 restart. Where it is another server: stop it, or move it. "
            }
            Place::OtherKind => {
                "Give it the TLS settings of the others (port, tls-port, tls-cluster, tls-replication and the certificate files in redis.conf), \
                 and restart it: the cluster bus needs them on both sides. "
            }
        }
    }
}
