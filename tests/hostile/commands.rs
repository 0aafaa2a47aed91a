//! The other commands that look: tunnels, and what is looked through a map. They meet the same servers.

use std::fs;

use tempfile::TempDir;

use super::{cases::Case, doctor::run_as, replies::ID, server::Server};

/// Runs them one after another; says what does not hold.
pub fn try_all(case: &Case, seed: &Server, nodes: Option<&Server>) -> Result<(), String> {
    let (scheme, arguments) = (case.scheme, &case.arguments[..]);
    if arguments.iter().any(|argument| argument == "--idle") {
        // For `check` alone.
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let endpoint = format!("{scheme}{}", seed.address);
    let map = write_map(&folder, scheme, seed, nodes)?;
    let mut commands = vec![
        vec!["tunnel", &endpoint, "--with", "ssh", "--via", "bastion.example.com"],
        vec!["tunnel", &endpoint],
        vec!["tunnel", "--check", &map],
        vec!["check", &endpoint, "--map", &map],
    ];
    if case.looks_further {
        commands.push(vec!["tls-check", &endpoint]);
        commands.push(vec!["ca-request", &endpoint]);
    }
    for command in commands {
        // Where no nodes are told no tunnel can be written, which is an error of its own.
        let is_writing = command.contains(&"--with") || command[0] == "ca-request";
        let exits: &[i32] = if is_writing { &[0, 1, 2] } else { &[0, 1] };
        let bounds = ["--timeout", "500ms", "--deadline", "2s"];
        let words = command.into_iter().chain(bounds).map(str::to_owned).chain(arguments.iter().cloned());
        run_as(&folder, &words.collect::<Vec<_>>(), exits)?;
    }
    Ok(())
}

/// A map of tunnels as `tunnel --out` writes it, to the seed and to the nodes, with one forward that nobody holds open.
fn write_map(folder: &TempDir, scheme: &str, seed: &Server, nodes: Option<&Server>) -> Result<String, String> {
    let tls = match scheme {
        "redis://" => "\"tls\": false,",
        "rediss://" => "\"tls\": true,",
        _ => "",
    };
    let entry = |id: &str, announced: &str, reachable: &str| {
        format!(
            r#"{{"node_id": "{id}", "announced": "{announced}", "reachable": "{reachable}", "server_name": "n.example.com"}}"#
        )
    };
    let seed = seed.address.to_string();
    let nodes = nodes.map_or_else(|| "127.0.0.1:9".to_owned(), |nodes| nodes.address.to_string());
    let entries = [entry(ID, &seed, &seed), entry("aa", &nodes, &nodes), entry("bb", "127.0.0.1:1", &seed)].join(", ");
    let path = folder.path().join("map.json");
    fs::write(&path, format!(r#"{{"format": 1, {tls} "address_map": [{entries}]}}"#)).map_err(|e| e.to_string())?;
    Ok(path.display().to_string())
}
