//! The answer lines of `cert --batch`: a contract, described for its readers by `cert_answer.schema.json`.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::value::RawValue;

use super::json::harmless;
use crate::diagnosis::assessment::{Assessment, Defect, Opinion, Refusal};

/// The JSON Schema (2020-12) of what [`cert_answer`] and [`cert_complaint`] write.
pub const CERT_ANSWER_SCHEMA: &str = include_str!("cert_answer.schema.json");

#[derive(Serialize)]
struct Answer<'a> {
    id: Option<&'a RawValue>,
    verdicts: Verdicts<'a>,
    defects: Vec<DefectView<'a>>,
}

/// By the id of the stack, in the order in which they were asked.
struct Verdicts<'a>(&'a [Opinion]);

#[derive(Serialize)]
struct VerdictView {
    ok: bool,
    /// Null where it accepts.
    class: Option<String>,
    text: Option<String>,
}

#[derive(Serialize)]
pub(super) struct DefectView<'a> {
    code: String,
    subject: &'a str,
}

#[derive(Serialize)]
struct Complaint<'a> {
    id: Option<&'a RawValue>,
    error: &'a str,
}

/// What was made of one line, and a line end.
pub fn cert_answer(id: Option<&RawValue>, assessment: &Assessment<'_>) -> String {
    let defects = assessment.defects.iter().map(defect).collect();
    line(&Answer { id, verdicts: Verdicts(&assessment.opinions), defects })
}

/// Why nothing could be made of a line, and a line end.
pub fn cert_complaint(id: Option<&RawValue>, error: &str) -> String {
    line(&Complaint { id, error })
}

fn verdict(opinion: &Opinion) -> VerdictView {
    let first = opinion.first.as_ref();
    VerdictView {
        ok: opinion.is_accepted(),
        class: first.map(|refusal| refusal.class.to_string()),
        text: first.map(Refusal::with_code),
    }
}

pub(super) fn defect(defect: &Defect) -> DefectView<'_> {
    DefectView { code: defect.code.to_string(), subject: &defect.subject }
}

fn line(answer: &impl Serialize) -> String {
    // Serialising fails only for maps with keys that are no strings and for failing `Serialize` impls; there are neither.
    harmless(&serde_json::to_string(answer).unwrap_or_default()) + "\n"
}

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for opinion in self.0 {
            map.serialize_entry(opinion.stack.id, &verdict(opinion))?;
        }
        map.end()
    }
}
