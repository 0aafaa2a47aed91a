//! OpenSSL's `X509_verify_cert` (crypto/x509/x509_vfy.c, 3.0).

use super::Trial;
use crate::facts::{Judgement, Step, Verifier};

pub(super) fn judge(trial: &Trial, partial: bool) -> Judgement {
    let _ = (trial, partial);
    Judgement { by: Verifier::OpenSsl, steps: vec![Step::Names], anchor: None }
}
