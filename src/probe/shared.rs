//! What all attempts of one run share, and the one decision that guards the credentials.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_lc_rs::digest;

use super::{
    attempt::Dial,
    crowd::Crowds,
    dns::NameServers,
    mapped::Mapped,
    questions::{Ask, Command},
    resolve::Resolver,
    sentinel::Scope,
    talk::Room,
    tls::Tls,
};
use crate::{
    facts::{
        Attempt, Candidate, Certificate, CertificateChain, ClientCertificate, Credentials, Endpoint, Host, Kind,
        Limits, Observed, SubjectAltName, Target, TlsSession, Transport,
    },
    names::{
        self, Speaks,
        trust::{self, Anchors, Purpose},
    },
    wire::{certificate::certificate, comparison::Reference},
};

/// Shared by all attempts.
pub(super) struct Shared {
    pub(super) target: Target,
    pub(super) limits: Limits,
    /// The same for the servers that the endpoint announces.
    node_limits: Limits,
    /// For what conversations hold in their buffers.
    pub(super) room: Room,
    pub(super) resolver: Resolver,
    pub(super) crowds: Crowds,
    pub(super) name_servers: Arc<NameServers>,
    pub(super) tls: Tls,
    /// Seconds since 1970, when the run began.
    pub(super) now: i64,
    anchors: Anchors,
    chains: Mutex<Chains>,
    skipped: Mutex<BTreeSet<Command>>,
    mapped: Mapped,
    /// What the seed turned out to be.
    pub(super) seed: OnceLock<Seed>,
    /// The credentials were withheld from the seed, so whatever it names may be an attacker's choice.
    pub(super) seed_is_unsafe: AtomicBool,
}

/// What the seed turned out to be.
pub(super) struct Seed {
    /// `None` where it did not tell.
    pub(super) kind: Option<Kind>,
    /// What it speaks.
    pub(super) transport: Transport,
    /// Its view of a cluster.
    pub(super) reference: Reference,
    /// What its peers are asked, where it is a Sentinel.
    pub(super) scope: Scope,
}

/// SHA-256 of a whole chain, each certificate after its length.
type Digest = [u8; 32];

/// Distinct chains: each is parsed and judged once, however many nodes serve it.
#[derive(Default)]
struct Chains {
    indices: HashMap<Digest, usize>,
    all: Vec<CertificateChain>,
    /// Bytes of all of them.
    bytes: usize,
}

static NO_SCOPE: std::sync::LazyLock<Scope> = std::sync::LazyLock::new(Scope::default);
static NO_REFERENCE: std::sync::LazyLock<Reference> = std::sync::LazyLock::new(Reference::default);

impl Shared {
    pub(super) fn new(target: Target, limits: Limits, now: i64) -> Result<Self, String> {
        let (anchors, _) = Anchors::from_der(target.trust.anchors.clone());
        Ok(Shared {
            resolver: Resolver::new(target.overrides.clone()),
            crowds: Crowds::default(),
            name_servers: Arc::default(),
            tls: Tls::new(target.identity.as_ref(), &limits)?,
            now,
            anchors,
            chains: Mutex::default(),
            skipped: Mutex::default(),
            mapped: Mapped::of(target.detours.as_ref()),
            seed: OnceLock::new(),
            seed_is_unsafe: AtomicBool::new(false),
            node_limits: limits.for_nodes(),
            room: Room::new(limits.buffers),
            target,
            limits,
        })
    }

