//! Where an error reply, or the lack of a reply, belongs.

use super::questions::Command;
use crate::facts::{AuthOutcome, Connection, Failure, FailureKind, Observed, Refusal, Stage, TurnedAway};

/// A Sentinel that knows no such user, or no AUTH (before 5.0.1), and answers all the same: the credentials are meant for the
/// data nodes.
pub(super) fn excuse(connection: &mut Connection) {
    if let Observed::Failed(failure) = &connection.auth
        && !failure.detail.starts_with("NOAUTH")
    {
        connection.auth = Observed::Seen(AuthOutcome::Superfluous(failure.detail.clone()));
    }
}

/// Files an error reply where it belongs. Only a server that turns the whole connection away ends the conversation.
pub(super) fn refuse(command: &str, answer: String, connection: &mut Connection) -> Result<(), Failure> {
    let failure = |stage, detail| Failure { stage, kind: FailureKind::Refusal, detail };
    if TurnedAway::read(&answer).is_some() {
        return Err(failure(Stage::Command, answer));
    }
    if command == Command::Auth.words()[0] {
        // 6.0+: "AUTH <password> called without any password configured"; before: "no password is set".
        let superfluous = answer.contains("without any password") || answer.contains("no password is set");
        connection.auth = if superfluous {
            Observed::Seen(AuthOutcome::Superfluous(answer))
        } else {
            Observed::Failed(failure(Stage::Authenticate, answer))
        };
        return Ok(());
    }
    if answer.starts_with("NOAUTH") && !is_let_in(connection) {
        // "Without any password configured", and nothing is answered all the same: that user is off, which the first answer
        // tells and this one does not.
        let said = match &mut connection.auth {
            Observed::Seen(AuthOutcome::Superfluous(said)) => std::mem::take(said),
            Observed::Seen(_) => answer,
            _ => return Ok(()),
        };
        connection.auth = Observed::Failed(failure(Stage::Authenticate, said));
        return Ok(());
    }
    if !connection.refusals.iter().any(|known| known.command == command) {
        connection.refusals.push(Refusal { command: command.to_owned(), answer });
    }
    Ok(())
}

/// Behind such an answer to AUTH a server does not ask for credentials: it is a proxy's, and another server asks. From 6.0 on
/// the other words for it may be a default user that is off.
fn is_let_in(connection: &Connection) -> bool {
    match &connection.auth {
        Observed::Seen(AuthOutcome::Accepted) => true,
        Observed::Seen(AuthOutcome::Superfluous(said)) => said.contains("no password is set"),
        _ => false,
    }
}

/// The time ended while this command was being answered.
pub(super) fn in_the_middle(command: &str) -> Failure {
    let detail = format!("no whole answer to {command} in time");
    Failure { stage: Stage::Command, kind: FailureKind::TimedOut, detail }
}
