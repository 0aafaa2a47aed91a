//! A name server of a few lines, over UDP and TCP, that keeps count of what it is asked and answers as badly as it is told.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What is answered for a name.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These names one after the other, and 127.0.0.1 as the address of the last.
    Chain(Vec<Vec<u8>>),
    /// These addresses behind these names, with this time to live.
    Addresses(Vec<Vec<u8>>, Vec<IpAddr>, u32),
    /// These addresses in turn, one for each question, for no time at all.
    Turns(Vec<IpAddr>),
    /// These names one after the other, the last of which does not exist.
    Nowhere(Vec<Vec<u8>>),
    /// A name that exists, without an address.
    Empty,
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
pub struct Dns {
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
}

impl Dns {
    /// Listens on port 53 of 127.0.0.1, which takes a network of one's own.
    pub fn start(answers: HashMap<String, Answer>) -> Self {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
        let (udp, tcp) = (UdpSocket::bind(at).unwrap(), TcpListener::bind(at).unwrap());
        let server = Dns { asked: Arc::default(), answers: Arc::new(Mutex::new(answers)) };
        let (over_udp, over_tcp) = (server.clone(), server.clone());
        thread::spawn(move || {
            let mut query = [0; 4096];
            while let Ok((len, from)) = udp.recv_from(&mut query) {
                if let Some(reply) = over_udp.reply(&query[..len], false) {
                    let _ = udp.send_to(&reply, from);
                }
            }
        });
        thread::spawn(move || {
            for mut stream in tcp.incoming().map_while(Result::ok) {
                let server = over_tcp.clone();
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                    let mut length = [0; 2];
                    while stream.read_exact(&mut length).is_ok() {
                        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                        if stream.read_exact(&mut query).is_err() {
                            break;
                        }
                        let Some(reply) = server.reply(&query, true) else { continue };
                        let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
                        let _ = stream.write_all(&[&length[..], &reply].concat());
                    }
                });
            }
        });
        server
    }

    /// Answers this for a name from now on.
    pub fn set(&self, name: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(name.to_owned(), answer);
    }

    /// How often it was asked for anything so far.
    pub fn asked_at_all(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// How often it was asked for this name so far, whatever the kind.
    pub fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    fn reply(&self, query: &[u8], tcp: bool) -> Option<Vec<u8>> {
        let (name, end) = name(query.get(12..)?)?;
        let question = query.get(12..12 + end + 4)?;
        let is_a = question[end..end + 2] == [0, 1];
        let is_aaaa = question[end..end + 2] == [0, 28];
        self.asked.lock().unwrap().push(name.clone());
        let message = |flags: [u8; 2], records: Vec<Vec<u8>>| {
            let count = u16::try_from(records.len()).unwrap().to_be_bytes();
            let head = [&query[..2], &flags, &[0, 1], &count, &[0, 0, 0, 0], question].concat();
            [head, records.concat()].concat()
        };
        let mut answers = self.answers.lock().unwrap();
        if let Some(Answer::Turns(ips)) = answers.get_mut(&name).filter(|_| is_a) {
            ips.rotate_left(1);
        }
        let answer = answers.get(&name).cloned();
        drop(answers);
        Some(match &answer {
            // Only so many records go into a datagram.
            Some(Answer::Addresses(_, all, _)) if !tcp && all.len() > 20 => message([0x83, 0x80], Vec::new()),
            Some(Answer::Addresses(chain, all, ttl)) => {
                let asked = all.iter().filter(|ip| if ip.is_ipv4() { is_a } else { is_aaaa });
                let (mut found, owner) = aliases(name.as_bytes(), chain);
                found.extend(asked.map(|ip| match ip {
                    IpAddr::V4(ip) => record_for(owner, 1, &ip.octets(), *ttl),
                    IpAddr::V6(ip) => record_for(owner, 28, &ip.octets(), *ttl),
                }));
                message([0x81, 0x80], found)
            }
            Some(Answer::Turns(ips)) => {
                let first = ips.iter().take(usize::from(is_a)).filter_map(|ip| match ip {
                    IpAddr::V4(ip) => Some(record_for(name.as_bytes(), 1, &ip.octets(), 0)),
                    IpAddr::V6(_) => None,
                });
                message([0x81, 0x80], first.collect())
            }
            Some(Answer::Nowhere(chain)) => message([0x81, 0x83], aliases(name.as_bytes(), chain).0),
            Some(Answer::Empty) => message([0x81, 0x80], Vec::new()),
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

fn aliases<'n>(name: &'n [u8], chain: &'n [Vec<u8>]) -> (Vec<Vec<u8>>, &'n [u8]) {
    let mut owner = name;
    let mut records = Vec::new();
    for next in chain {
        records.push(cname(owner, next));
        owner = next;
    }
    (records, owner)
}

fn records(name: &[u8], chain: &[Vec<u8>], is_a: bool) -> Vec<Vec<u8>> {
    let (mut records, owner) = aliases(name, chain);
    if is_a {
        records.push(record(owner, 1, &[127, 0, 0, 1]));
    }
    records
}

fn cname(owner: &[u8], target: &[u8]) -> Vec<u8> {
    record(owner, 5, &labels(target))
}

fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    record_for(owner, kind, data, 60)
}

fn record_for(owner: &[u8], kind: u8, data: &[u8], ttl: u32) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&labels(owner)[..], &[0, kind, 0, 1], &ttl.to_be_bytes(), &length, data].concat()
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