    /// What kind of deployment it is, once the seed told.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.seed.get().and_then(|seed| seed.kind)
    }

    /// The seed's view, once there is one.
    pub(super) fn reference(&self) -> &Reference {
        self.seed.get().map_or(&NO_REFERENCE, |seed| &seed.reference)
    }

    /// What is sent with AUTH to whom is asked this: Sentinels may have credentials of their own.
    pub(super) fn credentials(&self, ask: Ask) -> Option<&Credentials> {
        let own = self.target.sentinel_credentials.as_ref();
        own.filter(|_| matches!(ask, Ask::Everything | Ask::Sentinel)).or(self.target.credentials.as_ref())
    }

    /// The same for a connection: behind the name of a Sentinel there are Sentinels, however little they are asked.
    pub(super) fn credentials_for(&self, dial: &Dial) -> Option<&Credentials> {
        let is_named = |(candidate, endpoint): &(Candidate, Endpoint)| {
            *candidate == Candidate::Seed || self.target.sentinels.contains(endpoint)
        };
        let is_sentinel = self.kind() == Some(Kind::Sentinel) && dial.candidates.iter().any(is_named);
        self.credentials(if is_sentinel { Ask::Sentinel } else { dial.ask })
    }

    /// True where nothing secret goes astray by what this server names: whoever was not safe enough to be sent credentials
    /// does not choose where else they go, or there are none that could go anywhere.
    pub(super) fn may_name(&self, attempt: &Attempt) -> bool {
        let secret = self.target.credentials.is_some() || self.target.sentinel_credentials.is_some();
        let withheld = attempt.opened().is_none_or(|c| matches!(c.auth, Observed::NotTried(_)));
        !secret || !withheld || self.seed_is_unsafe.load(Ordering::Relaxed)
    }

    /// What Sentinels are asked, once the seed told which groups there are.
    pub(super) fn scope(&self) -> &Scope {
        self.seed.get().map_or(&NO_SCOPE, |seed| &seed.scope)
    }

    /// Commands the server hangs up on: not asked again in this run.
    pub(super) fn skipped(&self) -> BTreeSet<Command> {
        lock(&self.skipped).clone()
    }

    /// Remembers them.
    pub(super) fn skip(&self, commands: &BTreeSet<Command>) {
        lock(&self.skipped).extend(commands);
    }

    /// The bounds for what is asked.
    pub(super) fn limits_for(&self, ask: Ask) -> &Limits {
        if ask == Ask::Everything { &self.limits } else { &self.node_limits }
    }

    /// The index of a chain, parsed and judged on first sight.
    pub(super) fn intern(&self, chain: &[Vec<u8>]) -> Result<usize, String> {
        let digest = digest(chain);
        let bytes: usize = chain.iter().map(Vec::len).sum();
        {
            let chains = lock(&self.chains);
            if let Some(index) = chains.indices.get(&digest) {
                return Ok(*index);
            }
            if chains.bytes + bytes > self.limits.certificates {
                return Err("the servers present more certificates than are kept".to_owned());
            }
        }
        let parsed = trust::chain(chain, &self.anchors, self.now, Purpose::Server, &self.limits)?;
        let mut chains = lock(&self.chains);
        let next = chains.all.len();
        let index = *chains.indices.entry(digest).or_insert(next);
        if index == next {
            chains.bytes += bytes;
            chains.all.push(parsed);
        }
        Ok(index)
    }

    /// All chains seen, taken out at the end.
    pub(super) fn take_chains(&self) -> Vec<CertificateChain> {
        std::mem::take(&mut lock(&self.chains).all)
    }

    /// The anchors that have to do with these chains.
    pub(super) fn anchors_of(&self, chains: &[CertificateChain]) -> Vec<Certificate> {
        let all = trust::anchors_around(chains, &self.anchors);
        all.iter().filter_map(|der| certificate(der, &self.limits).ok()).collect()
    }

    /// True when one of the hosts is what the leaf of this session speaks for.
    pub(super) fn speaks_for_any<'h>(&self, chain: usize, hosts: impl Iterator<Item = &'h Host>) -> bool {
        let chains = lock(&self.chains);
        let Some(chain) = chains.all.get(chain) else { return false };
        hosts.into_iter().any(|host| names::speaks_for(&chain.leaf, host) == Speaks::Yes)
    }

    /// The names in the leaf of this session that can be sent; of a wildcard nobody knows which one.
    pub(super) fn names_of(&self, chain: usize) -> Vec<Host> {
        let chains = lock(&self.chains);
        let names = chains.all.get(chain).into_iter().flat_map(|chain| &chain.leaf.names);
        let sent = |name: &SubjectAltName| match name {
            SubjectAltName::Dns(name) => name.parse().ok(),
            _ => None,
        };
        names.filter_map(sent).collect()
    }

    /// True where the leaf speaks for a host of the map in use, whichever: of crossed forwards it is another node's.
    fn is_mapped(&self, chain: usize) -> bool {
        lock(&self.chains).all.get(chain).is_some_and(|chain| self.mapped.has_one_of(&chain.leaf))
    }

    fn is_trusted(&self, chain: usize) -> bool {
        lock(&self.chains).all.get(chain).is_some_and(CertificateChain::is_trusted)
    }

    /// Why credentials must not go over a plaintext connection, if they must not. Where the way begins on this machine, in a
    /// tunnel, plaintext is right as far as the tunnel goes: not to a node that the map does not know.
    pub(super) fn withheld_on_plaintext(&self, dial: &Dial, socket: SocketAddr) -> Option<String> {
        let target = &self.target;
        if self.seed.get().is_some_and(|seed| seed.transport == Transport::Tls) {
            return Some("credentials withheld: this connection is plaintext and the endpoint speaks TLS".to_owned());
        }
        if !target.plaintext_credentials {
            let why = "credentials withheld: this connection is plaintext and the endpoint was not given as such \
                       (redis:// allows it)";
            return Some(why.to_owned());
        }
        let map = target.detours.as_ref().filter(|_| target.endpoint.host.is_loopback())?;
        let is_led = |(_, endpoint): &(_, Endpoint)| map.leads_to(endpoint) || *endpoint == target.endpoint;
        let inside = socket.ip().to_canonical().is_loopback() || dial.candidates.iter().any(is_led);
        (!inside)
            .then(|| "credentials withheld: this node is not in the map, and the way to it is plaintext".to_owned())
    }

    /// Why credentials must not go over this TLS connection, if they must not: only a seed that was safe itself (a node with a
    /// good certificate may be anybody's where the one who named it is nobody we know), and there only a trusted chain, a proved key and a
    /// leaf that speaks for what was dialled, for the seed, or for a name the user gave (the names of a map are), may see them.
    pub(super) fn withheld_on_tls(&self, session: &TlsSession, dial: &Dial) -> Option<String> {
        if self.seed_is_unsafe.load(Ordering::Relaxed) {
            return Some(
                "credentials withheld: the endpoint that named this node was not safe to send them to".to_owned(),
            );
        }
        if !session.proved_possession {
            return Some(
                "credentials withheld: the server did not prove that it holds the certificate's key".to_owned(),
            );
        }
        if !self.is_trusted(session.chain) {
            return Some(
                "credentials withheld: the certificate chain is not trusted (give its CA with --cacert)".to_owned(),
            );
        }
        let dialled = dial.candidates.iter().map(|(_, endpoint)| &endpoint.host);
        let given = [Some(&self.target.endpoint.host), self.target.server_name.as_ref()];
        let sentinels = self.target.sentinels.iter().map(|endpoint| &endpoint.host);
        let known = dialled.chain(given.into_iter().flatten()).chain(sentinels);
        if self.speaks_for_any(session.chain, known) || self.is_mapped(session.chain) {
            return None;
        }
        let why = "credentials withheld: the certificate speaks for none of the names this server is known by \
                   (--server-name NAME says which to accept)";
        Some(why.to_owned())
    }

    /// The client certificate that was given, judged; `None` where it does not even parse.
    pub(super) fn client_certificate(&self) -> Option<ClientCertificate> {
        let given = self.target.identity.as_ref()?;
        let [file, key_file] = [&given.cert_file, &given.file].map(|file| file.display().to_string());
        let sent = &given.chain[..given.chain.len().min(self.limits.chain)];
        let chain = trust::chain(sent, &self.anchors, self.now, Purpose::Client, &self.limits).ok()?;
        Some(ClientCertificate { file, key_file, chain, key_fits: self.tls.key_fits() })
    }

    /// True when the user gave a client certificate.
    pub(super) fn has_identity(&self) -> bool {
        self.target.identity.is_some()
    }
}

