//! The table of cases, and below it whatever is not as expected.

use std::fmt::Write as _;

use super::run::Row;

/// A line a case, then the sums, then what is wrong in full.
pub fn table(rows: &[Row]) -> String {
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (expected, got) = (width(|row| &row.expected).max(8), width(|row| &row.got).max(3));
    let mut page = format!("   {:<6} {:<expected$}  {:<got$}  fix applied → healthy\n", "case", "expected", "got");
    for row in rows {
        let sign = if row.wrong.is_empty() { "✓" } else { "✗" };
        let Row { id, expected: top, got: seen, mended, .. } = row;
        let _ = writeln!(page, " {sign} {id:<6} {top:<expected$}  {seen:<got$}  {mended}");
    }
    let (right, mended) =
        (rows.iter().filter(|row| row.wrong.is_empty()).count(), rows.iter().filter(|row| row.mended == "yes").count());
    let _ = writeln!(page, "field cases: {right} of {} right, {mended} mended by what was printed", rows.len());
    for row in rows.iter().filter(|row| !row.wrong.is_empty()) {
        let _ = write!(page, "\n✗ {}: {}\n{}", row.id, row.report, row.wrong);
    }
    page
}
