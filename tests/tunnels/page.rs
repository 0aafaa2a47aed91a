//! What came of it, on one page: the table, and what differs in full.

use std::fmt::Write as _;

use super::lanes::Cell;

/// The longest text of a wrong cell.
const LONGEST: usize = 3000;

/// A lane a line, then every wrong cell in full.
pub fn page(cells: &[Cell]) -> String {
    let mut page = String::new();
    let mut lane = "";
    for cell in cells {
        if cell.lane != lane {
            lane = &cell.lane;
            let took: f32 = cells.iter().filter(|other| other.lane == lane).map(|other| other.took).sum();
            let _ = write!(page, "\n{lane:36} {took:4.0} s ");
        }
        let _ = write!(page, " {} {},", cell.step, if cell.outcome.is_ok() { "ok" } else { "DIFFERS" });
    }
    page.push('\n');
    for cell in cells {
        if let Err(why) = &cell.outcome {
            let _ = writeln!(page, "\n{}: {} differs ({:.1} s)\n  {}", cell.lane, cell.step, cell.took, short(why));
        }
    }
    let wrong = cells.iter().filter(|cell| cell.outcome.is_err()).count();
    let _ = writeln!(page, "\n{} of {} steps as they should be", cells.len() - wrong, cells.len());
    page
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
