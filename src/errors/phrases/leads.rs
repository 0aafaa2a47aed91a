//! Findings that several groups of phrases lead to.

use super::{Lead, lead};

pub(super) const NAME: Lead = lead(
    "san-mismatch",
    "the certificate does not speak for the host that was dialled; often an address that a node announces",
);
pub(super) const ALIAS: Lead =
    lead("dns-alias", "the name that was dialled is an alias (CNAME), and the certificate is for the name behind it");
pub(super) const DISSENT: Lead = lead(
    "host-refused-by-some",
    "this stack refuses such a host (an underscore, a dot at its end) where others take it",
);
pub(super) const UNTRUSTED: Lead =
    lead("chain-untrusted", "the application does not trust the CA that signed: it needs its CA file");
pub(super) const INCOMPLETE: Lead =
    lead("chain-incomplete", "the server does not send the intermediate certificates along");
pub(super) const FORM: Lead = lead(
    "chain-untrusted",
    "a certificate of the chain breaks a rule of this TLS stack: its usage, its signature, its form",
);
pub(super) const DATES: Lead =
    lead("certificate-expired", "a certificate of the chain is past its end, or before its start");
pub(super) const LEAF: Lead =
    lead("ca-as-leaf", "the server presents a CA certificate as its own, which rustls refuses");
pub(super) const OWN: Lead =
    lead("client-certificate-required", "the server wants a client certificate, and was given none");
pub(super) const REFUSED: Lead =
    lead("client-certificate-refused", "the server does not accept the client certificate that it was given");
pub(super) const OLD: Lead =
    lead("tls-too-old", "the server has nothing but versions or suites that clients of today do not speak");
pub(super) const TLS: Lead =
    lead("tls-required", "a plaintext client on a TLS port: the server hangs up at the first byte");
pub(super) const PLAINTEXT: Lead =
    lead("tls-not-spoken", "a TLS client on a plaintext port waits for ever, since Redis does not answer it");
pub(super) const PORT: Lead = lead(
    "port-kind-mismatch",
    "a node announces a port of the other kind than the client speaks: plaintext for TLS, or TLS for plaintext",
);
pub(super) const HANDSHAKE: Lead =
    lead("tls-handshake-failed", "no TLS version, suite or server name that both sides accept");
pub(super) const AUTH: Lead = lead(
    "credentials-refused",
    "the credentials are wrong, or missing; some libraries do not hand those of the seed on to other nodes",
);
pub(super) const ACL: Lead = lead("discovery-refused", "the ACL user may not run a command that this library needs");
pub(super) const KIND: Lead = lead("unexpected-kind", "a cluster client at a server whose cluster mode is off");
pub(super) const SEED: Lead =
    lead("endpoint-unreachable", "the endpoint that the application is given does not answer");
pub(super) const NODES: Lead =
    lead("node-unreachable", "the cluster announces an address that does not answer from where the application runs");
pub(super) const BLANK: Lead = lead(
    "endpoint-nil",
    "nodes announce no host (unknown-endpoint), which means the one that was dialled and is often misread",
);
pub(super) const UNNAMED: Lead = lead("endpoint-unknown", "host names are preferred, and a node announces none: `?`");
pub(super) const AWAY: Lead =
    lead("turned-away", "protected mode, or the connection limit: the server writes a line of plaintext and hangs up");
pub(super) const OTHER: Lead = lead("not-redis", "something else than Redis answers: an HTTP server, sshd, memcached");
pub(super) const SPIPED: Lead =
    lead("spiped-port", "the encrypted side of spiped was dialled: its bytes are random, and after 5 s it hangs up");
pub(super) const FORWARD: Lead =
    lead("tunnel-partial", "a tunnel leads to one node, and the client is sent to the addresses of the others");
pub(super) const BYPASS: Lead =
    lead("proxy-bypass", "a proxy adds or removes TLS at the endpoint, and nodes announce ports that lead around it");
pub(super) const BALANCER: Lead =
    lead("balancer-endpoint", "the endpoint is a balancer, and the announced addresses are out of reach");
pub(super) const STRANGER: Lead =
    lead("wrong-node", "another node answers at the address than the one that announced it");
pub(super) const DISAGREE: Lead =
    lead("views-disagree", "nodes disagree about who owns a slot, so that a client is sent astray");
pub(super) const IDLE: Lead =
    lead("idle-timeout", "where it worked for a while: the server or a balancer closes connections that are idle");
pub(super) const SLOTS: Lead = lead("slots-uncovered", "slots have no owner");
pub(super) const FAILED: Lead = lead("node-failed", "the owner of slots is down, and no replica took over");
