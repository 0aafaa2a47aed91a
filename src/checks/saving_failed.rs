//! A server refuses writes, since it could not save.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts},
    facts::Attempt,
};

pub(super) const CHECK: Check = Check {
    code: "saving-failed",
    severity: Severity::Error,
    expects: "A server that saves its data can do so.",
    explain: "With `stop-writes-on-bgsave-error yes` (the default), a primary whose last snapshot failed answers every write, and \
              PING, with `MISCONF`; so it does when the append-only file cannot be written. A full disk, a directory that the \
              process may not write, or too little memory for the fork: the server's log says which. Reads go on.",
    transient: false,
    explains: &["discovery-refused"],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let refusal = |attempt: &Attempt| {
        let refusals = attempt.opened().map_or(&[][..], |connection| &connection.refusals);
        refusals
            .iter()
            .find(|refusal| refusal.answer.starts_with("MISCONF"))
            .map(|refusal| first_sentence(&refusal.answer))
    };
    let mut subjects = Vec::new();
    let mut presented = None;
    for (node, attempts) in context.nodes() {
        let right = attempts.iter().filter(|attempt| context.snapshot.leads_to(attempt, node));
        let own = (context.snapshot.seed.identity() == Some(&node.id)).then_some(&context.snapshot.seed);
        match right.chain(own).find_map(refusal) {
            Some(answer) => {
                subjects.push(context.node(node));
                presented.get_or_insert(answer);
            }
            None => verdicts.pass(),
        }
    }
    let presented = presented.unwrap_or_default();
    let (title, text, lines) = ways(&presented);
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    verdicts.fail(Problem {
        title: title.to_owned(),
        subjects,
        expected: "+PONG".to_owned(),
        presented,
        clients: Vec::new(),
        remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
    });
}

/// The append-only file is written again as soon as that is possible; a snapshot has to be taken (`writeCommandsDeniedByDiskError`,
/// server.c).
fn ways(answer: &str) -> (&'static str, &'static str, &'static [&'static str]) {
    if answer.contains("AOF") {
        return (
            "writes are refused (MISCONF): the append-only file cannot be written",
            "Mend what the server says (it is quoted above): make room on that disk, or give the process the right to write there. \
             Writes are taken again by themselves then, within a second. The directory:",
            &["CONFIG GET dir"],
        );
    }
    (
        "writes are refused (MISCONF): the server could not save its data",
        "See the server's log for why (disk full, no permission for the directory, no memory to fork), mend that, and have it save \
         again: writes are taken as soon as that went well.",
        &["CONFIG GET dir", "BGSAVE"],
    )
}

/// The rest says what to do, and is cut off anyway.
fn first_sentence(answer: &str) -> String {
    answer.split_inclusive(". ").next().unwrap_or(answer).trim_end().to_owned()
}
