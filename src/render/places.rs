//! Many addresses in few words: `10.0.0.1-100:6379`, `redis-[0-99].example.com:6379`, `10.0.0.0/16, port 6379 (98 nodes)`.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::words::count;
use crate::facts::{Endpoint, Host};

/// Ranges that are written before it becomes a network with a number of nodes.
const RANGES: usize = 3;
/// The least bits that two addresses have in common where a network says something: a /8, a /32.
const LEAST: (u32, u32) = (8, 32);

/// Where many nodes are.
enum Place {
    /// These, and nothing else.
    Exactly(String),
    /// In this network, or at these hosts, and at these ports.
    Within(String, String),
}

/// All of them in ranges, where they have a form in common; else how many there are in which network; `None` where there is
/// nothing to be said but a few examples. A range holds no address that is not among them.
pub(super) fn in_few_words(addresses: &[&str]) -> Option<String> {
    Some(match place(addresses)? {
        Place::Exactly(place) => place,
        Place::Within(place, ports) => format!("{place}, {ports} ({})", count(addresses.len(), "node")),
    })
}

/// The same beside their number: ranges, or the network alone.
pub(super) fn in_a_word(addresses: &[&str]) -> Option<String> {
    Some(match place(addresses)? {
        Place::Exactly(place) | Place::Within(place, _) => place,
    })
}

fn place(addresses: &[&str]) -> Option<Place> {
    let endpoints: Vec<Endpoint> = addresses.iter().map(|address| address.parse().ok()).collect::<Option<_>>()?;
    let hosts: BTreeSet<String> = endpoints.iter().map(|e| e.host.to_string()).collect();
    let ports: BTreeSet<u32> = endpoints.iter().map(|e| e.port.into()).collect();
    let (low, high) = (*ports.first()?, *ports.last()?);
    let within = if low == high { format!("port {low}") } else { format!("ports {low} to {high}") };
    if hosts.len() == 1 {
        let named = Endpoint::new(endpoints.first()?.host.clone(), 1).to_string();
        let runs = runs(&ports).and_then(|runs| Some(format!("{}{runs}", named.strip_suffix('1')?)));
        return Some(runs.map_or_else(|| Place::Within(hosts.into_iter().collect(), within), Place::Exactly));
    }
    let Some((before, numbers, after, is_name)) = one_number(&endpoints) else {
        return Some(Place::Within(network(&endpoints)?, within));
    };
    let Some(runs) = runs(&numbers) else {
        return Some(Place::Within(network(&endpoints)?, within));
    };
    let hosts = if is_name { format!("{before}[{runs}]{after}") } else { format!("{before}{runs}") };
    Some(if low == high { Place::Exactly(format!("{hosts}:{low}")) } else { Place::Within(hosts, within) })
}

/// The one number in which all hosts differ: the last of an IPv4 address, or the first that differs in a name.
fn one_number(endpoints: &[Endpoint]) -> Option<(String, BTreeSet<u32>, String, bool)> {
    let mut parts: BTreeMap<(String, String), BTreeSet<u32>> = BTreeMap::new();
    let mut names = 0;
    for endpoint in endpoints {
        let (before, number, after) = match &endpoint.host {
            Host::Ip(IpAddr::V4(ip)) => {
                let [a, b, c, last] = ip.octets();
                (format!("{a}.{b}.{c}."), last.into(), String::new())
            }
            Host::Ip(IpAddr::V6(_)) => return None,
            Host::Name(name) => {
                names += 1;
                numbered(name)?
            }
        };
        parts.entry((before, after)).or_default().insert(number);
    }
    let all_alike = parts.len() == 1 && (names == 0 || names == endpoints.len());
    let ((before, after), numbers) = parts.into_iter().next().filter(|_| all_alike)?;
    Some((before, numbers, after, names > 0))
}

/// `redis-`, 7, `.example.com` of `redis-7.example.com`: the last number of the first label. A number that is written with
/// zeros before it is none, since ranges do not keep them.
fn numbered(name: &str) -> Option<(String, u32, String)> {
    let label = name.split('.').next().unwrap_or(name);
    let end = label.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = label[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    // The character before may be longer than a byte: hosts are ASCII, and whatever is not has no range.
    let number = name.get(start..end).filter(|digits| *digits == "0" || !digits.starts_with('0'))?;
    Some((name[..start].to_owned(), number.parse().ok()?, name[end..].to_owned()))
}

/// `1-60,64`; `None` where they are too many.
fn runs(numbers: &BTreeSet<u32>) -> Option<String> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for n in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *n => *last = *n,
            _ => runs.push((*n, *n)),
        }
    }
    let written = runs.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") });
    (runs.len() <= RANGES).then(|| written.collect::<Vec<_>>().join(","))
}

/// The smallest network that holds them all, as far as it says anything.
fn network(endpoints: &[Endpoint]) -> Option<String> {
    common(&endpoints.iter().map(|e| e.host.ip()).collect::<Option<Vec<IpAddr>>>()?)
}

