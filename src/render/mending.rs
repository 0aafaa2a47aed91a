//! What to do about a forward that does not lead where its map says.

use super::Forwards;
use crate::{
    address_map::audit::{Crossing, Fault},
    facts::{Failure, FailureKind, Stage},
};

/// About nodes that have none.
pub(super) fn missing(forwards: &Forwards<'_>) -> String {
    let how = anew(forwards).unwrap_or_else(|| "Give each a forward and an entry".to_owned());
    format!("{how}: without, clients dial them where they announce themselves, around the tunnel.")
}

/// What the folder says of writing it again.
fn anew(forwards: &Forwards<'_>) -> Option<String> {
    Some(format!("Write the tunnel anew, by the command in {}", forwards.readme?))
}

/// The next step for a fault; `None` where its own sentence says it. The same for the same fault of another entry, so that
/// it can be said once of many.
pub(super) fn next_step(fault: &Fault, forwards: &Forwards<'_>) -> Option<String> {
    let text = match fault {
        Fault::NeverAnnounced(None) => "Take the entry out, and its forward down.".to_owned(),
        Fault::NeverAnnounced(Some(_)) => "Write the key as it is looked up.".to_owned(),
        Fault::Repeated(_) => "Leave one of the two.".to_owned(),
        Fault::Shared(_) => "Give every node a forward of its own.".to_owned(),
        Fault::Moved { announced: Some(_), .. } => match anew(forwards) {
            Some(anew) => format!("{anew}."),
            None => "Let the forward lead to where the node is now, and correct the key.".to_owned(),
        },
        Fault::Moved { announced: None, .. } => "Take the forward down, and the entry out.".to_owned(),
        Fault::OtherNode { crossing: Some(Crossing { swapped: true, .. }), .. } => {
            "Exchange the far ends of the two forwards, or the two targets in the map.".to_owned()
        }
        Fault::OtherNode { crossing: Some(Crossing { .. }), .. } => {
            "Write that target here, or let the forward lead to its own node.".to_owned()
        }
        Fault::OtherNode { announced: Some(_), .. } => "Let the forward lead to the node of its key.".to_owned(),
        Fault::OtherNode { announced: None, .. } => {
            "See what listens on this port: another tunnel, or a server of this machine.".to_owned()
        }
        Fault::Encrypted => {
            "Let clients dial the near end (spiped -e), which takes plaintext; this one is for the other spiped."
                .to_owned()
        }
        Fault::NotAnswering(failure) => silent(failure, forwards)?,
        Fault::NameNotProved { untrusted: true, .. } => {
            "Give the CA that signed it: --cacert FILE (or ca_file in the map).".to_owned()
        }
        Fault::NameNotProved { .. } => {
            "Give the entry a name that the certificate has (server_name), or let the forward lead to the right node."
                .to_owned()
        }
        Fault::Ambiguous(_) | Fault::OtherForm { .. } | Fault::Spelling(_) | Fault::NotTried(_) => return None,
    };
    Some(text)
}

/// Why nothing comes back through a forward. That the near end takes a connection says nothing about the far end: all of
/// these programs accept first and dial then.
fn silent(failure: &Failure, forwards: &Forwards<'_>) -> Option<String> {
    let log = forwards.logs.unwrap_or("the tunnel's log");
    Some(match (failure.kind, failure.stage) {
        (FailureKind::Refused, _) => match (forwards.start, forwards.logs) {
            (Some(start), Some(logs)) => format!("Start the tunnel again: {start} ({logs} says why it ended)."),
            (Some(start), None) => format!("Start the tunnel: {start}"),
            _ => "Start the tunnel: nobody listens on this port.".to_owned(),
        },
        (FailureKind::Closed, _) if forwards.pairs => format!(
            "Start the far end (server/start, on its machine), and let its port be reached from here. If it runs, the two \
             refuse each other (another key or CA, an expired certificate), or the node is down: see {log} here, server/run there."
        ),
        (FailureKind::Closed, _) => format!(
            "The near end takes the connection and drops it: what it leads to is down or out of reach, or one of the two \
             refuses the other (another key, an unknown CA, an expired certificate, a wrong name). See {log}."
        ),
        (FailureKind::TimedOut, Stage::Handshake | Stage::Authenticate | Stage::Command) => format!(
            "The near end takes the connection and nothing comes back: see whether its far end reaches the node, and whether \
             one of the two expects TLS where the other has none. See {log}."
        ),
        (FailureKind::TimedOut | FailureKind::Unreachable | FailureKind::NoSuchName, _) => {
            "See that the target of the entry is where the tunnel listens, as seen from here.".to_owned()
        }
        (FailureKind::NotSpoken | FailureKind::TlsAlert, _) => {
            "See what listens on this port, and whether it takes TLS or plaintext (`tls` of the map).".to_owned()
        }
        (FailureKind::ClientCertificate, _) => {
            "Give the client certificate that the server behind it wants: --cert FILE --key FILE".to_owned()
        }
        (FailureKind::Refusal, Stage::Authenticate) => {
            "Give the password that the server behind it wants: --askpass, or REDISCLI_AUTH (--user for an ACL user)."
                .to_owned()
        }
        (FailureKind::Refusal | FailureKind::Hostile | FailureKind::Local | FailureKind::Other, _) => return None,
    })
}
