"""Write the table of code points that a label of an internationalised host name may have anywhere (RFC 5892), with the
properties that the rules about neighbours ask for.

Sources: the package idna (derived property, joining types, scripts) and Python's unicodedata (everything else). Code
points that unicodedata does not know yet are left out.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from idna import idnadata

TABLE = Path(__file__).parent.parent / "rust/engine/src/json_schema/leaf/formats/idna/table.rs"
LAST = 0x110000
BIDI = {"L": "Left", "R": "Right", "AL": "Right", "AN": "ArabicNumber", "EN": "Number", "NSM": "Mark"}
SCRIPTS = {"Greek": "Greek", "Hebrew": "Hebrew", "Hiragana": "KanaOrHan", "Katakana": "KanaOrHan", "Han": "KanaOrHan"}
JOINING = {"T": "Transparent", "R": "Right", "D": "Dual", "L": "Left"}


def spread(ranges: tuple[int, ...]) -> Iterator[int]:
    for packed in ranges:
        yield from range(packed >> 32, packed & 0xFFFFFFFF)


def composition() -> tuple[set[int], set[int]]:
    """The code points that normalisation form C joins with one before them, and those that may stand before."""
    pairs, seconds = set(), set()
    for code in range(LAST):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pair = "".join(chr(int(part, 16)) for part in parts)
            if unicodedata.normalize("NFC", pair) == chr(code):
                pairs.add(ord(pair[0]))
                seconds.add(ord(pair[1]))
    # A composed letter may come apart, for its base to be joined with another mark.
    composed = {code for code in range(LAST) if unicodedata.decomposition(chr(code))[:1] not in ("", "<")}
    changes = {
        code
        for code in pairs | composed
        if any(unicodedata.normalize("NFC", text) != text for text in (chr(code) + chr(mark) for mark in seconds))
    }
    return changes, seconds


def classes() -> dict[tuple[str, ...], list[int]]:
    """The code points by their properties, in the order of the fields of `Class`."""
    joining = {code: name for name, ranges in idnadata.joining_types.items() for code in spread(ranges)}
    scripts = {code: SCRIPTS[name] for name, ranges in idnadata.scripts.items() for code in spread(ranges)}
    firsts, seconds = composition()
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for code in spread(idnadata.codepoint_classes["PVALID"]):
        char = chr(code)
        if code < 0x80 or unicodedata.category(char) == "Cn":
            continue
        found[
            f"Bidi::{BIDI.get(unicodedata.bidirectional(char), 'Neutral')}",
            f"Joining::{JOINING.get(joining.get(code, ''), 'None')}",
            f"Script::{scripts.get(code, 'Other')}",
            str(unicodedata.combining(char)),
            str(unicodedata.category(char).startswith("M")).lower(),
            str(code in firsts).lower(),
            str(code in seconds).lower(),
        ].append(code)
    return found


def lines(items: list[str], width: int = 120) -> str:
    """Items filled into lines, as rustfmt leaves them inside `#[rustfmt::skip]`."""
    out, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > width:
            out.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*out, line])


def main() -> None:
    found = sorted(classes().items())
    of = {code: number for number, (_, codes) in enumerate(found) for code in codes}
    ranges: list[list[int]] = []
    for code in sorted(of):
        if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == of[code]:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, of[code]])
    rows = [f"    Class::new({', '.join(key)})," for key, _ in found]
    table = "\n".join(rows)
    text = f"""//! Code points beyond ASCII that a label of a host name may have, by their properties.
//!
//! Written by `tools/write_idna_table.py` from Unicode {unicodedata.unidata_version}; not to be edited.

use super::class::{{Bidi, Class, Joining, Script}};

/// The combinations of properties.
#[rustfmt::skip]
pub(super) const CLASSES: [Class; {len(rows)}] = [
{table}
];

/// First and last code point, and the number of their class; sorted.
#[rustfmt::skip]
pub(super) const RANGES: [(u32, u32, u8); {len(ranges)}] = [
{lines([f"({low:#x}, {high:#x}, {number})" for low, high, number in ranges])}
];
"""
    TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
