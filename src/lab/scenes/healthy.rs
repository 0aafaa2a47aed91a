//! Nothing is wrong: what every other scene departs from.

use crate::lab::Scene;

pub(super) const SCENE: Scene = Scene {
    name: "healthy",
    about: "TLS, one certificate that speaks for every announced address: nothing to find",
    least: 1,
    spoil: |_| {},
};