fn common(ips: &[IpAddr]) -> Option<String> {
    let v4 = ips.iter().map(|ip| match ip {
        IpAddr::V4(ip) => Some(ip.to_bits()),
        IpAddr::V6(_) => None,
    });
    if let Some(bits) = v4.collect::<Option<Vec<u32>>>() {
        let (low, high) = (bits.iter().min()?, bits.iter().max()?);
        let length = (low ^ high).leading_zeros() / 8 * 8;
        let base = low & u32::MAX.checked_shl(32 - length).unwrap_or(0);
        return (length >= LEAST.0).then(|| format!("{}/{length}", std::net::Ipv4Addr::from_bits(base)));
    }
    let v6 = ips.iter().map(|ip| match ip {
        IpAddr::V6(ip) => Some(ip.to_bits()),
        IpAddr::V4(_) => None,
    });
    let bits = v6.collect::<Option<Vec<u128>>>()?;
    let (low, high) = (bits.iter().min()?, bits.iter().max()?);
    let length = (low ^ high).leading_zeros() / 16 * 16;
    let base = low & u128::MAX.checked_shl(128 - length).unwrap_or(0);
    (length >= LEAST.1).then(|| format!("{}/{length}", std::net::Ipv6Addr::from_bits(base)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(addresses: impl IntoIterator<Item = String>) -> Option<String> {
        let addresses: Vec<String> = addresses.into_iter().collect();
        in_few_words(&addresses.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn neighbours_are_a_range() {
        let ips = (1..=100).map(|n| format!("10.0.0.{n}:6379"));
        assert_eq!(said(ips).unwrap(), "10.0.0.1-100:6379");
        let ports = (1..=100).map(|n| format!("127.0.0.1:{}", 8500 + n));
        assert_eq!(said(ports).unwrap(), "127.0.0.1:8501-8600");
        let ports = (0..9).map(|n| format!("[2001:db8::1]:{}", 6379 + n));
        assert_eq!(said(ports).unwrap(), "[2001:db8::1]:6379-6387");
        let pods = (0..=12).map(|n| format!("redis-{n}.redis-headless.default.svc.cluster.local:6379"));
        assert_eq!(said(pods).unwrap(), "redis-[0-12].redis-headless.default.svc.cluster.local:6379");
    }

    #[test]
    fn a_range_holds_nothing_else() {
        let some = [1, 2, 3, 7, 9, 10].map(|n| format!("10.0.0.{n}:6379"));
        assert_eq!(said(some).unwrap(), "10.0.0.1-3,7,9-10:6379");
        let own = (0..5).map(|n| format!("172.18.0.{}:{}", n + 2, 7001 + n));
        assert_eq!(said(own).unwrap(), "172.18.0.2-6, ports 7001 to 7005 (5 nodes)");
        let free = (0..9).map(|n| format!("127.0.0.1:{}", 3001 + n * n));
        assert_eq!(said(free).unwrap(), "127.0.0.1, ports 3001 to 3065 (9 nodes)");
        let zeros = ["redis-01.x:6379", "redis-02.x:6379"].map(str::to_owned);
        assert_eq!(said(zeros), None);
    }

    #[test]
    fn what_is_scattered_is_a_network() {
        let scattered = (0..100).map(|n| format!("10.1.{}.{}:6379", n % 7, n * 2));
        assert_eq!(said(scattered).unwrap(), "10.1.0.0/16, port 6379 (100 nodes)");
        let odd = (0..100).map(|n| format!("10.1.4.{}:{}", n * 2, 8500 + n));
        assert_eq!(said(odd).unwrap(), "10.1.4.0/24, ports 8500 to 8599 (100 nodes)");
        let six = (0..100).map(|n| format!("[2001:db8:0:7::{n:x}]:6379"));
        assert_eq!(said(six).unwrap(), "2001:db8:0:7::/112, port 6379 (100 nodes)");
    }

    #[test]
    fn what_has_nothing_in_common_is_no_network() {
        assert_eq!(said(["10.0.0.1:1", "192.0.2.1:1"].map(str::to_owned)), None);
        assert_eq!(said(["10.0.0.1:1", "[2001:db8::1]:1"].map(str::to_owned)), None);
        assert_eq!(said(["one.example.com:1", "two.example.com:1"].map(str::to_owned)), None);
        assert_eq!(said(["redis-1.a.example.com:1", "10.0.0.1:1"].map(str::to_owned)), None);
        assert_eq!(said(["?:1", "nothing"].map(str::to_owned)), None);
        assert_eq!(said([]), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_announced_is_survived(addresses in proptest::collection::vec("\\PC{0,20}", 0..9)) {
            let _ = said(addresses);
        }

        #[test]
        fn any_name_is_survived(names in proptest::collection::vec("[a-z0-9.é-]{1,12}:[0-9]{1,5}", 0..9)) {
            let _ = said(names);
        }
    }
}
