//! The client asks with TLS, the servers have none: Redis never answers a `ClientHello`, so the client waits for ever.

use crate::lab::Scene;

pub(super) const SCENE: Scene = Scene {
    name: "plaintext",
    about: "a plaintext cluster that is asked with TLS, and stays silent",
    least: 1,
    spoil: |plan| plan.tls = false,
};
