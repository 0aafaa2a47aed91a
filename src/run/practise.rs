//! The lab: a scene to be looked at, or kept running for any client to be tried on.

#![cfg(feature = "lab")]

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::look::runtime;
use crate::{
    exit::Exit,
    facts::{Scheme, Target, Trust},
    lab::{self, Lab, Request},
};

/// Starts a scene, and says how to look at it. The scene runs as long as the second part lives.
pub(super) async fn target(request: &Request) -> Result<(Target, Lab)> {
    let lab = lab::start(request).await.map_err(anyhow::Error::msg)?;
    let target = Target {
        trust: Trust { label: "the lab's CA".to_owned(), anchors: vec![lab.ca_der.clone()] },
        overrides: lab.overrides.clone(),
        ..Target::at(lab.endpoint.clone(), if lab.tls { Scheme::Tls } else { Scheme::Plaintext })
    };
    Ok((target, lab))
}

/// Runs a scene until it is interrupted.
pub(super) fn keep_running(scene: &str, ca_out: Option<&Path>) -> Result<Exit> {
    let request: Request = scene.strip_prefix("lab://").unwrap_or(scene).parse().map_err(anyhow::Error::msg)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let lab = lab::start(&request).await.map_err(anyhow::Error::msg)?;
        let file = ca_out.map_or_else(
            || std::env::temp_dir().join(format!("redis-doctor-lab-{}.pem", std::process::id())),
            Path::to_path_buf,
        );
        fs::write(&file, &lab.ca_pem).with_context(|| format!("writing the CA certificate to {}", file.display()))?;
        let endpoint = lab.local_endpoint();
        let scheme = if lab.tls { "rediss" } else { "redis" };
        let cacert = if lab.tls { format!(" --cacert {}", file.display()) } else { String::new() };
        super::print(&format!(
            "endpoint  {scheme}://{endpoint}\n\
             ca        {}\n\
             try       redis-doctor check {scheme}://{endpoint}{cacert}\n\
             running {} until Ctrl-C: {}",
            file.display(),
            request.scene.name,
            request.scene.about
        ))?;
        tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
        if ca_out.is_none() {
            let _ = fs::remove_file(&file);
        }
        Ok(Exit::Well)
    })
}
