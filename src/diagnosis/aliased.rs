//! Names that lead to names: what DNS and a second look say of a name that a certificate does not speak for.

use super::Context;
use crate::{
    facts::{Alias, Attempt, Certificate, Host},
    names::{self, Speaks},
};

impl<'a> Context<'a> {
    /// The alias that `host` is, and the name behind it that `leaf` speaks for, where asking by that name did not show otherwise.
    pub fn certified_alias(&self, leaf: &Certificate, host: &Host) -> Option<(&'a Alias, &'a Host)> {
        let alias = self.snapshot.alias(host)?;
        let certified = alias.certified.as_ref().filter(|name| names::speaks_for(leaf, name) == Speaks::Yes)?;
        let fits = alias.looks.is_empty() || alias.looks.iter().any(|look| self.shows(look, certified));
        fits.then_some((alias, certified))
    }

    /// True where a certificate came that speaks for `name`.
    pub fn shows(&self, look: &Attempt, name: &Host) -> bool {
        self.snapshot.chain(look).is_some_and(|chain| names::speaks_for(&chain.leaf, name) == Speaks::Yes)
    }
}
