//! What to do about a forward that does not lead where its map says.

use crate::{
    address_map::audit::{Crossing, Fault},
    facts::{Failure, FailureKind, Stage},
};

/// About nodes that have none.
pub(super) const MISSING: &str =
    "Add a forward to each, and an entry: clients that are sent there go around the tunnel.";

/// The next step for a fault; `None` where its own sentence says it. `logs`: where the tunnels write what they meet.
pub(super) fn next_step(fault: &Fault, logs: Option<&str>) -> Option<String> {
    let text = match fault {
        Fault::NeverAnnounced(None) => "Take the entry out, and its forward down.".to_owned(),
        Fault::NeverAnnounced(Some(key)) => format!("Write the key as {}.", key.unbracketed()),
        Fault::Repeated(_) => "Leave one of the two.".to_owned(),
        Fault::Shared(_) => "Give every node a forward of its own.".to_owned(),
        Fault::Moved { announced: Some(at), .. } => {
            format!("Let the forward lead to {at}, and write the map anew: redis-doctor tunnel does both.")
        }
        Fault::Moved { announced: None, .. } => "Take the forward down, and the entry out.".to_owned(),
        Fault::OtherNode { crossing: Some(Crossing { target, swapped: true, .. }), .. } => {
            format!("Exchange the far ends of the two forwards, or this target and {target} in the map.")
        }
        Fault::OtherNode { crossing: Some(Crossing { target, .. }), .. } => {
            format!("Let this entry's target be {target}, or the forward lead to its own node.")
        }
        Fault::OtherNode { announced: Some(_), .. } => "Let the forward lead to the node of its key.".to_owned(),
        Fault::OtherNode { announced: None, .. } => {
            "See what listens on this port: another tunnel, or a server of this machine.".to_owned()
        }
        Fault::Encrypted => {
            "Let clients dial the near end (spiped -e), which takes plaintext; this one is for the other spiped."
                .to_owned()
        }
        Fault::NotAnswering(failure) => silent(failure, logs)?,
        Fault::NameNotProved { .. } => {
            "Give the entry the name that the certificate holds (server_name), or the tunnel the verifying.".to_owned()
        }
        Fault::Ambiguous(_) | Fault::OtherForm { .. } | Fault::Spelling(_) | Fault::NotTried(_) => return None,
    };
    Some(text)
}

/// Why nothing comes back through a forward. That the near end takes a connection says nothing about the far end: all of
/// these programs accept first and dial then.
fn silent(failure: &Failure, logs: Option<&str>) -> Option<String> {
    let log = |lead: &str| logs.map_or_else(|| "the tunnel's log".to_owned(), |logs| format!("{lead}{logs}"));
    Some(match (failure.kind, failure.stage) {
        (FailureKind::Refused, _) => {
            let why = logs.map(|logs| format!(" ({logs} says why it ended)")).unwrap_or_default();
            format!("Start the tunnel: nobody listens on this port{why}.")
        }
        (FailureKind::Closed, _) => format!(
            "The near end takes the connection and drops it: its far end is down or out of reach, or the two refuse each other \
             (another key, an unknown CA, an expired certificate, a wrong name). Look into {}.",
            log("")
        ),
        (FailureKind::TimedOut, Stage::Handshake | Stage::Authenticate | Stage::Command) => format!(
            "The near end takes the connection and nothing comes back: see whether its far end reaches the node, and whether \
             one of the two expects TLS where the other has none. Look into {}.",
            log("")
        ),
        (FailureKind::TimedOut | FailureKind::Unreachable | FailureKind::NoSuchName, _) => {
            "See that the target of the entry is where the tunnel listens, as seen from here.".to_owned()
        }
        (FailureKind::NotSpoken | FailureKind::TlsAlert, _) => {
            "See what listens on this port, and whether it takes TLS or plaintext (`tls` of the map).".to_owned()
        }
        (FailureKind::ClientCertificate, _) => {
            "Give the client certificate that the server behind it wants (--cert, --key).".to_owned()
        }
        (FailureKind::Refusal, Stage::Authenticate) => {
            "Give the password that the server behind it wants (REDISCLI_AUTH, --user).".to_owned()
        }
        (FailureKind::Refusal | FailureKind::Hostile | FailureKind::Local | FailureKind::Other, _) => return None,
    })
}
