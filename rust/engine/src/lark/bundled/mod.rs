//! The grammars that come with Lark, for `%import common.NUMBER` and the like: their terminals, in
//! our own words.

/// The text of one of Lark's own grammars.
pub(super) fn grammar(file: &str) -> Option<&'static str> {
    match file {
        "common.lark" => Some(include_str!("common.lark")),
        "lark.lark" => Some(include_str!("lark.lark")),
        "python.lark" => Some(include_str!("python.lark")),
        "unicode.lark" => Some(include_str!("unicode.lark")),
        _ => None,
    }
}
