//! One node accepts connections and handshakes, and then takes a minute for each answer, as a blocked server does.

use std::time::Duration;

use crate::lab::{Behaviour, Plan, Scene};

pub(super) const SCENE: Scene = Scene {
    name: "slow-node",
    about: "TLS, one primary completes the handshake and then takes 60 s for each answer",
    least: 1,
    spoil,
};

fn spoil(plan: &mut Plan) {
    if let Some(primary) = plan.second_primary() {
        primary.behaviour = Behaviour::Slow(Duration::from_secs(60));
    }
}
