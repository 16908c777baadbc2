//! Where in a schema something stands, for error messages.

use super::names::{Name, Names};

/// One step of a JSON pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Segment {
    Keyword(&'static str),
    Name(Name),
    Index(usize),
}

/// A place in a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place(u32);

impl Place {
    /// The root of the schema.
    pub const ROOT: Place = Place(0);
}

enum Step {
    /// A pointer as a reference spelt it, with the URI of its document if it is another one.
    Base(Box<str>),
    Under(Place, Segment),
}

/// All places met so far, as a tree.
pub(crate) struct Places {
    steps: Vec<Step>,
}

impl Places {
    pub fn new() -> Self {
        Places { steps: vec![Step::Base("".into())] }
    }

    /// A place that a reference leads to.
    pub fn base(&mut self, pointer: &str) -> Place {
        self.push(Step::Base(pointer.into()))
    }

    /// The place of a keyword, or of what is under one.
    pub fn under(&mut self, place: Place, segment: Segment) -> Place {
        self.push(Step::Under(place, segment))
    }

    /// The JSON pointer of a place.
    pub fn pointer(&self, mut place: Place, names: &Names) -> String {
        let mut segments = Vec::new();
        let base = loop {
            match &self.steps[place.0 as usize] {
                Step::Base(base) => break base,
                Step::Under(above, segment) => {
                    segments.push(*segment);
                    place = *above;
                }
            }
        };
        let mut pointer = base.to_string();
        for segment in segments.into_iter().rev() {
            pointer.push('/');
            match segment {
                Segment::Keyword(keyword) => pointer.push_str(keyword),
                Segment::Name(name) => {
                    pointer.push_str(&names.text(name).replace('~', "~0").replace('/', "~1"));
                }
                Segment::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }

    fn push(&mut self, step: Step) -> Place {
        self.steps.push(step);
        Place(self.steps.len() as u32 - 1)
    }
}
