//! The screen of `tls-check`: what each distinct certificate chain holds, and how each node fares with it.

use super::{
    Page, Style,
    check::screen,
    finding,
    link::link,
    node::{Look, looks},
    node_table::{chosen, fitted, rest},
    sheet::{Ink, Sheet},
    words,
};
use crate::facts::{Attempt, Certificate, CertificateChain, ChainProblem, ChainVerdict, TlsSession};

/// Subject alternative names that are listed before the rest is counted.
const NAMES: usize = 8;

/// The screen of `tls-check`.
pub fn tls(page: &Page<'_>, style: &Style) -> String {
    screen(page, style, |sheet| {
        let looks = looks(page);
        for (i, chain) in page.snapshot.chains.iter().enumerate() {
            holds(sheet, page, i, chain, served_by(&looks, i));
        }
        sheet.gap();
        nodes(sheet, page, &looks);
        link(sheet, page, &looks);
        finding::findings(sheet, page);
        finding::skipped(sheet, &page.report.skipped);
    })
}

fn served_by(looks: &[Look<'_>], chain: usize) -> usize {
    looks.iter().filter(|look| look.tls.is_some_and(|tls| tls.chain == chain)).count()
}

fn holds(sheet: &mut Sheet<'_>, page: &Page<'_>, i: usize, chain: &CertificateChain, nodes: usize) {
    let leaf = &chain.leaf;
    sheet.gap();
    let sent = match nodes {
        0 if is_own(&page.snapshot.seed, i) => "sent by the endpoint".to_owned(),
        0 => "sent for another server name".to_owned(),
        nodes => format!("sent by {}", words::count(nodes, "node")),
    };
    sheet.hang(&format!("chain {}", i + 1), Ink::Note, 2, &format!(", {sent}"));
    sheet.entry("names", &names(leaf, if sheet.verbose() { usize::MAX - 1 } else { NAMES }));
    sheet.entry("subject", &leaf.subject);
    sheet.entry("issuer", &leaf.issuer);
    sheet.entry("valid", &validity(leaf, page.snapshot.now()));
    sheet.entry("usages", &leaf.usages.as_ref().map(|u| u.join(", ")).unwrap_or_default());
    sheet.entry("key", &format!("{}, signed with {}", leaf.key, leaf.signature));
    sheet.entry("SHA-256", &leaf.fingerprint);
    sheet.entry("with it", &chain.rest.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>().join("; then "));
    let trust = page.snapshot.target.trust.as_ref().map_or("", |t| t.label.as_str());
    match &chain.verdict {
        ChainVerdict::Trusted { anchor, .. } => sheet.entry("trust", &format!("✓ {anchor} ({trust})")),
        ChainVerdict::Untrusted { problem, text, .. } => {
            // The verifier's own words are for those who know rustls, and where there are no others.
            let own = sheet.verbose() || *problem == ChainProblem::Other;
            let why = if own { text } else { words::chain(&chain.verdict) };
            sheet.entry("trust", &format!("✗ {why} (by {trust})"));
        }
    }
}

fn is_own(seed: &Attempt, chain: usize) -> bool {
    let heard = seed.hello.as_ref().and_then(|hello| hello.seen()?.chain);
    seed.tls().map(|tls| tls.chain).or(heard) == Some(chain)
}

pub(super) fn names(leaf: &Certificate, most: usize) -> String {
    let names: Vec<String> = leaf.names.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let listed = match (names.is_empty(), &leaf.common_name) {
        (true, Some(name)) => format!("none; common name {name}, which many clients ignore"),
        (true, None) => "none".to_owned(),
        _ => words::and_more(&names, most),
    };
    if leaf.more_names > 0 { format!("{listed} (and {} not kept)", leaf.more_names) } else { listed }
}

fn validity(leaf: &Certificate, now: i64) -> String {
    let days = leaf.not_after.saturating_sub(now).div_euclid(86_400);
    let state = match (now < leaf.not_before, now > leaf.not_after) {
        (true, _) => "not yet valid".to_owned(),
        (_, true) => format!("expired {} ago", words::count(usize::try_from(-days).unwrap_or(0), "day")),
        _ => format!("{} left", words::count(usize::try_from(days).unwrap_or(0), "day")),
    };
    format!("{} to {} ({state})", words::instant(leaf.not_before), words::instant(leaf.not_after))
}

/// One row a node; the endpoint itself where there is no topology.
fn nodes(sheet: &mut Sheet<'_>, page: &Page<'_>, looks: &[Look<'_>]) {
    let header = ["node", "chain", "trust", "name", "version", "suite", "client cert"];
    let shown = chosen(looks, sheet.verbose());
    let mut rows: Vec<Vec<String>> = shown.iter().map(|look| row(look)).collect();
    if looks.is_empty() {
        rows.extend(endpoint(page, &page.snapshot.seed));
    }
    fitted(sheet, &header, rows);
    rest(sheet, looks, &shown);
}

fn row(look: &Look<'_>) -> Vec<String> {
    let verdicts = (look.chain_cell(), look.name_cell());
    let instead = if look.plaintext { String::new() } else { look.reached() };
    cells(look.node.address.to_string(), look.tls, verdicts, &instead)
}

fn endpoint(page: &Page<'_>, seed: &Attempt) -> Option<Vec<String>> {
    let session = seed.tls()?;
    let trusted = page.snapshot.chain(seed).is_some_and(CertificateChain::is_trusted);
    let name = (page.name_ok)(seed).map_or("–", |ok| if ok { "✓" } else { "✗" });
    let verdicts = (if trusted { "✓" } else { "✗" }.to_owned(), name);
    Some(cells(page.snapshot.target.endpoint.to_string(), Some(session), verdicts, ""))
}

fn cells(node: String, tls: Option<&TlsSession>, (trust, name): (String, &str), instead: &str) -> Vec<String> {
    let Some(tls) = tls else {
        return [&node, "–", &trust, name, instead, "", ""].map(str::to_owned).into();
    };
    let client = if tls.client_cert.requested { "requested" } else { "" };
    let suite = tls.suite.trim_start_matches("TLS13_").trim_start_matches("TLS_");
    vec![
        node,
        (tls.chain + 1).to_string(),
        trust,
        name.to_owned(),
        tls.version.clone(),
        suite.to_owned(),
        client.to_owned(),
    ]
}
