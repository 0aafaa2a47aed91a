//! What a check has to say, and the report that collects it.

use serde::Serialize;

use super::Aftermath;
use crate::{address_map::AddressMap, facts::NodeId, providers::Recognised};

/// How bad it is. Belongs to the check, not to the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A correct client fails.
    Error,
    /// Some clients or some moments fail.
    Warning,
    /// Explains a symptom.
    Info,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        })
    }
}

/// What kind of thing a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// The endpoint the user gave.
    Endpoint,
    /// One node.
    Node,
    /// The deployment as a whole.
    Cluster,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// Endpoint, node or cluster.
    pub kind: SubjectKind,
    /// The node's id, where there is one.
    pub id: Option<NodeId>,
    /// The address as announced (or as given).
    pub address: String,
}

/// Who applies a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Server configuration.
    Server,
    /// Whoever issues certificates.
    Certificate,
    /// The application.
    Client,
    /// Routes, firewalls, name servers.
    Network,
}

impl std::fmt::Display for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Audience::Server => "server",
            Audience::Certificate => "certificate",
            Audience::Client => "client",
            Audience::Network => "network",
        })
    }
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Remedy {
    /// Who applies it.
    #[serde(rename = "for")]
    pub audience: Audience,
    /// One sentence.
    pub text: String,
    /// Lines to apply, as they are.
    pub lines: Vec<String>,
    /// How it was proved, where it was dialled.
    pub proof: Option<String>,
}

/// What one client library makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Client id, as in `list clients`.
    pub id: &'static str,
    /// The versions this holds for.
    pub versions: &'static str,
    /// `fails`, `partly` or `ok`.
    pub outcome: &'static str,
    /// What the application sees.
    pub text: String,
}

/// A symptom folded under its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consequence {
    /// The check that saw it.
    pub code: &'static str,
    /// On what.
    pub subjects: Vec<Subject>,
}

/// What a check fails with: a finding before it is stamped with code and severity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// One sentence: what is wrong.
    pub title: String,
    /// On what; at least one.
    pub subjects: Vec<Subject>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub presented: String,
    /// Which client libraries notice, and how.
    pub clients: Vec<Affected>,
    /// Ways out, best first.
    pub remedies: Vec<Remedy>,
}

/// What of the symptoms that a check explains follows from one of its findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Follows {
    /// Those of its nodes; all of them where it is about more than nodes.
    #[default]
    All,
    /// Those that are about the very same address, and nothing of the nodes beside it.
    Same,
    /// None.
    Nothing,
}

/// One thing that is wrong, with everything that follows from it. Text may hold untrusted characters: renderers escape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's code.
    pub code: &'static str,
    /// The check's severity.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// On what.
    pub subjects: Vec<Subject>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub presented: String,
    /// Which client libraries notice, and how.
    pub clients: Vec<Affected>,
    /// Ways out, best first.
    pub remedies: Vec<Remedy>,
    /// Symptoms that go away with it.
    pub consequences: Vec<Consequence>,
    /// What mending it comes to; for errors.
    pub aftermath: Option<Aftermath>,
    /// Every client meets it at the endpoint, whatever the nodes are like.
    #[serde(skip)]
    pub at_the_endpoint: bool,
    /// What of the symptoms that its check explains follows from it.
    #[serde(skip)]
    pub follows: Follows,
    /// It may heal by itself while a server starts: `--wait` looks again.
    #[serde(skip)]
    pub transient: bool,
}

/// A check that could not be made. Silence is not health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// The check's code.
    pub code: &'static str,
    /// On what.
    pub subject: Subject,
    /// Why not.
    pub why: String,
}

/// How many verdicts of each kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Passed.
    pub passed: usize,
    /// Failed, consequences included.
    pub failed: usize,
    /// Could not look.
    pub skipped: usize,
}

/// Everything that was thought of one snapshot.
#[derive(Clone, Debug)]
pub struct Report {
    /// Counts.
    pub summary: Summary,
    /// Most important first.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub skipped: Vec<Skip>,
    /// Findings that `--ignore` took out, by code.
    pub ignored: usize,
    /// What is no finding: which kind of client the deployment is for, in a line each.
    pub remarks: Vec<String>,
    /// What is no finding either: what happened before, and what the next loss will do, in a line each.
    pub background: Vec<String>,
    /// Announced → reachable, proved; empty where none is needed or none was proved.
    pub address_map: AddressMap,
    /// Whose servers these look like.
    pub recognised: Recognised,
}

impl Report {
    /// The worst severity there is.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).min()
    }
}
