//! One line of `--batch`: read, judged, answered.

use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    known_stack,
    trusted::{Cache, Trusted},
};
use crate::{
    cli::{moment, within},
    diagnosis::assessment::{Assessment, Matter},
    facts::{Host, Limits},
    names::{self, Stack, trust::Purpose},
    render,
    wire::bundle::{Bundle, bundle},
};

/// Names of one line.
const NAMES: usize = 1_000;
/// Octets of a name; DNS has 253.
const LONGEST_NAME: usize = 1_024;
/// Names times octets of the certificate in which they are looked for, by every stack.
const COMPARED: usize = 4 << 20;
/// Brackets in brackets of an id: fewer than readers of JSON take.
const NESTING: usize = 100;
/// Certificates that a server can send.
pub(super) const CHAIN: usize = 100;

/// What judges lines, on as many threads as there are.
pub(super) struct Judge {
    /// Where a line does not say.
    pub(super) at: i64,
    pub(super) purpose: Purpose,
    pub(super) limits: Limits,
    /// Reads the anchors of lines without any.
    pub(super) default_anchors: Box<dyn Fn() -> Bundle + Send + Sync>,
    pub(super) default_trusted: OnceLock<Arc<Trusted>>,
    pub(super) cache: Cache,
}

/// A line, field by field as it was written.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    chain: Option<&'a RawValue>,
    #[serde(borrow)]
    ca: Option<&'a RawValue>,
    #[serde(borrow)]
    names: Option<&'a RawValue>,
    #[serde(borrow)]
    at: Option<&'a RawValue>,
    #[serde(borrow)]
    stacks: Option<&'a RawValue>,
    #[serde(borrow)]
    purpose: Option<&'a RawValue>,
}

impl Judge {
    /// The answer, and whether the line could be read.
    pub(super) fn answer(&self, line: &[u8]) -> (String, bool) {
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        let complaint = |error: &str| (render::cert_complaint(None, error), false);
        // A list would be read as well, field by field.
        if !line.trim_ascii_start().starts_with(b"{") {
            return complaint("not a JSON object");
        }
        let written: Written<'_> = match serde_json::from_slice(line) {
            Ok(written) => written,
            Err(error) => return complaint(&format!("not a JSON object: {error}")),
        };
        if written.id.is_some_and(|id| nesting(id.get()) > NESTING) {
            // Nobody could read the answer.
            return complaint("id: nested too deeply");
        }
        match self.judged(&written) {
            Ok(answer) => (answer, true),
            Err(error) => (render::cert_complaint(written.id, &format!("{error:#}")), false),
        }
    }

    fn judged(&self, written: &Written<'_>) -> Result<String> {
        let chain: String =
            field("chain", "text", written.chain)?.context("chain is missing: the certificates as PEM text")?;
        let sent = sent(&chain)?;
        let trusted = self.trusted(field("ca", "text", written.ca)?)?;
        let hosts = hosts(field("names", "a list of texts", written.names)?.unwrap_or_default())?;
        if hosts.len().saturating_mul(sent[0].len()) > COMPARED {
            let (hosts, octets) = (hosts.len(), sent[0].len());
            bail!(
                "names: {hosts} names and a certificate of {octets} bytes are more than is compared; ask for fewer at once"
            );
        }
        let at = field("at", "a number or a text", written.at)?.map_or(Ok(self.at), |at| time(&at))?;
        let stacks = stacks(field("stacks", "a list of texts", written.stacks)?)?;
        let purpose =
            field("purpose", "server or client", written.purpose)?.map_or(Ok(self.purpose), |p: String| purpose(&p))?;
        let chain = trusted
            .judge(&sent, at, purpose, &self.limits)
            .map_err(|why| anyhow::anyhow!("chain: the first certificate is none: {why}"))?;
        let matter = Matter { chain: &chain, bundle: &trusted.certificates, hosts: &hosts, at, purpose };
        Ok(render::cert_answer(written.id, &Assessment::of(matter, &stacks)))
    }

    fn trusted(&self, ca: Option<String>) -> Result<Arc<Trusted>> {
        let Some(ca) = ca else {
            let read = || Arc::new(Trusted::of((self.default_anchors)(), &self.limits));
            return Ok(Arc::clone(self.default_trusted.get_or_init(read)));
        };
        self.cache.get(&ca, || {
            let found = bundle(ca.as_bytes());
            if found.certificates.is_empty() {
                bail!("ca: no certificate in PEM form is in it (it begins with -----BEGIN CERTIFICATE-----)");
            }
            let trusted = Trusted::of(found, &self.limits);
            if trusted.certificates.is_empty() {
                bail!("ca: what is in it are no certificates");
            }
            Ok(trusted)
        })
    }
}

