//! What a client's error text can mean: the findings behind it, most likely first.
//!
//! The table is in [`phrases`]: stable parts of what libraries and their TLS stacks print, and for each group of them the
//! findings. A text that names its cause counts for more than one that hides it, wherever in a log either stands.

mod libraries;
mod phrases;
mod places;
mod plain;

use crate::facts::{Endpoint, Host};
pub use phrases::{MEANINGS, Meaning, Says};
use plain::Plain;

/// Most bytes of a text that are read; what comes after is left out.
pub const LARGEST: usize = 64 << 10;

/// A finding that a text can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The code of the check.
    pub code: &'static str,
    /// How it comes to this text, in a sentence.
    pub why: &'static str,
}

/// What was made of a text. Nothing of the text itself is in it but endpoints, which are host names by grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The phrase that was recognised, as the table has it.
    pub phrase: &'static str,
    /// How much it tells.
    pub says: Says,
    /// Most likely first, each code once.
    pub leads: Vec<Lead>,
    /// The libraries that it can come from; empty where that cannot be told.
    pub clients: Vec<&'static str>,
    /// Endpoints in the text, in order.
    pub places: Vec<Endpoint>,
    /// It is about TLS, so that the endpoint speaks it.
    pub tls: bool,
}

/// Reads an error text: a line, a stack trace, a piece of a log. `None` where no phrase of it is known.
pub fn read(text: &str) -> Option<Reading> {
    let plain = Plain::of(bounded(text));
    let said = |meaning: &&'static Meaning| {
        let at = meaning.phrases.iter().position(|(phrase, _)| plain.says(phrase))?;
        Some((*meaning, meaning.phrases[at]))
    };
    let found: Vec<_> = MEANINGS.iter().filter_map(said).collect();
    let most = found.iter().map(|(meaning, _)| meaning.says).min()?;
    // Where nothing tells the cause, what hides it and what merely ends so stand together.
    let telling: Vec<_> = found.into_iter().filter(|(m, _)| m.says == most || most >= Says::Nothing).collect();
    let says = telling.iter().map(|(meaning, _)| meaning.says).max()?;
    let (first, (phrase, _)) = *telling.iter().max_by_key(|(_, (phrase, _))| phrase.len())?;
    let places = places::of(plain.text());
    let mut leads: Vec<Lead> = Vec::new();
    let away = telling.iter().any(|(meaning, _)| meaning.leads.iter().any(|lead| lead.code == "node-unreachable"));
    let by_place = if away { by_place(&places) } else { &[] };
    let others = if says == Says::Hides { phrases::ANYTHING } else { &[] };
    for lead in telling.iter().flat_map(|(meaning, _)| meaning.leads).chain(by_place).chain(others) {
        if !leads.iter().any(|known| known.code == lead.code) {
            leads.push(*lead);
        }
    }
    let said_by = telling.iter().map(|(_, (_, clients))| *clients);
    let clients = libraries::of(&plain, said_by);
    Some(Reading { phrase, says, leads, clients, places, tls: first.tls })
}

/// Addresses that mean something else on every machine are a lead of their own, whatever came of dialling them.
fn by_place(places: &[Endpoint]) -> &'static [Lead] {
    let some = |is: fn(&Host) -> bool| places.iter().any(|place| is(&place.host));
    if some(Host::is_loopback) {
        phrases::LOOPBACK
    } else if some(Host::is_private) {
        phrases::PRIVATE
    } else {
        &[]
    }
}

fn bounded(text: &str) -> &str {
    let end = (0..=LARGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests;
