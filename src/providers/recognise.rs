//! Whose servers these are, by several signs and never by a port alone.

use super::{
    ALL, Provider,
    sign::{Sign, SignKind, Signal, Strength, seen},
};
use crate::facts::Snapshot;

/// Whose servers these are, as far as it shows, and what led to that. A hint for words and never a verdict: all of it can be forged.
#[derive(Clone, Default)]
pub struct Recognised {
    /// Whose; `None` where too little speaks for anybody.
    pub provider: Option<&'static Provider>,
    /// The signals that led to it, the most telling first; those of nobody are not kept.
    pub signals: Vec<Signal>,
}

impl std::fmt::Debug for Recognised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recognised({:?}, {:?})", self.provider.map(|provider| provider.id), self.signals)
    }
}

/// Looks for every provider's signs. One strong one is enough, or two weak ones of different kinds; where several providers
/// have enough, the most telling sign decides, and then the order of the shelf: what is special comes before what is general.
pub fn recognise(snapshot: &Snapshot) -> Recognised {
    let found = ALL.iter().filter_map(|provider| {
        let signals = signals_of(provider, snapshot);
        let rank = rank(&signals)?;
        Some((rank, Recognised { provider: Some(provider), signals }))
    });
    // `min_by_key` keeps the first of equals.
    found.min_by_key(|(rank, _)| *rank).map(|(_, recognised)| recognised).unwrap_or_default()
}

fn signals_of(provider: &Provider, snapshot: &Snapshot) -> Vec<Signal> {
    // What is weak does not become stronger by standing in several places.
    let most = |sign: &Sign| if sign.strength == Strength::Weak { 1 } else { usize::MAX };
    let signals = provider.signs.iter().flat_map(|sign| seen(sign, snapshot).into_iter().take(most(sign)));
    let mut signals: Vec<Signal> = signals.collect();
    signals.sort_by_key(|signal| (signal.kind, signal.strength));
    signals.dedup_by_key(|signal| signal.kind);
    signals
}

/// The most telling sign where there are enough; strong ones come before weak ones.
fn rank(signals: &[Signal]) -> Option<(bool, SignKind)> {
    let strong = signals.iter().find(|signal| signal.strength == Strength::Strong);
    match (strong, signals) {
        (Some(signal), _) => Some((false, signal.kind)),
        // They are of different kinds, all of them.
        (None, [first, _, ..]) => Some((true, first.kind)),
        _ => None,
    }
}