fn digest(chain: &[Vec<u8>]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    for der in chain {
        context.update(&der.len().to_be_bytes());
        context.update(der);
    }
    // SHA-256 has 32 octets; shorter it would only make chains look new.
    context.finish().as_ref().try_into().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::facts::{Scheme, Secret};

    #[test]
    fn behind_the_name_of_a_sentinel_are_sentinels() {
        let endpoint: Endpoint = "sentinel.example.com:26379".parse().unwrap();
        let given = |password: &str| {
            Some(Credentials { username: None, password: Secret::new(password.to_owned()), oddity: None })
        };
        let (credentials, sentinel_credentials) = (given("tomato"), given("oregano"));
        let target = Target { credentials, sentinel_credentials, ..Target::at(endpoint.clone(), Scheme::Plaintext) };
        let shared = Shared::new(target, Limits::default(), 0).unwrap();
        let dial = |candidate, endpoint: &Endpoint| Dial {
            candidates: vec![(candidate, endpoint.clone())],
            named: None,
            sockets: Vec::new(),
            transport: Transport::Plaintext,
            server_name: endpoint.host.clone(),
            ask: Ask::Identity,
            undecided: false,
            until: Instant::now(),
        };
        let sent = |dial: &Dial| shared.credentials_for(dial).unwrap().password.reveal().to_owned();
        let seed = dial(Candidate::Seed, &endpoint);
        assert_eq!(sent(&seed), "tomato", "nobody knows yet what it is");
        let reference = Reference::default();
        let kind = Some(Kind::Sentinel);
        let known = Seed { kind, transport: Transport::Plaintext, reference, scope: Scope::default() };
        assert!(shared.seed.set(known).is_ok());
        assert_eq!(sent(&seed), "oregano");
        assert_eq!(sent(&dial(Candidate::SeedHost, &endpoint)), "tomato");
    }
}
