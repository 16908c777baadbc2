//! The engine's errors: what was wrong, and where.

/// The result of anything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a constraint was refused, or why work on it was given up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A regular expression that is not one, or that cannot be honoured. `position` counts code
    /// points from the start of the pattern.
    #[error("{message} (at position {position} of the pattern {pattern:?})")]
    Regex { message: String, pattern: String, position: usize },
    /// A JSON Schema that is not one, that cannot be honoured, or that allows nothing. `pointer`
    /// is a JSON pointer into the schema.
    #[error("{message} (at {pointer:?} of the schema)")]
    JsonSchema { message: String, pointer: String },
    /// A grammar that is not one, that cannot be honoured, or that has no sentence. `line` and
    /// `column` count from 1; both are 0 where the fault has no place.
    #[error("{message} (line {line}, column {column} of the grammar)")]
    Grammar { message: String, line: usize, column: usize },
    /// A choice of nothing, or of values that cannot be told apart.
    #[error("{message}")]
    Choice { message: String },
    /// A vocabulary that is not one.
    #[error("{message}")]
    Vocabulary { message: String },
    /// A number of tokens too small for any text that is known. No text takes fewer than `at_least`;
    /// one takes `enough`, if any was found.
    #[error("{}", budget(*tokens, *at_least, *enough))]
    Budget { tokens: u32, at_least: u32, enough: Option<u32> },
    /// The work needs more states, memory or time than allowed.
    #[error("over a limit: {message}")]
    Limit { message: String },
}

fn budget(tokens: u32, at_least: u32, enough: Option<u32>) -> String {
    let needs = match enough {
        Some(enough) if enough == at_least => format!("it needs at least {enough}"),
        Some(enough) if at_least > tokens => {
            format!("it needs at least {at_least}, and {enough} are enough")
        }
        Some(enough) => format!("the shortest output that was found takes {enough}"),
        None => "none was found that these tokens can spell".to_owned(),
    };
    format!("{tokens} tokens are too few for any output: {needs}")
}

impl Error {
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Error::Limit { message: message.into() }
    }

    pub(crate) fn schema(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Error::JsonSchema { message: message.into(), pointer: pointer.into() }
    }

    pub(crate) fn grammar(line: usize, column: usize, message: impl Into<String>) -> Self {
        Error::Grammar { message: message.into(), line, column }
    }
}
