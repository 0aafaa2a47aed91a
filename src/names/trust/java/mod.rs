//! The JDK's `PKIXValidator` and `PKIXCertPathValidator`.

use super::Trial;
use crate::facts::{Judgement, Step, Verifier};

pub(super) fn judge(trial: &Trial, by: Verifier) -> Judgement {
    let _ = trial;
    Judgement { by, steps: vec![Step::Names], anchor: None }
}
