//! A name server of a few lines, over UDP and TCP, that keeps count of what it is asked and answers as badly as it is told.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What is answered for a name.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These names one after the other, and 127.0.0.1 as the address of the last.
    Chain(Vec<Vec<u8>>),
    /// One CNAME, and no word of what comes after it.
    Next(Vec<u8>),
    /// Truncated over UDP; over TCP like the chain.
    Large(Vec<Vec<u8>>),
    /// Bytes that are no message.
    Garbage,
    /// SERVFAIL.
    Broken,
    /// Nothing, ever.
    Silence,
}

/// Labels joined by dots, as the answers have them.
pub fn chain(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// A running server; it lasts as long as the process.
#[derive(Clone)]
pub struct Dns(Arc<Mutex<Vec<String>>>);

impl Dns {
    /// Listens on port 53 of 127.0.0.1, which takes a network of one's own.
    pub fn start(answers: HashMap<String, Answer>) -> Self {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
        let (udp, tcp) = (UdpSocket::bind(at).unwrap(), TcpListener::bind(at).unwrap());
        let asked = Dns(Arc::default());
        let (answers, log) = (Arc::new(answers), asked.clone());
        let (over_tcp, log_tcp) = (Arc::clone(&answers), asked.clone());
        thread::spawn(move || {
            let mut query = [0; 4096];
            while let Ok((len, from)) = udp.recv_from(&mut query) {
                if let Some(reply) = log.reply(&query[..len], &answers, false) {
                    let _ = udp.send_to(&reply, from);
                }
            }
        });
        thread::spawn(move || {
            for mut stream in tcp.incoming().map_while(Result::ok) {
                let (answers, log) = (Arc::clone(&over_tcp), log_tcp.clone());
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                    let mut length = [0; 2];
                    while stream.read_exact(&mut length).is_ok() {
                        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                        if stream.read_exact(&mut query).is_err() {
                            break;
                        }
                        let Some(reply) = log.reply(&query, &answers, true) else { continue };
                        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
                        let _ = stream.write_all(&[&length[..], &reply].concat());
                    }
                });
            }
        });
        asked
    }

    /// How often it was asked for this name so far, whatever the kind.
    pub fn asked(&self, name: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    fn reply(&self, query: &[u8], answers: &HashMap<String, Answer>, tcp: bool) -> Option<Vec<u8>> {
        let (name, end) = name(query.get(12..)?)?;
        let question = query.get(12..12 + end + 4)?;
        let is_a = question[end..end + 2] == [0, 1];
        self.0.lock().unwrap().push(name.clone());
        let message = |flags: [u8; 2], records: Vec<Vec<u8>>| {
            let count = u16::try_from(records.len()).unwrap().to_be_bytes();
            let head = [&query[..2], &flags, &[0, 1], &count, &[0, 0, 0, 0], question].concat();
            [head, records.concat()].concat()
        };
        Some(match answers.get(&name) {
            Some(Answer::Large(_)) if !tcp => message([0x83, 0x80], Vec::new()),
            Some(Answer::Chain(chain) | Answer::Large(chain)) => {
                message([0x81, 0x80], records(name.as_bytes(), chain, is_a))
            }
            Some(Answer::Next(next)) => message([0x81, 0x80], vec![cname(name.as_bytes(), next)]),
            Some(Answer::Garbage) => [&query[..2], &[0x81, 0x80, 0xff, 0xff, 0xff, 0xff], &[0xc0; 300][..]].concat(),
            Some(Answer::Broken) => message([0x81, 0x82], Vec::new()),
            Some(Answer::Silence) => return None,
            None => message([0x81, 0x83], Vec::new()),
        })
    }
}

fn records(name: &[u8], chain: &[Vec<u8>], is_a: bool) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut owner = name;
    for next in chain {
        records.push(cname(owner, next));
        owner = next;
    }
    if is_a {
        records.push(record(owner, 1, &[127, 0, 0, 1]));
    }
    records
}

fn cname(owner: &[u8], target: &[u8]) -> Vec<u8> {
    record(owner, 5, &labels(target))
}

fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&labels(owner)[..], &[0, kind, 0, 1, 0, 0, 0, 60], &length, data].concat()
}

fn labels(name: &[u8]) -> Vec<u8> {
    let label = |label: &[u8]| [&[u8::try_from(label.len()).unwrap()][..], label].concat();
    let mut out: Vec<u8> = name.split(|b| *b == b'.').flat_map(label).collect();
    out.push(0);
    out
}

/// A name in lower case, and how many bytes it takes.
fn name(mut bytes: &[u8]) -> Option<(String, usize)> {
    let (mut labels, mut end) = (Vec::new(), 1);
    loop {
        let (&length, rest) = bytes.split_first()?;
        if length == 0 {
            return Some((labels.join("."), end));
        }
        let label = rest.get(..usize::from(length))?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        end += 1 + label.len();
        bytes = &rest[label.len()..];
    }
}
