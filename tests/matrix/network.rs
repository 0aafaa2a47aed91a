//! The network of the matrix: addresses that clients reach, and some that they do not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::support::namespace::Network;

/// Addresses of node n, from 1. 10.99.0.1n can be reached only by who has bound a source address before, as the nodes have:
/// it stands for the addresses of containers and private networks.
pub const NETWORK: Network = Network {
    prepare: r#"
for n in 1 2 3; do
    ip address add 10.77.0.1$n/32 dev lo
    ip address add 10.99.0.1$n/32 dev lo
    ip address add fd00:77::1$n/128 dev lo || echo "there is no IPv6 here" >&2
done
ip rule add pref 2 lookup local
ip rule del pref 0
ip rule add pref 1 from 0.0.0.0/32 to 10.99.0.0/24 unreachable
"#,
    hosts: "
10.77.0.11 seed.lab.test n1.lab.test
10.77.0.12 seed2.lab.test n2.lab.test
10.77.0.13 n3.lab.test
fd00:77::11 seed6.lab.test
fd00:77::12 seed7.lab.test
",
    resolv_conf: "",
};

/// Node n's address, from 0.
pub fn v4(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 77, 0, 11 + n).into()
}

/// Node n's other address, from 0.
pub fn v6(n: u8) -> IpAddr {
    Ipv6Addr::new(0xfd00, 0x77, 0, 0, 0, 0, 0, 0x11 + u16::from(n)).into()
}

/// Node n's address that no client reaches, from 0.
pub fn unreachable(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 99, 0, 11 + n).into()
}