/// How deep brackets stand in each other, outside of strings.
fn nesting(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for octet in json.bytes() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = depth.max(deepest);
    }
    deepest
}

/// What a field says; `None` where it is missing or null. What it says instead is not told: it may be a key.
fn field<'a, T: Deserialize<'a>>(name: &str, shape: &str, raw: Option<&'a RawValue>) -> Result<Option<T>> {
    raw.map_or(Ok(None), |raw| serde_json::from_str(raw.get()).map_err(|_| anyhow::anyhow!("{name}: it takes {shape}")))
}

/// The certificates of the chain, leaf first.
fn sent(chain: &str) -> Result<Vec<Vec<u8>>> {
    let found = bundle(chain.as_bytes());
    if found.damaged > 0 {
        bail!("chain: a certificate in it is cut off or no base64");
    }
    if found.certificates.is_empty() {
        bail!("chain: no certificate in PEM form is in it (it begins with -----BEGIN CERTIFICATE-----)");
    }
    if found.certificates.len() > CHAIN {
        bail!("chain: {} certificates, and {CHAIN} are the most that are judged", found.certificates.len());
    }
    Ok(found.certificates)
}

fn hosts(names: Vec<String>) -> Result<Vec<Host>> {
    if names.len() > NAMES {
        bail!("names: there are {}, and {NAMES} are the most that are judged", names.len());
    }
    if names.iter().any(|name| name.len() > LONGEST_NAME) {
        bail!("names: one is longer than {LONGEST_NAME} bytes");
    }
    Ok(names.into_iter().map(host).collect())
}

/// An address or a name as typed: clients can be given what is no host name, and each stack has its own way with that. An
/// address in brackets is one to some of them and a name to the others.
pub(super) fn host(typed: String) -> Host {
    let plain = Some(&typed).filter(|typed| !typed.starts_with('['));
    plain.and_then(|typed| typed.parse().ok()).unwrap_or(Host::Name(typed))
}

fn time(at: &Value) -> Result<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds; what does not fit lies outside of the bounds")]
    let seconds = at.as_i64().or_else(|| at.as_f64().map(|seconds| seconds.floor() as i64));
    let read = match (seconds, at.as_str()) {
        (Some(seconds), _) => within(seconds),
        (None, Some(text)) => moment(text),
        (None, None) => Err("it takes a number or a text".to_owned()),
    };
    read.map_err(|why| anyhow::anyhow!("at: {why}"))
}

fn stacks(ids: Option<Vec<String>>) -> Result<Vec<&'static Stack>> {
    let Some(ids) = ids else { return Ok(names::measured().collect()) };
    let mut stacks: Vec<&'static Stack> = Vec::new();
    for id in &ids {
        let stack = known_stack(id).context("stacks")?;
        if !stacks.iter().any(|known| known.id == stack.id) {
            stacks.push(stack);
        }
    }
    Ok(stacks)
}

fn purpose(text: &str) -> Result<Purpose> {
    match text {
        "server" => Ok(Purpose::Server),
        "client" => Ok(Purpose::Client),
        _ => bail!("purpose: it takes server, client"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        for (json, depth) in [("1", 0), ("[[],{}]", 2), (r#""[[[""#, 0), (r#"["\"[[", {}]"#, 2), (r#"["\\", [[]]]"#, 3)]
        {
            assert_eq!(nesting(json), depth, "{json}");
        }
    }
}
