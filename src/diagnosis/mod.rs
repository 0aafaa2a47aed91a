//! From a snapshot to a report: what a check is, what it may ask, and how the root cause comes first.

mod affected;
mod aftermath;
mod aliased;
mod alike;
mod announce;
pub mod assessment;
mod background;
mod behind;
mod bus;
mod context;
pub mod coverage;
mod engine;
mod extent;
mod finding;
mod front;
mod grants;
mod index;
mod led;
mod moved;
mod no_route;
pub mod outlook;
mod provided;
mod remarks;
mod replica_ways;
mod replication;
mod sentinel_ways;
mod sentinels;
mod uncopied;
mod views;
mod ways_out;
mod weakened;
mod words;

pub use affected::affected_by;
pub use aftermath::{Aftermath, Left};
pub use alike::Alike;
pub use behind::{Behind, is_one_label, private_link_zone};
pub use bus::Bus;
pub use context::Context;
pub use engine::{Check, Verdicts, examine};
pub use extent::{Extent, Place};
pub use finding::{
    Affected, Audience, Consequence, Finding, Follows, Problem, Remedy, Report, Severity, Skip, Subject, SubjectKind,
    Summary,
};
pub use grants::{ON_EVERY_NODE, answers, as_clients_ask, is_denied, is_plain, is_unsupported, rule};
pub use moved::Moved;
pub use no_route::NoRoute;
pub use replication::{CutOff, is_for_one_server, is_for_readers};
pub use sentinels::{Answer, Witness};
pub use views::{Apart, OddView, Views, form_here, form_of, has_slots};
pub use weakened::Weakened;
pub use words::{apart, date, in_words, moment, refused_everything, turned_away};
