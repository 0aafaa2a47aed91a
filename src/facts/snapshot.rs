//! Everything that was seen, at one moment, from one place: immutable, saveable, loadable.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    Alias, Attempt, BusLook, Certificate, CertificateChain, Detours, Endpoint, Host, Idle, Kind, Names, Node, NodeId,
    Observed, Oddity, Role, Server, Topology,
};

/// The format that `--save` writes and `--from` reads.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// Where it was seen from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vantage {
    /// This machine's name, when it tells.
    pub hostname: Option<String>,
    /// The local addresses that connections went out from, sorted.
    pub addresses: Vec<IpAddr>,
}

/// How the endpoint was asked to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// TLS.
    Tls,
    /// Plaintext.
    Plaintext,
    /// No scheme was given; the wire decided.
    Either,
}

/// Which anchors judged the chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustSource {
    /// `system trust store`, or the file or directory given.
    pub label: String,
    /// How many anchors were loaded.
    pub anchors: usize,
}

impl TrustSource {
    /// The label of the roots that nobody named.
    pub const SYSTEM: &str = "system trust store";
}

/// The client certificate that was given, judged before it was sent. The key never gets in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The file that holds it.
    pub file: String,
    /// The file that holds its key.
    #[serde(default)]
    pub key_file: String,
    /// What the file holds, in its order, which is how it is sent. It is judged for client authentication by the anchors in
    /// use: the server's own may be others.
    pub chain: CertificateChain,
    /// The key is the one of the leaf; `None` where that cannot be told.
    pub key_fits: Option<bool>,
}

/// What the user asked for, without the secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFacts {
    /// Where it began.
    pub endpoint: Endpoint,
    /// How it was to be spoken to.
    pub asked: Asked,
    /// `--server-name`.
    pub server_name: Option<Host>,
    /// `--sni`.
    pub sni: Option<String>,
    /// The ACL user that was given.
    pub username: Option<String>,
    /// A password was given.
    pub password_given: bool,
    /// What it has that passwords seldom have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_oddity: Option<Oddity>,
    /// A client certificate was given.
    pub client_certificate_given: bool,
    /// What it is like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
    /// Anchors; `None` where TLS was not spoken.
    pub trust: Option<TrustSource>,
    /// The Sentinels that were named, `endpoint` among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentinels: Vec<Endpoint>,
    /// The ACL user that was given for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel_username: Option<String>,
    /// Credentials of their own were given for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sentinel_password_given: bool,
    /// The group that was asked for. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Where further nodes were said to be (`--node`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Endpoint>,
    /// The endpoint that was given, where it led to no cluster and the look began at one of `known`; what came of it stands in
    /// [`Snapshot::also`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Endpoint>,
    /// The map that was looked through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detours: Option<Detours>,
    /// The database that clients select.
    #[serde(default, skip_serializing_if = "is_first")]
    pub database: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_first(database: &u32) -> bool {
    *database == 0
}

/// One announced node, and every attempt at reaching it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeProbe {
    /// The node, as the seed calls it.
    pub id: NodeId,
    /// Attempts, most preferred first.
    pub attempts: Vec<Attempt>,
}

/// Everything that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SNAPSHOT_FORMAT`].
    pub format: u32,
    /// Version of redis-doctor that looked.
    pub tool_version: String,
    /// Seconds since 1970 when looking began.
    pub taken_at: i64,
    /// Seconds since 1970: the chains were judged again as of then (`--at`). What is saved never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_at: Option<i64>,
    /// Where from.
    pub vantage: Vantage,
    /// What was asked.
    pub target: TargetFacts,
    /// The attempt at the endpoint itself.
    pub seed: Attempt,
    /// The deployment, as the seed describes it.
    pub topology: Observed<Topology>,
    /// One for each node of the topology, in its order.
    pub nodes: Vec<NodeProbe>,
    /// Attempts at endpoints that were named beside the seed and that no node announces; one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Attempt>,
    /// Further connections to the very socket of the seed, in a cluster whose node there announces another address: does one
    /// server stand there, or several?
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Attempt>,
    /// Names that their certificates do not speak for and that lead to other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// What the names that were met lead to.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// What came of knocking at bus ports of the cluster; empty where no node misses another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buses: Vec<BusLook>,
    /// Distinct certificate chains; [`super::TlsSession::chain`] points in here.
    pub chains: Vec<CertificateChain>,
    /// The trust anchors that have to do with them, so that they can be judged again; a bundle may hold hundreds more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Certificate>,
    /// A connection to the endpoint that was left alone, where that was asked for (`--idle`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
    /// The run was cut off by `--deadline`; what was seen until then is here.
    pub cut_short: bool,
}

impl Snapshot {
    /// "Now", as far as certificates go: seconds since 1970.
    pub fn now(&self) -> i64 {
        self.judged_at.unwrap_or(self.taken_at)
    }

    /// The chain that an attempt saw.
    pub fn chain(&self, attempt: &Attempt) -> Option<&CertificateChain> {
        self.chains.get(attempt.tls()?.chain)
    }

    /// What is known of a name that leads to others.
    pub fn alias(&self, name: &Host) -> Option<&Alias> {
        let plain = |host: &Host| host.to_string().trim_end_matches('.').to_ascii_lowercase();
        self.aliases.iter().find(|alias| plain(&alias.name) == plain(name))
    }

