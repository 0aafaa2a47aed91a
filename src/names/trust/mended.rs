//! Verifiers stop at the first thing that they do not like. What they say once that is mended comes out when they go on as
//! if it were: every verifier that is modelled asks here whether it has to stop.

use crate::facts::{Flaw, FlawKind, Judgement, Place, Step, Verifier};

/// What a verifier has met before, and overlooks now.
#[derive(Debug, Default)]
pub(super) struct Mended(Vec<(FlawKind, Place)>);

impl Mended {
    /// Stops where something is wrong, for the first time.
    pub(super) fn unless(&self, fine: bool, kind: FlawKind, place: Place) -> Result<(), Flaw> {
        if fine { Ok(()) } else { self.meet(Flaw::new(kind, place)) }
    }

    /// Stops, for the first time.
    pub(super) fn meet(&self, flaw: Flaw) -> Result<(), Flaw> {
        if self.0.contains(&(flaw.kind, flaw.at)) { Ok(()) } else { Err(flaw) }
    }
}

/// Asks a verifier again and again: first for what it does before it compares names, then for what it does after, which
/// comes to the fingerprint of an anchor.
pub(super) fn judgement(
    by: Verifier,
    before: impl Fn(&Mended) -> Result<(), Flaw>,
    after: impl Fn(&Mended) -> Result<Option<String>, Flaw>,
) -> Judgement {
    let (mut mended, mut steps) = (Mended::default(), Vec::new());
    settle(&mut mended, &mut steps, before);
    steps.push(Step::Names);
    let anchor = settle(&mut mended, &mut steps, after).flatten();
    Judgement { by, steps, anchor }
}

/// Until nothing more is met, or enough.
fn settle<T>(mended: &mut Mended, steps: &mut Vec<Step>, verify: impl Fn(&Mended) -> Result<T, Flaw>) -> Option<T> {
    const MOST: usize = 8;
    for _ in 0..MOST {
        match verify(mended) {
            Ok(done) => return Some(done),
            Err(flaw) => {
                mended.0.push((flaw.kind, flaw.at));
                steps.push(Step::Flaw(flaw));
            }
        }
    }
    None
}
