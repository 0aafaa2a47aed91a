//! From a snapshot to a report: what a check is, what it may ask, and how the root cause comes first.

mod aliased;
mod alike;
mod announce;
pub mod assessment;
mod context;
pub mod coverage;
mod engine;
mod extent;
mod finding;
mod front;
mod led;
pub mod outlook;
mod ways_out;
mod weakened;

pub use alike::Alike;
pub use context::{Context, date, in_words, turned_away};
pub use engine::{Check, Verdicts, examine};
pub use extent::{Extent, Place};
pub use finding::{
    Affected, Audience, Consequence, Finding, Problem, Remedy, Report, Severity, Skip, Subject, SubjectKind, Summary,
};
pub use weakened::Weakened;
