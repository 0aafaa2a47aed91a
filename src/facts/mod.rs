//! What was seen: addresses, topology, certificates, attempts, and the snapshot that holds them all. No judgement.

mod address;
mod alert;
mod alias;
mod attempt;
mod built;
mod bus;
mod certificate;
mod connection;
mod connections;
mod detour;
mod endpoint;
mod judgement;
mod limits;
mod looks;
mod lookup;
mod memory;
mod password;
mod replication;
mod service;
mod sight;
mod snapshot;
mod target;
mod topology;
mod turned_away;
mod watch;

pub use address::{Announced, NodeAddress};
pub use alert::Alert;
pub use alias::Alias;
pub use attempt::{Attempt, Candidate, Failure, FailureKind, Observed, Spoke, Stage, Transport};
pub use built::Built;
pub use bus::BusLook;
pub use certificate::{Certificate, CertificateChain, ChainProblem, ChainVerdict, SubjectAltName};
pub use connection::{AuthOutcome, ClientCertRequest, Connection, Server, TlsSession};
pub use connections::{Connections, Idle, IdleEnd};
pub use detour::{Detour, Detours};
pub use endpoint::{Endpoint, Host, HostError, without_brackets};
pub use judgement::{Flaw, FlawKind, Judgement, Place, Step, Verifier};
pub use limits::Limits;
pub use looks::{ClientAuth, NameLook, ServerHello, TlsLooks, VersionLook};
pub use lookup::{Answer, Dns, Lookup, Names, Outcome};
pub use memory::Memory;
pub use password::Oddity;
pub use replication::Replication;
pub use service::{Service, Stranger};
pub use sight::{Newcomer, OpenSlot, Sight};
pub use snapshot::{Asked, ClientCertificate, NodeProbe, SNAPSHOT_FORMAT, Snapshot, TargetFacts, TrustSource, Vantage};
pub use target::{Also, ClientIdentity, Credentials, Override, Scheme, Secret, Target, Trust};
pub use topology::{
    Difference, Group, Kind, Node, NodeFlags, NodeId, Refusal, Role, SlotRange, Slots, Topology, View, ViewNode,
    announced_host,
};
pub use turned_away::TurnedAway;
pub use watch::{Hostnames, Watch, Watched};
