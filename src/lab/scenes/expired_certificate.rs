//! One node missed the renewal: the seed is fine, the second primary is not.

use crate::lab::{Plan, Scene};

pub(super) const SCENE: Scene = Scene {
    name: "expired-certificate",
    about: "TLS, one primary serves a certificate that expired 30 days ago",
    least: 1,
    spoil,
};

fn spoil(plan: &mut Plan) {
    if let Some(primary) = plan.second_primary() {
        primary.certificate.days_left = -30;
    }
}
