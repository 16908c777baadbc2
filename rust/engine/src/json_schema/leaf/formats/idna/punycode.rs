//! Punycode (RFC 3492): code points in ASCII, as a list of insertions in ascending order.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST_CODE: u32 = 0x80;

/// A text under decoding, between two insertions.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// The code points so far.
    pub codes: Vec<u32>,
    /// The code point inserted last, and the place after it.
    code: u32,
    place: u32,
    bias: u32,
    /// Whether there has been an insertion.
    pub has_inserted: bool,
}

/// Digits that do not end their number: what they are worth, and what the next one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partial {
    pub value: u64,
    pub weight: u64,
    digits: u32,
}

impl Partial {
    pub const NONE: Partial = Partial { value: 0, weight: 1, digits: 0 };
}

impl Decoder {
    /// Before the first insertion into a text of ASCII.
    pub fn new(basic: &[u8]) -> Self {
        let codes = basic.iter().map(|&byte| u32::from(byte)).collect();
        Decoder { codes, code: FIRST_CODE, place: 0, bias: FIRST_BIAS, has_inserted: false }
    }

    /// Reads one more digit; what is then left of an unfinished number. `None` for what is not
    /// Punycode in lower case, or beyond Unicode.
    pub fn read(&mut self, mut partial: Partial, byte: u8) -> Option<Partial> {
        let digit = digit(byte)?;
        let threshold = self.threshold(partial.digits);
        partial.value += u64::from(digit) * partial.weight;
        if partial.value > u64::from(char::MAX as u32) * 64 {
            return None;
        }
        if digit < threshold {
            let (code, place) = self.insertion(partial.value)?;
            self.insert(code, place, partial.value);
            return Some(Partial::NONE);
        }
        partial.weight *= u64::from(BASE - threshold);
        partial.digits += 1;
        Some(partial)
    }

    /// The code point and the place that a number stands for.
    pub fn insertion(&self, value: u64) -> Option<(u32, usize)> {
        let places = self.codes.len() as u64 + 1;
        let value = value + u64::from(self.place);
        let code = u64::from(self.code) + value / places;
        (code <= u64::from(char::MAX as u32)).then(|| (code as u32, (value % places) as usize))
    }

    /// Makes the insertion that a number stands for.
    pub fn insert(&mut self, code: u32, place: usize, value: u64) {
        self.codes.insert(place, code);
        self.code = code;
        self.place = place as u32 + 1;
        self.bias = adapted(value as u32, self.codes.len() as u32, !self.has_inserted);
        self.has_inserted = true;
    }

    fn threshold(&self, digits: u32) -> u32 {
        (BASE * (digits + 1)).saturating_sub(self.bias).clamp(T_MIN, T_MAX)
    }

    /// How many digits follow those read if what is left of the number is `rest` times their weight.
    pub fn digits_left(&self, partial: Partial, mut rest: u64) -> usize {
        let mut digits = partial.digits;
        loop {
            let threshold = u64::from(self.threshold(digits));
            digits += 1;
            if rest < threshold {
                return (digits - partial.digits) as usize;
            }
            rest = (rest - threshold) / (u64::from(BASE) - threshold);
        }
    }
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

fn adapted(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut bias = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        bias += BASE;
    }
    bias + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}
