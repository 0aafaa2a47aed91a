//! Sockets on a machine of the tests' world, by a few lines of Python: the tests themselves are elsewhere.

use std::{
    io::Read as _,
    process::{Child, Stdio},
};

use super::{
    folder::{Outcome, succeeded},
    world::Machine,
};

/// A process with sockets, gone when its value is.
pub struct Python(Child);

impl Python {
    /// Listens on this port of 127.0.0.1.
    pub fn listen(machine: &Machine, port: &str) -> Self {
        Python::start(machine, &["-c", LISTEN, port])
    }

    /// Has a connection to each of these, and keeps it.
    pub fn hold(machine: &Machine, ends: &[String]) -> Self {
        let ends: Vec<&str> = ends.iter().flat_map(|end| parts(end)).collect();
        Python::start(machine, &[&["-c", HOLD], &ends[..]].concat())
    }

    fn start(machine: &Machine, words: &[&str]) -> Self {
        let mut python = machine.command("python3");
        python.args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = python.spawn().unwrap();
        python.stdout.as_mut().expect("it is piped").read_exact(&mut [0; 3]).expect("it says that it is up");
        Python(python)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Twice as many connections as spiped lets in by default, through one forward, all open together. They come one after the
/// other: the queue of its listener holds 10, and what more comes at once is refused on a busy machine.
///
/// # Errors
/// What became of them.
pub fn crowd(machine: &Machine, end: &str) -> Outcome {
    let [host, port] = parts(end);
    succeeded(machine.command("python3").args(["-c", CROWD, host, port])).map(|_| ())
}

fn parts(end: &str) -> [&str; 2] {
    let (host, port) = end.rsplit_once(':').expect("it has a port");
    [host.trim_matches(['[', ']']), port]
}

const LISTEN: &str = "
import socket, sys
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
print('up', flush=True)
sys.stdin.read()
";

const HOLD: &str = "
import socket, sys, time
ends = zip(sys.argv[1::2], sys.argv[2::2])
held = [socket.create_connection((host, int(port)), 5) for host, port in ends]
time.sleep(0.3)
print('up', flush=True)
sys.stdin.read()
";

const CROWD: &str = r#"
import socket, sys
crowd = []
for _ in range(200):
    one = socket.create_connection((sys.argv[1], int(sys.argv[2])), 30)
    one.sendall(b"PING\r\n")
    assert one.recv(7) == b"+PONG\r\n"
    crowd.append(one)
for one in crowd:
    one.sendall(b"PING\r\n")
    assert one.recv(7) == b"+PONG\r\n"
"#;
