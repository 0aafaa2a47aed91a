//! A Sentinel that distrusts its own clock acts on nothing.

use crate::diagnosis::{Audience, Check, Context, Problem, Remedy, Severity, Verdicts};

pub(super) const CHECK: Check = Check {
    code: "sentinel-tilt",
    severity: Severity::Warning,
    expects: "No Sentinel is in tilt mode.",
    explain: "A Sentinel whose clock jumped by more than two seconds, or that stood still that long (a suspended machine, a slow \
              disk, too little CPU), is in tilt (`sentinel_tilt:1` in INFO): until 30 seconds have passed without another jump it \
              goes on asking and answering, starts no failover, and tells others that it calls nobody down. One that is in tilt \
              again and again is as good as not there when its vote is counted.",
    transient: true,
    explains: &[],
    examine,
};

fn examine(context: &Context<'_>, verdicts: &mut Verdicts) {
    if !context.is_sentinel() {
        return;
    }
    let witnesses = context.witnesses();
    let (tilted, upright): (Vec<_>, Vec<_>) = witnesses.iter().partition(|witness| witness.watch.tilt);
    upright.iter().for_each(|_| verdicts.pass());
    let (n, all) = (tilted.len(), witnesses.len());
    let subjects: Vec<_> = tilted.iter().map(|witness| witness.subject.clone()).collect();
    verdicts.fail(Problem {
        title: match (n, all) {
            (1, 1) => "the Sentinel is in tilt: it does not fail over".to_owned(),
            (1, _) => format!("1 of {all} Sentinels is in tilt: it does not fail over"),
            _ => format!("{n} of {all} Sentinels are in tilt: they do not fail over"),
        },
        subjects,
        expected: "sentinel_tilt:0 in INFO".to_owned(),
        presented: "sentinel_tilt:1".to_owned(),
        remedies: vec![Remedy {
            audience: Audience::Server,
            text: "It ends by itself 30 seconds after the last jump. Where it comes back: keep the clock of that machine in step \
                   without jumps (chrony, ntpd), and see what stops the process for seconds (suspended or live-migrated \
                   machine, CPU limit, swapping); its log says +tilt and -tilt each time."
                .to_owned(),
            lines: Vec::new(),
            proof: None,
        }],
        ..Problem::default()
    });
}
