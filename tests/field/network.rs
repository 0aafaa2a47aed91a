//! The network of the field cases: a machine with several addresses, and others that cannot be reached.

use std::net::{IpAddr, Ipv4Addr};

use super::support::namespace::Network;

/// 10.88.0.1 to .9 and `fd00:88::1` to `::9` are this machine's beside loopback, as of a second interface. 10.255.0.1 to .9 and 10.254.0.1
/// to .9 are so, too, but only for who has bound a source address before connecting, as nodes do (`bind-source-addr`): for clients the
/// first are filtered (what is sent to 10.255.0.0/16 and `fd00:255::/64` goes out, and nothing comes back), and there is no route to the
/// second. They stand for the addresses of containers and private networks. Names end in `.lab.test`.
pub const NETWORK: Network = Network {
    prepare: r#"
ip link add cable type veth peer name far
ip link set cable arp off up
ip link set far up
ip address add 10.88.1.1/24 dev cable
for n in 1 2 3 4 5 6 7 8 9; do
    for net in 10.88 10.254 10.255; do
        ip address add $net.0.$n/32 dev lo
    done
    ip address add fd00:88::$n/128 dev lo || echo "there is no IPv6 here" >&2
done
ip -6 route add fd00:255::/64 dev cable || true
ip route add 10.255.0.0/16 dev cable
ip route add 10.255.0.0/16 dev cable table 100
ip rule add pref 2 lookup local
ip rule del pref 0
# The address that connecting takes where none was bound is looked up again.
ip rule add pref 1 from 0.0.0.0/32 to 10.255.0.0/16 lookup 100
ip rule add pref 1 from 10.88.1.1/32 to 10.255.0.0/16 lookup 100
ip rule add pref 1 from 0.0.0.0/32 to 10.254.0.0/16 unreachable
"#,
    hosts: "
10.88.0.1 redis.lab.test one.lab.test
10.88.0.2 two.lab.test
10.88.0.3 three.lab.test
10.88.0.4 four.lab.test
10.88.0.5 five.lab.test
10.88.0.6 six.lab.test
10.88.0.9 moved.lab.test
10.88.0.1 shop-node-0.shop-headless.app.svc.cluster.local
10.88.0.2 shop-node-1.shop-headless.app.svc.cluster.local
10.88.0.3 shop-node-2.shop-headless.app.svc.cluster.local
10.88.0.1 all.lab.test
10.88.0.2 all.lab.test
10.88.0.3 all.lab.test
",
    // Names that change while a case runs are asked of the name server of tests/field/names.rs.
    resolv_conf: "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
};

/// Node n's address as a container has it, from 0: nodes reach it, clients wait.
pub fn filtered(n: impl TryInto<u8>) -> IpAddr {
    nth(255, n)
}

/// Node n's address in a network to which clients have no route, from 0.
pub fn unrouted(n: impl TryInto<u8>) -> IpAddr {
    nth(254, n)
}

/// Node n's address that everybody reaches, from 0.
pub fn open(n: impl TryInto<u8>) -> IpAddr {
    nth(88, n)
}

fn nth(net: u8, n: impl TryInto<u8>) -> IpAddr {
    let n = n.try_into().unwrap_or_else(|_| panic!("a network has 9 addresses"));
    Ipv4Addr::new(10, net, 0, n + 1).into()
}
