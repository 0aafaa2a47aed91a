//! What came of it, on one page: the table, what was wrong, the agreement.

use std::fmt::Write as _;

use super::{
    cells::{Account, Cell},
    layouts::LAYOUTS,
};

/// The longest text of a wrong cell.
const LONGEST: usize = 1500;

/// The table of all cells, the wrong ones in full, and the agreement.
pub fn report(cells: &[Cell]) -> String {
    let wrong: Vec<&Cell> = cells.iter().filter(|cell| !cell.difference().is_empty()).collect();
    let mut page = table(cells);
    for cell in &wrong {
        let _ = write!(page, "\n{} on {}: {} ({:.1} s)\n", cell.row, cell.layout, cell.difference(), cell.took);
        let _ = writeln!(page, "  predicted {}", in_full(&cell.predicted));
        let _ = writeln!(page, "  observed  {}", in_full(&cell.observed));
        if !cell.inner.is_empty() {
            let _ = writeln!(page, "  inner     {}", short(&cell.inner));
        }
    }
    let hidden = |cell: &&Cell| cell.observed.as_ref().is_ok_and(|seen| seen.stage.as_deref() == Some("hidden"));
    let hidden = cells.iter().filter(hidden).count();
    let all = cells.iter().filter(|cell| cell.is_foretold()).count();
    let (right, unknown) = (all - wrong.len(), cells.len() - all);
    let _ = writeln!(page, "\n{}\nin {hidden} cells the library hides the stage", slowest(cells));
    let _ = writeln!(page, "agreement: {right} of {all} cells; in {unknown} (?) nothing is foretold");
    page
}

/// Rows down, layouts across; the columns bear numbers, with their names below.
fn table(cells: &[Cell]) -> String {
    let (rows, layouts) = (names(cells, |cell| &cell.row), names(cells, |cell| cell.layout));
    let mut page = format!("{:28}", "");
    for n in 1..=layouts.len() {
        let _ = write!(page, "{n:<10}");
    }
    for row in &rows {
        let _ = write!(page, "\n{row:28}");
        for layout in &layouts {
            let cell = cells.iter().find(|cell| cell.row == *row && cell.layout == *layout);
            let shown = cell.map_or("-".into(), |cell| match cell.difference() {
                _ if !cell.is_foretold() => "?".to_owned(),
                same if same.is_empty() => "✓".to_owned(),
                other => other.chars().take(9).collect(),
            });
            let _ = write!(page, "{shown:<10}");
        }
    }
    page.push('\n');
    for (n, name) in layouts.iter().enumerate() {
        let about = LAYOUTS.iter().find(|layout| layout.name == *name).map_or("", |layout| layout.about);
        let _ = writeln!(page, "{:>3} {name}: {about}", n + 1);
    }
    page
}

fn names<'a>(cells: &'a [Cell], name: impl Fn(&'a Cell) -> &'a str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in cells.iter().map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn in_full(account: &Result<Account, String>) -> String {
    match account {
        Ok(account) => {
            let stage = account.stage.as_deref().unwrap_or("-");
            format!("{} {stage}: {}", account.outcome, short(account.text.as_deref().unwrap_or("-")))
        }
        Err(why) => format!("nothing: {}", short(why)),
    }
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Where the time goes: the seconds of each row, most first.
fn slowest(cells: &[Cell]) -> String {
    let total = |row: &str| cells.iter().filter(|cell| cell.row == row).map(|cell| cell.took).sum::<f32>();
    let mut rows: Vec<(f32, &str)> = names(cells, |cell| &cell.row).into_iter().map(|row| (total(row), row)).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows: Vec<String> = rows.iter().map(|(seconds, row)| format!("{row} {seconds:.0}")).collect();
    format!("seconds: {}", rows.join(", "))
}
