//! One node sees another cluster than the rest: it lacks a replica and takes slots of the first primary for its own.

use crate::{
    facts::SlotRange,
    lab::{Edit, Plan, Scene},
};

pub(super) const SCENE: Scene = Scene {
    name: "split-view",
    about: "TLS, one node lacks a replica and names another owner for a hundred slots",
    // Two primaries to disagree about, and a replica to lack.
    least: 3,
    spoil,
};

fn spoil(plan: &mut Plan) {
    let replica = plan.nodes.iter().position(|n| n.primary.is_some());
    if let Some(primary) = plan.second_primary() {
        primary.sees = replica.map(Edit::Forget).into_iter().chain([Edit::Give(SlotRange(0, 99), 1)]).collect();
    }
}
