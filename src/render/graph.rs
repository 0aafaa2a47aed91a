//! The topology as a graph: the endpoint, the primaries it leads to, and the replicas behind them.

use std::collections::HashMap;

use super::{
    Page, escape_dot, escape_mermaid,
    node::{Look, looks},
    words,
};

/// The topology in the DOT language of Graphviz.
pub fn dot(page: &Page<'_>) -> String {
    let looks = looks(page);
    let mut lines =
        vec!["digraph deployment {".to_owned(), "  rankdir=LR;".to_owned(), "  node [shape=box];".to_owned()];
    lines.push(format!("  endpoint [shape=ellipse, label=\"{}\"];", escape_dot(&words::target(page.snapshot))));
    for (i, look) in looks.iter().enumerate() {
        let label: Vec<String> = label(look).iter().map(|line| escape_dot(line)).collect();
        let colour = if look.is_healthy() { "black" } else { "red" };
        lines.push(format!("  n{i} [label=\"{}\", color={colour}];", label.join("\\n")));
    }
    lines.extend(edges(&looks).map(|(from, to)| format!("  {from} -> n{to};")));
    lines.push("}\n".to_owned());
    lines.join("\n")
}

/// The topology as a Mermaid flowchart.
pub fn mermaid(page: &Page<'_>) -> String {
    let looks = looks(page);
    let mut lines = vec!["flowchart LR".to_owned()];
    lines.push(format!("  endpoint([\"{}\"])", escape_mermaid(&words::target(page.snapshot))));
    for (i, look) in looks.iter().enumerate() {
        let label: Vec<String> = label(look).iter().map(|line| escape_mermaid(line)).collect();
        let class = if look.is_healthy() { "" } else { ":::trouble" };
        lines.push(format!("  n{i}[\"{}\"]{class}", label.join("<br/>")));
    }
    lines.extend(edges(&looks).map(|(from, to)| format!("  {from} --> n{to}")));
    lines.push("  classDef trouble stroke:#c00,stroke-width:2px\n".to_owned());
    lines.join("\n")
}

/// Address, role with slots, and what is wrong, a line each.
fn label(look: &Look<'_>) -> Vec<String> {
    let mut lines =
        vec![look.node.address.to_string(), format!("{} {}", look.role(), look.slots()).trim_end().to_owned()];
    if !look.is_healthy() {
        let (reached, chain) = (look.reached(), look.chain_cell());
        let name = (look.name_ok == Some(false)).then_some("✗ name");
        let trouble = [Some(reached.as_str()), Some(chain.as_str()), name].into_iter().flatten();
        lines.push(trouble.filter(|t| !matches!(*t, "✓" | "–" | "no TLS")).collect::<Vec<_>>().join(", "));
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// A replica hangs on its primary; everything else on the endpoint.
fn edges(looks: &[Look<'_>]) -> impl Iterator<Item = (String, usize)> {
    let index: HashMap<_, _> = looks.iter().enumerate().map(|(i, look)| (&look.node.id, i)).collect();
    looks.iter().enumerate().map(move |(i, look)| {
        let primary = look.node.primary.as_ref().and_then(|id| index.get(id));
        (primary.map_or("endpoint".to_owned(), |primary| format!("n{primary}")), i)
    })
}