    /// The attempts at one node.
    pub fn attempts(&self, id: &NodeId) -> &[Attempt] {
        self.nodes.iter().find(|n| &n.id == id).map_or(&[], |n| &n.attempts)
    }

    /// Every attempt: at the seed, at the nodes, at what was named beside them, and at the seed again. What else the seed's
    /// name leads to may be anybody's, and stands apart ([`Names::behind`]).
    pub fn all_attempts(&self) -> impl Iterator<Item = &Attempt> {
        let nodes = self.nodes.iter().flat_map(|n| &n.attempts);
        std::iter::once(&self.seed).chain(nodes).chain(&self.also).chain(&self.again)
    }

    /// Whether a snapshot from a file holds together: what points into it points at something.
    ///
    /// # Errors
    /// What does not hold, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let by_alias = self.aliases.iter().flat_map(|alias| &alias.looks);
        let beside = by_alias.chain(&self.names.behind);
        if self.all_attempts().chain(beside).filter_map(Attempt::tls).any(|tls| tls.chain >= self.chains.len()) {
            return Err("a connection refers to a certificate chain that is not there".to_owned());
        }
        let told = self.deployment().map_or(0, |t| t.nodes.len());
        if told != self.nodes.len() {
            return Err(format!("{told} nodes are announced and {} were looked at", self.nodes.len()));
        }
        if self.deployment().is_some_and(|t| t.kind == Kind::Cluster && t.views.is_empty()) {
            return Err("a cluster without a view".to_owned());
        }
        if self.deployment().is_some_and(|t| t.kind != Kind::Sentinel && !t.groups.is_empty()) {
            return Err("groups without a Sentinel".to_owned());
        }
        Ok(())
    }

    /// The topology, when there is one.
    pub fn deployment(&self) -> Option<&Topology> {
        self.topology.seen()
    }

    /// True when the server behind an attempt is `node`: by node id in a cluster, by run id elsewhere. A replica that is
    /// listed without an id is known by the replication id of its primary or of another replica (INFO replication, 4.0+),
    /// which is the weaker proof; before 4.0 by the address from which one says that it copies from the other.
    pub fn leads_to(&self, attempt: &Attempt, node: &Node) -> bool {
        let Some(identity) = attempt.identity() else { return false };
        if identity == &node.id {
            return true;
        }
        if !node.id.as_str().contains(':') {
            return false;
        }
        match self.deployment().map(|t| t.kind) {
            None | Some(Kind::Cluster) => false,
            Some(Kind::Standalone | Kind::Replication) => same_replication(attempt, node.role, &self.seed),
            Some(Kind::Sentinel) => self.in_same_group(node).any(|known| same_replication(attempt, node.role, known)),
        }
    }

    /// True where nobody can tell whether the server behind an attempt is `node`, which is listed without an id: a link that
    /// does not stand shares no replication id, and before 4.0 there is none.
    pub fn is_untellable(&self, attempt: &Attempt, node: &Node) -> bool {
        let plain = self.deployment().is_some_and(|t| matches!(t.kind, Kind::Standalone | Kind::Replication));
        let cut_off = |server: Option<&Server>| server.is_some_and(|said| said.primary_link.as_deref() == Some("down"));
        let (this, seed) = (server(attempt), server(&self.seed));
        let has_id = |server: Option<&Server>| server.is_some_and(|said| said.replication_id.is_some());
        let no_link = cut_off(seed) || node.role == Role::Replica && cut_off(this);
        plain && node.id.as_str().contains(':') && (no_link || !has_id(this) || !has_id(seed))
    }

    /// Attempts that led to other data nodes of the node's groups, proved by their run ids. Of each group only the first few
    /// are tried: replicas agree, and this is asked for every attempt.
    fn in_same_group<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Attempt> {
        let groups = self.deployment().into_iter().flat_map(|t| t.groups_of(&node.id));
        let others = groups.flat_map(|group| group.data_nodes().filter(|id| !id.as_str().contains(':')).take(3));
        others.flat_map(|id| self.attempts(id).iter().filter(move |attempt| attempt.identity() == Some(id)))
    }
}

/// Another server than the one behind `known`, of the same replication and in this role.
fn same_replication(attempt: &Attempt, role: Role, known: &Attempt) -> bool {
    let (Some(this), Some(other)) = (server(attempt), server(known)) else { return false };
    let wire_role = match role {
        Role::Primary => "master",
        Role::Replica => "slave",
        Role::Sentinel => return false,
    };
    let fits = this.run_id != other.run_id && this.role.as_deref() == Some(wire_role);
    fits && match (&this.replication_id, &other.replication_id) {
        (Some(own), Some(known)) => own == known,
        (None, None) => {
            let copies = |from: &Server, at: &Attempt| from.primary.as_ref().is_some_and(|up| is_at(up, at));
            let siblings = this.primary.is_some() && this.primary == other.primary;
            copies(this, known) || copies(other, attempt) || siblings
        }
        _ => false,
    }
}

/// True where this endpoint is the one that was dialled, by its address or as it was written.
fn is_at(endpoint: &Endpoint, attempt: &Attempt) -> bool {
    let dialled = attempt
        .socket
        .is_some_and(|socket| endpoint.host.ip() == Some(socket.ip().to_canonical()) && endpoint.port == socket.port());
    dialled || attempt.candidates.iter().any(|(_, candidate)| candidate == endpoint)
}

fn server(attempt: &Attempt) -> Option<&Server> {
    attempt.opened()?.server.seen()
}
