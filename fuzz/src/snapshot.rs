//! A snapshot from a file, examined and shown.

use redis_doctor::{
    checks, clients,
    diagnosis::{Context, examine, outlook::Forecast},
    facts::{Attempt, Snapshot},
    names::{self, Speaks},
    render::{self, Page, Style},
};

/// One input.
pub fn run(bytes: &[u8]) {
    let Ok(snapshot) = serde_json::from_slice::<Snapshot>(bytes) else { return };
    if snapshot.check().is_err() {
        return;
    }
    let context = Context::new(&snapshot, None);
    let report = examine(&context, checks::ALL);
    let name_ok = |attempt: &Attempt| {
        let chain = snapshot.chain(attempt)?;
        let (_, endpoint) = attempt.candidates.first()?;
        Some(names::speaks_for(&chain.leaf, &endpoint.host) == Speaks::Yes)
    };
    let forecast = Forecast::new(&context);
    let outlooks: Vec<_> = clients::ALL.iter().map(|client| forecast.of(client, None)).collect();
    let outlooks = &outlooks[..];
    let page = Page { snapshot: &snapshot, report: &report, exit: 1, next: "", note: "", name_ok: &name_ok, outlooks };
    let style = Style { verbose: true, width: 40, ..Style::default() };
    for text in [
        render::table(&page, &style),
        render::tls(&page, &style),
        render::topology(&page, &style),
        render::clients(&page, &style),
        render::json(&page),
        render::github(&page),
        render::step_summary(&page),
        render::dot(&page),
        render::mermaid(&page),
    ] {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
    }
}
