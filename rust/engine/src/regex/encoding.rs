//! How the code points of a text are written as bytes: plainly, or between the quotes of a JSON
//! string.
//!
//! In a JSON string each code point has exactly one spelling here, so that one value has one text:
//! raw where JSON allows it, else the two-character escape if there is one, else `\u00xx` in
//! lower-case hexadecimal.

use crate::expr::{Expr, ExprId, Exprs, Transition};

/// How the code points of a text are written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// As UTF-8.
    Utf8,
    /// As UTF-8 between the quotes of a JSON string: `"`, `\` and U+0000 to U+001F escaped.
    JsonString,
}

/// The two-character escapes of JSON: the code point, and what follows the backslash.
const SHORT_ESCAPES: [(u32, u8); 7] = [
    (0x08, b'b'),
    (0x09, b't'),
    (0x0A, b'n'),
    (0x0C, b'f'),
    (0x0D, b'r'),
    (0x22, b'"'),
    (0x5C, b'\\'),
];

const LAST_CONTROL: u32 = 0x1F;

/// One code point of any of the inclusive ranges (in any order; surrogates match nothing).
pub fn class(exprs: &mut Exprs, ranges: &[(u32, u32)], encoding: Encoding) -> ExprId {
    if encoding == Encoding::Utf8 || !ranges.iter().any(|&range| needs_escape(range)) {
        return exprs.class(ranges);
    }
    let holds = |code: u32| ranges.iter().any(|&(low, high)| low <= code && code <= high);
    let mut after_backslash: Vec<(u8, ExprId)> = SHORT_ESCAPES
        .iter()
        .filter(|&&(code, _)| holds(code))
        .map(|&(_, letter)| (letter, ExprId::EMPTY))
        .collect();
    let spelled_out: Vec<u32> = (0..=LAST_CONTROL)
        .filter(|&code| holds(code) && !SHORT_ESCAPES.iter().any(|&(short, _)| short == code))
        .collect();
    let hexadecimal = hexadecimal(exprs, &spelled_out);
    if hexadecimal != ExprId::NEVER {
        after_backslash.push((b'u', hexadecimal));
    }
    after_backslash.sort_unstable();
    let arms = after_backslash
        .into_iter()
        .map(|(byte, target)| Transition { low: byte, high: byte, target })
        .collect();
    let escape = exprs.switch(arms);

    let mut raw = Vec::with_capacity(ranges.len() + 2);
    for &(low, high) in ranges {
        for (first, last) in [(LAST_CONTROL + 1, 0x21), (0x23, 0x5B), (0x5D, 0x10_FFFF)] {
            let (low, high) = (low.max(first), high.min(last));
            if low <= high {
                raw.push((low, high));
            }
        }
    }
    let raw = exprs.class(&raw);
    let mut arms = match exprs.node(raw) {
        Expr::Switch(arms) => arms.to_vec(),
        _ => Vec::new(),
    };
    if escape != ExprId::NEVER {
        let at = arms.partition_point(|arm| arm.low < b'\\');
        arms.insert(at, Transition { low: b'\\', high: b'\\', target: escape });
    }
    exprs.switch(arms)
}

/// Any one code point.
pub fn any_char(exprs: &mut Exprs, encoding: Encoding) -> ExprId {
    class(exprs, &[(0, 0x10_FFFF)], encoding)
}

/// Exactly this text.
pub fn literal(exprs: &mut Exprs, text: &str, encoding: Encoding) -> ExprId {
    let mut bytes = Vec::with_capacity(text.len());
    for char in text.chars() {
        push_char(&mut bytes, char, encoding);
    }
    exprs.literal(&bytes)
}

/// Appends the spelling of one code point.
pub(super) fn push_char(bytes: &mut Vec<u8>, char: char, encoding: Encoding) {
    let code = char as u32;
    if encoding == Encoding::JsonString && needs_escape((code, code)) {
        bytes.push(b'\\');
        match SHORT_ESCAPES.iter().find(|&&(short, _)| short == code) {
            Some(&(_, letter)) => bytes.push(letter),
            None => bytes.extend_from_slice(format!("u{code:04x}").as_bytes()),
        }
        return;
    }
    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

fn needs_escape((low, high): (u32, u32)) -> bool {
    low <= LAST_CONTROL || (low <= 0x22 && high >= 0x22) || (low <= 0x5C && high >= 0x5C)
}

/// `00xx` for any of these control characters, sorted.
fn hexadecimal(exprs: &mut Exprs, codes: &[u32]) -> ExprId {
    let mut tens = Vec::new();
    for ten in 0..=1 {
        let mut units = Vec::new();
        for &code in codes.iter().filter(|&&code| code >> 4 == ten) {
            let digit = b"0123456789abcdef"[(code & 15) as usize];
            units.push(Transition { low: digit, high: digit, target: ExprId::EMPTY });
        }
        let target = exprs.switch(units);
        if target != ExprId::NEVER {
            let digit = b'0' + ten as u8;
            tens.push(Transition { low: digit, high: digit, target });
        }
    }
    let digits = exprs.switch(tens);
    let zeros = exprs.literal(b"00");
    exprs.concat2(zeros, digits)
}
