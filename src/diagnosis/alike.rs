//! Subjects of which the same was said, put together.

use std::collections::HashMap;

use super::Subject;

/// What was said, in the order of its first mention, and of whom.
#[derive(Default)]
pub struct Alike {
    groups: Vec<(String, Vec<Subject>)>,
    places: HashMap<String, usize>,
}

impl Alike {
    /// Notes what was said of a subject.
    pub fn add(&mut self, said: &str, subject: Subject) {
        if let Some(place) = self.places.get(said) {
            self.groups[*place].1.push(subject);
            return;
        }
        self.places.insert(said.to_owned(), self.groups.len());
        self.groups.push((said.to_owned(), vec![subject]));
    }
}

impl IntoIterator for Alike {
    type Item = (String, Vec<Subject>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_iter()
    }
}
