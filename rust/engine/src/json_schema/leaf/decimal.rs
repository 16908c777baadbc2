//! Exact decimal numbers, as a schema writes them: no value passes through floating point.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{Error, Result};

/// A decimal number of any size: `±0.d1d2…dk * 10^magnitude`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Significant digits, 0 to 9, the first and the last not 0; none for zero.
    digits: Vec<u8>,
    /// The power of ten just above the number; 0 for zero.
    magnitude: i64,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Decimal = Decimal { negative: false, digits: Vec::new(), magnitude: 0 };

    /// Reads the text of a JSON number. Linear in its length.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::limit(format!("{text:?} is not a number that can be read"));
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().map_err(|_| bad())?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
            || whole.is_empty()
        {
            return Err(bad());
        }
        let digits: Vec<u8> =
            whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let magnitude = whole.len() as i64 + i64::from(exponent);
        Ok(Self::normal(negative, digits, magnitude))
    }

    /// The number of a JSON value, exactly as written.
    pub fn from_json(number: &serde_json::Number) -> Result<Self> {
        Self::parse(number.as_str())
    }

    /// `0.digits * 10^magnitude`, brought into normal form.
    fn normal(negative: bool, mut digits: Vec<u8>, mut magnitude: i64) -> Self {
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..zeros);
        magnitude -= zeros as i64;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Self::ZERO;
        }
        Decimal { negative, digits, magnitude }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The significant digits, without zeros at either end.
    pub fn digits(&self) -> &[u8] {
        &self.digits
    }

    /// The power of ten just above the absolute value: it is `0.d1d2… * 10^magnitude`.
    pub fn magnitude(&self) -> i64 {
        self.magnitude
    }

    /// The number of digits after the decimal point.
    pub fn decimals(&self) -> i64 {
        (self.digits.len() as i64 - self.magnitude).max(0)
    }

    /// The number with its sign turned round.
    pub fn negated(&self) -> Self {
        Decimal { negative: !self.negative && !self.is_zero(), ..self.clone() }
    }

    /// `floor(|x| * 10^places)` in decimal digits, and whether that is exact. The caller keeps
    /// `magnitude + places` small.
    pub(super) fn scaled(&self, places: usize) -> (Natural, bool) {
        let wanted = self.magnitude + places as i64;
        let kept = wanted.clamp(0, self.digits.len() as i64) as usize;
        let mut digits = self.digits[..kept].to_vec();
        digits.resize(wanted.max(0) as usize, 0);
        (Natural::new(digits), kept == self.digits.len())
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |x: &Self| if x.is_zero() { 0 } else { 1 - 2 * i32::from(x.negative) };
        let by_sign = sign(self).cmp(&sign(other));
        let by_size =
            self.magnitude.cmp(&other.magnitude).then_with(|| self.digits.cmp(&other.digits));
        by_sign.then(if self.negative { by_size.reverse() } else { by_size })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let digit = |f: &mut fmt::Formatter<'_>, digit: u8| write!(f, "{digit}");
        digit(f, self.digits[0])?;
        if self.digits.len() > 1 {
            f.write_str(".")?;
            self.digits[1..].iter().try_for_each(|&one| digit(f, one))?;
        }
        match self.magnitude - 1 {
            0 => Ok(()),
            exponent => write!(f, "e{exponent}"),
        }
    }
}

/// A natural number in decimal digits, most significant first; `0` is one digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Natural(Vec<u8>);

impl Natural {
    pub(super) fn new(mut digits: Vec<u8>) -> Self {
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..zeros);
        if digits.is_empty() {
            digits.push(0);
        }
        Natural(digits)
    }

    /// The digits, with zeros before them if there are fewer than `len`.
    pub(super) fn padded(&self, len: usize) -> Vec<u8> {
        let mut digits = vec![0; len.saturating_sub(self.0.len())];
        digits.extend_from_slice(&self.0);
        digits
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0 == [0]
    }

    /// The remainder of division by `divisor`, which is below 2^60.
    pub(super) fn rem(&self, divisor: u64) -> u64 {
        self.0.iter().fold(0, |rest, &digit| (rest * 10 + u64::from(digit)) % divisor)
    }

    /// The sum with a small number.
    pub(super) fn plus(mut self, addend: u64) -> Self {
        let mut carry = addend;
        for digit in self.0.iter_mut().rev() {
            let sum = u64::from(*digit) + carry % 10;
            *digit = (sum % 10) as u8;
            carry = carry / 10 + sum / 10;
        }
        while carry > 0 {
            self.0.insert(0, (carry % 10) as u8);
            carry /= 10;
        }
        self
    }

    /// The difference to a number that is not larger.
    pub(super) fn minus(mut self, subtrahend: u64) -> Self {
        let mut borrow = subtrahend;
        for digit in self.0.iter_mut().rev() {
            let take = borrow % 10;
            borrow /= 10;
            let have = u64::from(*digit);
            if have < take {
                borrow += 1;
            }
            *digit = ((have + 10 - take) % 10) as u8;
        }
        Natural::new(self.0)
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
