//! The Sentinels can never agree on a failover.

use crate::{
    diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Subject, Verdicts},
    facts::Watched,
};

pub(super) const CHECK: Check = Check {
    code: "quorum-unreachable",
    severity: Severity::Warning,
    expects: "There are enough Sentinels to agree that a primary is down, and to elect the one that replaces it.",
    explain: "A failover takes two numbers: `quorum` Sentinels that call the primary down, and a majority of all Sentinels that \
              were ever known (not of those that still run) to elect who does it. With fewer, nothing happens when the primary \
              dies: clients go on being sent to it. SENTINEL CKQUORUM asks the same of one Sentinel. Sentinels that are gone \
              for good count until SENTINEL RESET.",
    transient: true,
    explains: &[],
    examine,
};

/// What is missing.
enum Lack {
    /// More have to agree than there are.
    Quorum { quorum: u32, known: usize },
    /// Fewer are up than have to elect one.
    Majority { up: usize, known: usize, needed: usize },
}

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    let witnesses = context.witnesses();
    for group in context.topology().into_iter().flat_map(|topology| &topology.groups) {
        let mut subjects: Vec<Subject> = Vec::new();
        let (mut first, mut told) = (None, 0);
        for (witness, watched) in witnesses.iter().filter_map(|w| Some((w, w.of(&group.name)?))) {
            told += 1;
            match lack(watched) {
                Some(lack) => {
                    subjects.push(witness.subject.clone());
                    first.get_or_insert(lack);
                }
                None => verdicts.pass(),
            }
        }
        if let Some(lack) = first {
            let all = subjects.len() == told;
            verdicts.fail(problem(&group.name, &lack, subjects, all));
        }
    }
}

fn lack(watched: &Watched) -> Option<Lack> {
    let quorum = watched.quorum?;
    let known = watched.peers.len() + 1;
    let up = known - watched.peers.iter().filter(|peer| peer.flags.pfail || peer.flags.fail).count();
    let needed = (known / 2 + 1).max(quorum as usize);
    if quorum as usize > known {
        Some(Lack::Quorum { quorum, known })
    } else if up < needed {
        Some(Lack::Majority { up, known, needed })
    } else {
        None
    }
}

/// `all`: every Sentinel that was asked says so. Where only some do, it is they that are deaf.
fn problem(group: &str, lack: &Lack, subjects: Vec<Subject>, all: bool) -> Problem {
    let name = Context::group_in_commands(group);
    let (title, expected, presented, text, lines) = match lack {
        Lack::Quorum { quorum, known } => (
            format!("no failover can ever happen in {group}: quorum {quorum}, and {known} Sentinel(s) in all"),
            format!("at least {quorum} Sentinels that know of each other"),
            format!("quorum {quorum}; {known} known, the one that answers among them"),
            "Run as many Sentinels as are meant, all with `sentinel monitor` of the same primary and with its password, so that \
             they find each other through it; or lower the quorum to a majority of those there are.",
            if all { vec![format!("SENTINEL SET {name} quorum {}", known / 2 + 1)] } else { Vec::new() },
        ),
        Lack::Majority { up, known, needed } => (
            format!("no failover can happen in {group} now: {up} of {known} Sentinels are up, {needed} are needed"),
            format!("{needed} of {known} Sentinels that reach each other"),
            format!("{} are down, as the Sentinels that answer see it", known - up),
            "Bring the others back. Those that are gone for good are forgotten by SENTINEL RESET, sent to each of the remaining \
             ones, one at a time with 30 s in between.",
            vec![format!("SENTINEL CKQUORUM {name}"), format!("SENTINEL RESET {name}")],
        ),
    };
    Problem {
        title,
        subjects,
        expected,
        presented,
        remedies: vec![Remedy { audience: Audience::Server, text: text.to_owned(), lines, proof: None }],
        ..Problem::default()
    }
}
