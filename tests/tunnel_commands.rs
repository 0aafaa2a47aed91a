//! What the kinds of the clouds run, held by the programs themselves: each reads its own command line, and stops where it would
//! need an account. No registry has all of these programs, so these tests run where they are asked for: `cargo test --test
//! tunnel_commands -- --ignored`. AWS's comes with `pip install awscli`, kubectl is built in tests/tunnels/kubectl.

#![cfg(feature = "lab")]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};
use support::{doctor, output, run, text};
use tempfile::TempDir;

/// A folder that a kind was written to.
struct Written {
    folder: TempDir,
}

impl Written {
    fn with(kind: &str, via: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let words = ["tunnel", "lab://docker-nat", "--with", kind, "--via", via, "--force", "--out"];
        run(doctor().args(words).arg(folder.path()));
        Written { folder }
    }

    /// What the unit starts: variables are written there as a shell has them. `more` is put behind it.
    fn start(&self, more: &str, settings: &[(&str, &str)]) -> (Option<i32>, String) {
        let client = self.folder.path().join("client");
        let unit = fs::read_dir(client.join("systemd")).unwrap().next().unwrap().unwrap().path();
        let unit = fs::read_to_string(unit).unwrap();
        let started = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let variables = if client.join("nodes").exists() { ". ./nodes/node-1.env; " } else { "" };
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{variables}{started}{more}")]).current_dir(&client);
        let output = output(shell.env("HOME", self.folder.path()).envs(settings.iter().copied()));
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    fn variable(&self, name: &str) -> String {
        let file = fs::read_to_string(self.folder.path().join("client/nodes/node-1.env")).unwrap();
        let value = file.lines().find_map(|line| line.strip_prefix(&format!("{name}='"))).unwrap();
        value.trim_end_matches('\'').to_owned()
    }
}

#[test]
#[ignore = "needs AWS's command line"]
fn aws_reads_what_ssm_runs() {
    let written = Written::with("ssm", "i-0123456789abcdef0@eu-west-1");
    let alone = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/dev/null")];
    let (_, said) = written.start("", &alone);
    assert!(said.contains("Unable to locate credentials"), "{said}");
    let (_, said) = written.start(" --debug", &alone);
    let (host, port, local) = (written.variable("HOST"), written.variable("PORT"), written.variable("LOCAL"));
    let lists = format!(r#"{{"host": ["{host}"], "portNumber": ["{port}"], "localPortNumber": ["{local}"]}}"#);
    assert!(said.contains(&lists), "{lists}\n{said}");
    let (_, said) = written.start(" --no-such-option", &alone);
    assert!(said.contains("Unknown options"), "{said}");
}

#[test]
#[ignore = "needs Google's command line"]
fn gcloud_reads_what_iap_runs() {
    let own = TempDir::new().unwrap();
    let alone = [("CLOUDSDK_CONFIG", own.path().to_str().unwrap()), ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")];
    for via in ["bastion@europe-west1-b", "europe-west1/default", "europe-west1/default/redis"] {
        let (exit, said) = Written::with("iap", via).start("", &alone);
        // 2 is what it says of arguments that it does not know.
        assert_eq!(exit, Some(1), "{said}");
        assert!(said.contains("gcloud config set"), "{said}");
    }
    let (exit, said) = Written::with("iap", "europe-west1/default").start(" --no-such-option", &alone);
    assert_eq!(exit, Some(2), "{said}");
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_finds_the_pod_and_asks_for_its_port() {
    let written = Written::with("kubectl", "prod/redis");
    let asked = api_server(written.folder.path().join("kubeconfig").to_str().unwrap());
    let config = written.folder.path().join("kubeconfig");
    let (exit, said) = written.start("", &[("KUBECONFIG", config.to_str().unwrap())]);
    // The API server here forwards nothing, which ends it.
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("error upgrading connection"), "{said}");
    let asked: Vec<String> = asked.try_iter().collect();
    let selector = format!("fieldSelector=status.podIP%3D{}%2Cstatus.phase%3DRunning", written.variable("POD"));
    let is_there = |part: &str| asked.iter().any(|line| line.contains(part));
    assert!(is_there(&format!("GET /api/v1/namespaces/redis/pods?{selector}")), "{asked:#?}");
    assert!(is_there("/api/v1/namespaces/redis/pods/redis-found/portforward"), "{asked:#?}");
}

/// As much of an API server as kubectl needs to find a pod; gives the request lines. Its address is in the kubeconfig.
fn api_server(config: &str) -> mpsc::Receiver<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(config, kubeconfig(listener.local_addr().unwrap())).unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, tell) = (stream.unwrap(), tell.clone());
            thread::spawn(move || answer(&stream, &tell));
        }
    });
    told
}

fn kubeconfig(server: SocketAddr) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{ "name": "c", "cluster": { "server": format!("http://{server}") } }],
        "users": [{ "name": "u", "user": {} }],
        "contexts": [{ "name": "prod", "context": { "cluster": "c", "user": "u" } }],
    })
    .to_string()
}

/// One request a connection.
fn answer(mut stream: &TcpStream, tell: &mpsc::Sender<String>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let request = lines.next().unwrap_or_default();
    lines.for_each(drop);
    let path = request.split(['?', ' ']).nth(1).unwrap_or_default();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "redis-found", "namespace": "redis" },
        "spec": { "containers": [{ "name": "redis" }] }, "status": { "phase": "Running" },
    });
    let body = match path {
        "/api" => json!({ "kind": "APIVersions", "versions": ["v1"] }),
        "/apis" => json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [] }),
        "/api/v1" => json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": [
            { "name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "verbs": ["get", "list"] },
        ] }),
        "/api/v1/namespaces/redis/pods" => json!({ "kind": "PodList", "apiVersion": "v1", "items": [pod] }),
        "/api/v1/namespaces/redis/pods/redis-found" => pod,
        _ => Value::Null,
    };
    let _ = tell.send(request);
    let status = if body.is_null() { "404 Not Found" } else { "200 OK" };
    let body = body.to_string();
    let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close", body.len());
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}");
    let _ = stream.read(&mut [0; 1024]);
}
