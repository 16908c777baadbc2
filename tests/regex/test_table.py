"""A table of patterns, construct by construct, with the texts at their edges; `re.fullmatch` itself says what matches.

Where engines go wrong is known from the test suites of several: empty alternatives and rounds, anchors in odd places,
case folding across blocks, classes at the ends of UTF-8's lengths, what only looks like a quantifier.
"""

from __future__ import annotations

import re
import sys
import warnings

import pytest

from outlines.guide import Index, RegexError, Vocabulary

BYTES = Vocabulary([bytes([byte]) for byte in range(256)] + [None], [256], 257)

# Pattern, then the texts.
TABLE: list[tuple[str, ...]] = [
    # Empty things.
    ("", "", "a"), ("|", "", "a"), ("a||b", "", "a", "b", "ab"), ("()", "", "a"), ("()*", "", "a"), ("(|a)*", "", "a", "aaa", "b"),
    ("(|a)+", "", "aa", "b"), ("(a|)+b", "b", "ab", "aab", "a"), ("(?:)+a", "a", ""), ("(a*)*", "", "aa", "b"), ("(a*)+", "", "aa"),
    ("(?:a*|b)*", "", "abba", "c"), ("(a?)*?b", "b", "aab"), ("(?:(?:)|a){3}", "", "aaa", "aaaa"), ("((a?){2}){2}", "aaaa", "aaaaa"),
    ("x{0}", "", "x"), ("(?:x{0}y)*", "yy", "xy", ""), ("a{0,0}b", "b", "ab"), ("(?=)a", "a"), ("(?!)", "", "a"), ("(?!)|a", "a", ""),
    # Quantifiers, and what is none.
    ("a{2}", "a", "aa", "aaa"), ("a{2,}", "a", "aa", "aaaaa"), ("a{,2}", "", "aa", "aaa", "a{,2}"), ("a{,}", "", "aaa", "a{,}"),
    ("a{", "a{", "a"), ("a{}", "a{}"), ("a{1", "a{1"), ("a{1,x}", "a{1,x}"), ("a{ 1}", "a{ 1}", "a"), ("{1}", "{1}"), ("x{,1,2}", "x{,1,2}"),
    ("a+?b??", "a", "aab", "aabb"), ("a{2,3}?", "aa", "aaa", "a"), ("(a{2}){3}", "aaaaaa", "aaaaa"), ("(a{2,3}){2}", "aaa", "aaaa", "aaaaaa", "aaaaaaa"),
    ("(?:a{3}|a{5})*", "aaa", "aaaa", "aaaaa", "aaaaaaaa", "aaaaaaa"), ("(a+|b+){2,}", "a", "aa", "ab", "abab"), ("(ab|a)(bc|c)", "abc", "abbc", "ac", "abcc"),
    ("(a|ab)(c|bcd)(d*)", "abcd", "acd", "abcdd", "ab"), ("(a+b|a+c)d", "aabd", "aacd", "aad"), ("(?:a|ab|abc)*d", "aabababcd", "abcabd", "bd"),
    # Possessive and atomic.
    ("a*+a", "aaa"), ("a*+b", "aab", "b"), ("(?>a*)ab", "aab"), ("(?>a|ab)c", "ac", "abc"), ("(?>ab|a)b", "ab", "abb"), ("a?+a", "a", "aa"),
    ("a{1,2}+a", "aa", "aaa", "aaaa"), ("(?>a+?)b", "ab", "aab"), ("(?>a+?)*b", "aab", "b"), ("(?:ab?)++b", "abb", "aab"), ("(?>(?:a|b)*?)c", "c", "abc"),
    ("(?>a(?=b)|ab)c?b?", "ab", "abc", "abb"), ("x(?>y|yz)*z", "xz", "xyz", "xyyz"),
    # Anchors, anywhere.
    ("^a$", "a", "a\n", "\na"), ("a$b", "a", "ab"), ("a$\nb", "a\nb"), ("a$\n", "a\n", "a"), (r"a\Z\n?", "a", "a\n"), ("a^b", "ab"), ("(^a|b)*", "a", "ab", "ba", "b"),
    ("(?m)^a$\n^b$", "a\nb", "ab"), ("(?m:a$)\nb", "a\nb"), ("(?m)a\n^", "a\n"), ("a\n^", "a\n"), ("(?m)$", "", "\n"), ("$", "", "\n"), ("$\n$", "\n", "\n\n"),
    ("$*", ""), ("(?:^|a)+", "", "a", "aa"), ("(?:$|a)*", "a", "aa"), ("(a|$)+b?", "a", "ab", "aa"), (r"\A\Aa\Z\Z", "a", "aa"), ("(?s).*$.", "\n", "a\n", "a"),
    # Word boundaries; Python's \B never holds in the empty text before 3.14.
    (r"\ba\b", "a", "aa"), (r"a\Bb", "ab"), (r"a\bb", "ab"), (r"\b", "", "a"), (r"\B", "", " "), (r"a\b \bb", "a b"), (r" \B ", "  "), (r"\w+\b.", "ab!", "abc", "ab"),
    (r"(\b|a)*", "a", "aa", ""), (r"é\b-", "é-"), (r"(?a)é\b-", "é-"), (r"(?a)a\bé", "aé"), (r"a\bé", "aé"), (r".\b.\b.", "a-a", "-a-", "aaa"),
    # Look-around.
    ("(?=a)a", "a", "b"), ("(?=ab)a", "a", "ab"), ("(?=ab)a.", "ab", "ac"), ("a(?!b).", "ac", "ab"), ("(?!ab)..", "ab", "ac"), ("(?=.*b)a*.", "aab", "aaa"),
    ("(?=a*b)(?=.{3}$).*", "aab", "ab", "aaa"), ("(?:(?!aa).)*", "aba", "baab"), ("(?:(?=a.)..)*", "abac", "abba"), ("(?<=a)b", "b", "ab"), ("a(?<=a)b", "ab"),
    ("a(?<!a)b", "ab"), (".(?<=[ab])c", "ac", "cc"), ("(?:a|bc)(?<=bc)d", "ad", "bcd"), ("..(?<=a.)b|c", "aab", "bab", "c"), ("(?<=^)a", "a"), ("a(?<=^a)b", "ab"),
    ("(?<=(?=a))a", "a"), ("a(?<=a(?=b))b", "ab"), ("a(?<=a(?=c))b", "ab"), ("(?!.*(?=b)).*", "a", "ab"), ("(?=(?!b).)a?b?", "a", "b", "ab"), ("(?<!b)(?<!c)a", "a"),
    ("(?:(?<!a)b|a)*", "ab", "ba", "bb", "bab"), ("(?=(a|ab)c)a.*", "abc", "ac", "ab"), ("(?=a{2,4}$)(?=(?:aa)*$)a*", "a", "aa", "aaa", "aaaa", "aaaaaa"),
    # Conditional groups.
    ("(a)?(?(1)b|c)", "ab", "c", "ac", "b"), ("(a)?(?(1)b)", "ab", "", "a", "b"), ("(?:(a)|b)(?(1)c|d)", "ac", "bd", "ad"), ("(a)?(?(1)|x)", "a", "x", "ax"),
    ("(?P<q>[\"'])?a(?(q)!)", "a", "'a!", "'a"), ("(a)*(?(1)b|c)", "aab", "c", "b"), ("((a)|b)*(?(2)c|d)", "bac", "bbd", "abd"),
    # A round without text is the last one, but for those that there must be.
    ("(?:()|(?(1)()|z)){0,2}(?(2)a|z)", "a", "z", "zz", "za"), ("(?:()|(?(1)()|z)){2}(?(2)a|z)", "a", "z", "zz", "za"), ("(?:()|(?(1)()))*(?(2)a|b)", "a", "b"),
    ("(?:()|(?(1)()|z)){1,3}?(?(2)a|z)", "a", "z", "zz"), ("(?:(|x)|(?(1)(|y)|z))*(?(2)a|b)", "a", "b", "xa", "xb", "xya", "ya", "zxa", "zb"),
    # Classes.
    ("[]]", "]", "a"), ("[]a]*", "]a"), ("[^]]", "a", "]"), ("[a-]", "-", "b"), ("[-a]", "-"), ("[a-c-e]", "-", "d", "e", "b"), (r"[\]]", "]"), (r"[\\a]", "\\", "a"),
    ("[^a]", "\n", "a", "é"), (r"[^\n]", "\n", "\r"), (".", "\n", "\r", "\u2028", "\x85"), ("(?s).", "\n"), (r"[\w-]", "-", "é"), (r"[^\W\d]", "a", "1", "_", "²"),
    (r"[\s\S]", "\n", "😀"), (r"[\b]", "\b", "b"), ("[$^.*+?()|{}]*", "$^.*+?()|{}"), ("[a\\-z]", "-", "b"), (r"[\x41-\u0043]", "B", "D"), (r"[\060-9]", "0", "9"),
    # At the ends of UTF-8's lengths.
    ("[\x00-\x7f]", "\x7f", "\x80"), ("[\x80-\u07ff]", "\x7f", "\x80", "\u07ff", "\u0800"), ("[\u0800-\uffff]", "\u07ff", "\u0800", "\uffff", "\U00010000"),
    ("[\U00010000-\U0010ffff]", "\uffff", "\U00010000", "\U0010ffff"), ("[^\U00010000-\U0010ffff]", "\uffff", "\U00010000"), ("[\ud000-\ue000]", "\ud7ff", "\ue000", "\ue001"),
    ("..", "😀😀", "😀", "é"), (".{2,3}", "éé", "😀é漢", "é"), ("[😀-😂]+", "😁", "😀😂", "😃"), ("[^😀]", "😁", "😀"), ("é+", "é", "éé", "e"),
    # Classes by name.
    (r"\d+", "019", "٣", "²", "Ⅷ", "१२"), (r"(?a)\d", "1", "٣"), (r"\s", " ", "\x1c", "\x85", "\xa0", "\u2003", "\u200b", "\ufeff", "\u180e"), (r"(?a)\s", "\x1c", "\x0b", "\xa0"),
    (r"\w", "_", "é", "漢", "٣", "²", "ª", "\u0301", "\u200d", "Ⅷ"), (r"(?a)\w", "é", "z", "_"), (r"\W", "-", "\u0301", "a"), (r"\D\S\W", "a--", "1--", "a -"),
    (r"(?a:\w)\w", "aé", "éa"), (r"(?u:\w)", "é"),
    # Case.
    ("(?i)k", "K", "\u212a"), ("(?i)\u212a", "k", "K", "\u212a"), ("(?i)s", "ſ", "S"), ("(?i)ſ", "s", "S"), ("(?i)ß", "ẞ", "ß", "ss"), ("(?i)σ", "Σ", "ς", "σ"),
    ("(?i)[ς]", "Σ", "σ"), ("(?i)[^σ]", "Σ", "ς", "a"), ("(?i)i", "I", "İ", "ı"), ("(?i)İ", "i", "İ", "I"), ("(?i)ı", "I", "i"), ("(?i)å", "Å", "\u212b"), ("(?i)µ", "μ", "Μ", "µ"),
    ("(?i)ǆ", "ǅ", "Ǆ", "ǆ"), ("(?i)[a-z]", "K", "ſ", "\u212a", "é"), ("(?i)[^a-z]", "\u212a", "ſ", "1"), ("(?ia)k", "\u212a", "K"), ("(?ia)[a-z]", "ſ", "S"), ("(?i)ﬅ", "ﬆ", "ﬅ"),
    ("(?i)𐐀", "𐐨", "𐐀"), ("(?i)[𐐀-𐐁]", "𐐨", "𐐩", "𐐪"), ("(?i:a)b", "Ab", "AB"), ("(?i)a(?-i:b)", "Ab", "AB"), ("(?i)θ", "ϑ", "ϴ", "Θ"), ("(?i)ᾳ", "ᾼ"), ("(?i)\u0345", "ι", "Ι", "\u1fbe"),
    # Flags, comments, verbose.
    ("(?x) a b # c", "ab", "ab # c"), ("(?x) a\\ b [ ] c", "a b c"), ("(?x: a ) b", "a b", "ab"), ("(?x)a #x\n b", "ab"), ("a(?#)b)c|d", "ab"), ("a(?#c)b", "ab"), ("(?x)a{1, 2}", "a{1,2}", "aa"),
    ("(?x)a{1,2} +", "aa", "a "), ("(?s-i:.)", "\n"), ("(?is)A.", "a\n"), ("(?i)(?s).A", "\na"), ("(?x)[a #b]", " ", "#"), ("(?-x: a)", " a"), ("(?x) (?-x: ) a", " a"),
    # Escapes.
    (r"\a\f\n\r\t\v\0", "\a\f\n\r\t\v\0"), (r"\x7e\u00e9\U0001F600", "~é😀"), (r"\101\06\60", "A\x060"), (r"\.\*\+\?\(\)\[\]\{\}\|\\\^\$", r".*+?()[]{}|\^$"), (r"\é\-\ ", "é- "),
    (r"\N{LATIN SMALL LETTER E WITH ACUTE}", "é", "e"), (r"[\N{DIGIT ZERO}-\N{DIGIT NINE}]", "5", "a"), (r"\377\00a", "ÿ\0a"), ("a\\\nb", "a\nb"),
    # Names and numbers of groups that nothing refers to.
    ("(?P<a>x)(?P<b>y)", "xy"), ("(?P<é>x)", "x"), ("(((((((((((a)))))))))))", "a"), ("(?:(?P<x>a)|b)+", "ab"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: repr(row[0]))
def test_table(row: tuple[str, ...]) -> None:
    pattern, *texts = row
    if sys.version_info < (3, 11) and re.search(r"\(\?>|[*+?}]\+", pattern):
        pytest.skip("re before 3.11 has no atomic groups")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = re.compile(pattern)
        except re.error:
            with pytest.raises(RegexError):
                Index.from_regex(pattern, BYTES)
            return
    try:
        index = Index.from_regex(pattern, BYTES)
    except RegexError as error:
        assert "no text matches" in str(error)
        assert not any(compiled.fullmatch(text) for text in texts)
        return
    for text in texts:
        assert index.accepts(text) == (compiled.fullmatch(text) is not None), text
