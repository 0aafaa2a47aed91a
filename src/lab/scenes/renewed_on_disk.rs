//! The certificate was renewed everywhere, and one primary was never told to load it: all is well until the old one ends.

use crate::lab::{Plan, Scene};

pub(super) const SCENE: Scene = Scene {
    name: "renewed-on-disk",
    about: "TLS, one primary still serves the certificate that was renewed elsewhere; it has 60 days left",
    least: 3,
    spoil,
};

fn spoil(plan: &mut Plan) {
    if let Some(primary) = plan.second_primary() {
        primary.certificate.days_left = 60;
    }
}
