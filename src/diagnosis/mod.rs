//! From a snapshot to a report: what a check is, what it may ask, and how the root cause comes first.

mod aliased;
mod alike;
pub mod assessment;
mod context;
pub mod coverage;
mod engine;
mod finding;
mod front;
mod grants;
mod led;
pub mod outlook;
mod ways_out;
mod weakened;

pub use alike::Alike;
pub use context::{Context, date, in_words, turned_away};
pub use engine::{Check, Verdicts, examine};
pub use finding::{
    Affected, Audience, Consequence, Finding, Problem, Remedy, Report, Severity, Skip, Subject, SubjectKind, Summary,
};
pub use grants::{ON_EVERY_NODE, answers, as_clients_ask, is_denied, rule};
pub use weakened::Weakened;
