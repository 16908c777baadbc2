"""The Rust extension: use it through `outlines.guide`, which documents each name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__version__: str

class ConstraintError(ValueError):
    """A constraint that cannot be honoured: the base of its kinds."""

class RegexError(ConstraintError):
    """A regular expression that is not one, cannot be honoured, or matches nothing."""

    position: int
    """Where, in code points from the start of the pattern."""

class JsonSchemaError(ConstraintError):
    """A JSON Schema that is not one, cannot be honoured, or allows no value."""

    pointer: str
    """Where, as a JSON pointer into the schema."""

class GrammarError(ConstraintError):
    """A Lark grammar that is not one, cannot be honoured, or has no sentence."""

    line: int
    """Where, from 1; 0 if the fault has no place."""
    column: int
    """Where, from 1; 0 if the fault has no place."""

class BudgetError(ConstraintError):
    """A limit on tokens that is too small for any output.

    It is exact where `at_least == enough`: then no output takes fewer tokens than `enough`.
    """

    max_tokens: int
    """The limit."""
    at_least: int
    """No output takes fewer tokens than this."""
    enough: int | None
    """An output of so many tokens is known; `None` if none was found at all."""

class LimitError(ConstraintError):
    """A constraint that needs more states, memory or time than allowed."""

class ConstraintWarning(UserWarning):
    """A constraint that works, but hardly as it was meant: a rule that nothing uses, or that never ends."""

class EngineError(RuntimeError):
    """A fault of the engine itself."""

class Vocabulary:
    """The bytes of every token id of one tokenizer, for one size of the model's vocabulary.

    Immutable, and shared by every index made for it. Building one takes tens of milliseconds for 128k tokens.
    """

    def __new__(cls, tokens: Sequence[bytes | None], eos: Iterable[int], size: int) -> Vocabulary:
        """Make a vocabulary from the bytes of its tokens.

        Args:
            tokens: what each id writes; `None` for special, added and padding ids, which are never allowed as text.
            eos: the ids that end a text. They are never text either.
            size: how many ids the model scores; at least `len(tokens)`.

        Raises:
            ValueError: if the sizes do not fit or no token has any text.
            TypeError: if a token is neither bytes nor `None`.
        """

    @property
    def size(self) -> int:
        """How many ids the model scores; a mask has `ceil(size / 32)` words."""

    @property
    def eos(self) -> list[int]:
        """The ids that end a text, ascending."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes, in bytes."""

    def token(self, id: int) -> bytes | None:
        """What a token writes; `None` for an id that is never text."""

    def __len__(self) -> int: ...

class Index:
    """One constraint compiled for one vocabulary.

    Immutable to its users and shared by threads and requests. Inside, states and masks are made when first asked for
    and then kept, as far as `memory_limit` goes. Every method releases the GIL.
    """

    @staticmethod
    def from_regex(pattern: str, vocabulary: Vocabulary) -> Index:
        """The texts that `re.fullmatch(pattern, text)` matches.

        Raises:
            RegexError: the pattern is not one, cannot be honoured (back-references), or matches nothing.
            LimitError: deciding that takes too many states.
        """

    @staticmethod
    def from_json_schema(
        schema: Any,
        vocabulary: Vocabulary,
        property_order: str = "schema",
        whitespace_pattern: str | None = None,
        plain_integers: bool = False,
        ignore_formats: bool = False,
        registry: dict[str, Any] | str | None = None,
    ) -> Index:
        """The JSON texts that a schema allows.

        Args:
            schema: a dict or bool as `json.loads` makes it, or the JSON text of one.
            vocabulary: the vocabulary to compile for.
            property_order: `"schema"` (as declared, then additional ones) or `"any"`.
            whitespace_pattern: a regular expression for what may stand between JSON tokens, instead of the default.
            plain_integers: write integers as `5`, never as `5.0` or `5e2`, though JSON Schema counts these as integers.
            ignore_formats: take `format` for an annotation, which asks nothing.
            registry: the documents that references may lead to, by URI; a dict or the JSON text of one. Nothing is
                fetched.

        Raises:
            JsonSchemaError: the schema is not one, cannot be honoured, or allows no value; `.pointer` says where.
            LimitError: deciding that takes too many states.
        """

    @staticmethod
    def from_choices(values: Sequence[str], vocabulary: Vocabulary) -> Index:
        """Exactly one of `values`.

        Raises:
            ConstraintError: there are no values.
        """

    @staticmethod
    def from_grammar(
        text: str,
        vocabulary: Vocabulary,
        start: str = "start",
        files: Sequence[tuple[str, str]] | None = None,
        parser: Literal["earley", "lalr"] = "earley",
    ) -> Index:
        """The sentences of a Lark grammar.

        Args:
            text: the grammar.
            vocabulary: the vocabulary to compile for.
            start: the rule that a whole text is.
            files: what `%import .file.rule` reads, as pairs of a path (`"file.lark"`) and a text.
            parser: Lark's parser that the grammar is written for.

        Raises:
            GrammarError: the grammar is not one, cannot be honoured, or has no sentence; `.line` and `.column` say
                where.

        Warns:
            ConstraintWarning: a rule is never used, or has no sentence.
        """

    @staticmethod
    def from_constraint(constraint: tuple[str, Any, Mapping[str, Any]], vocabulary: Vocabulary) -> Index:
        """A constraint of any kind, made of others or not.

        Args:
            constraint: (kind, value, options). Kinds `"regex"`, `"json"`, `"choice"` and `"grammar"` take their value
                and options as the functions above do. The value of a `"union"` (any one of them) or a `"sequence"`
                (one after the other) is a list of such tuples, that of a `"repeat"` one of them, with the options
                `min` and `max`: how often, without an upper bound where `max` is not given.
            vocabulary: the vocabulary to compile for.

        Raises:
            ConstraintError: as for the kind, of the first part that cannot be honoured.
            ValueError: an unknown kind or option.
        """

    def accepts(self, text: str | bytes) -> bool:
        """Whether the whole of `text` is in the language. Linear in its length."""

    def accepts_prefix(self, text: str | bytes) -> bool:
        """Whether `text` can be completed to a text in the language. Linear in its length."""

    def minimum_tokens(self, stop_tokens: Sequence[int] | None = None, enough: int = 0) -> tuple[int, int | None]:
        """How many tokens the shortest output takes, without a stop token.

        Found by a search over the tokens, which takes up to some tenths of a second for an output of many tokens.

        Args:
            stop_tokens: the ids that end the text, if some of them are text otherwise.
            enough: stop looking when so many tokens are found to do.

        Returns:
            (at_least, enough): no output takes fewer tokens than the first; one takes as many as the second, which is
            `None` if no output was found. They are equal where the search could be completed.
        """

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary it was compiled for."""

    @property
    def nbytes(self) -> int:
        """How much memory it takes, in bytes, without its vocabulary, as of the last call that is done."""

    memory_limit: int
    """How much memory it may take, in bytes, without its vocabulary; 256 MiB by default.

    An index that takes more lets go of what it has known longest and can find out again. Guides go on as if nothing had
    happened: one that was at work on what is gone has its tokens read again at its next call. Two things may take an
    index past its limit: what the texts of the guides at work take has to be held, so that it may come to a small
    multiple of that; and a guide near the end of its `max_tokens` keeps what it knows of the way there, until twice the
    limit is reached.
    """

    @property
    def generation(self) -> int:
        """How many times it has begun anew, to let go of what it knew before."""

class Guide:
    """One request's position in an index: cheap, one per request, not for several threads at once."""

    def __new__(cls, index: Index, stop_tokens: Sequence[int] | None = None, max_tokens: int | None = None) -> Guide:
        """A guide at the start of `index`.

        Args:
            index: the constraint.
            stop_tokens: the ids that end the text, `index.vocabulary.eos` by default. They are never text.
            max_tokens: the number of tokens within which the text is to be whole; see `max_tokens` below.

        Raises:
            BudgetError: every output takes more tokens.
        """

    max_tokens: int | None
    """The number of tokens, from the start, within which the text is to be whole.

    Near its end only those tokens are allowed after which the text can still be completed, so that a text of that many
    tokens is whole. A stop token needs no place among them: the text ends there anyhow. Far from the end nothing
    changes. Setting it raises `BudgetError` where every output takes more tokens, and leaves the guide without a limit
    then; `None` takes it away. It stays `None` too where, in the time there is, no output so short was found and none
    was ruled out: such a text may be cut off.
    """

    @property
    def index(self) -> Index:
        """The index it moves in."""

    def fill_bitmask(self, row: NDArray[np.int32] | int) -> None:
        """Write the mask: bit `i % 32` of word `i // 32` is set when token `i` may come next.

        Stop tokens are allowed exactly where the text may end; once one is taken, nothing else is.

        Args:
            row: a contiguous, writable int32 array of at least `ceil(vocabulary.size / 32)` words, or the address of
                as many words that nothing else uses during the call.

        Raises:
            ValueError: the row is too short, not contiguous, or read-only.
            LimitError: a state not seen before is too large; the row is cleared.
        """

    def advance(self, token_id: int) -> bool:
        """Take a token. `False`, and nothing changes, if it is not allowed or not an id."""

    def validate(self, tokens: Sequence[int]) -> int:
        """How many of `tokens`, one after another, could be taken. Changes nothing."""

    def rollback(self, count: int) -> None:
        """Take back the last `count` tokens, stop tokens included.

        Raises:
            ValueError: fewer than `count` were taken; nothing changes.
        """

    def reset(self) -> None:
        """Back to the start."""

    def copy(self) -> Guide:
        """A guide at the same position that moves on its own."""

    def is_accepting(self) -> bool:
        """Whether the text so far is a whole sentence."""

    def is_finished(self) -> bool:
        """Whether a stop token has been taken."""

    def forced_bytes(self) -> bytes:
        """What must come next as long as there is only one way; at most 4,096 bytes of it."""

def fill_bitmasks(guides: Sequence[Guide], bitmask: NDArray[np.int32], rows: Sequence[int] | None = None) -> None:
    """Fill one row per guide, without the GIL.

    Args:
        guides: the guides; none twice.
        bitmask: a contiguous, writable int32 array of shape (rows, words).
        rows: the row for each guide; the first `len(guides)` ones by default.

    Raises:
        ValueError: a row does not exist or is too short, or a guide is in use elsewhere.
        LimitError: as for `Guide.fill_bitmask`.
    """

def mask_logits(
    bits: NDArray[np.uint32] | NDArray[np.uint16],
    bitmask: NDArray[np.int32],
    rows: Sequence[tuple[int, int]],
    minus_infinity: int,
) -> None:
    """Set the logits of tokens that are not allowed to minus infinity, in place, without the GIL.

    Args:
        bits: the logits' bits, a writable array of shape (rows, tokens), each row contiguous.
        bitmask: an array of shape (rows, words); token t is allowed if bit t % 32 of word t // 32 is set. Tokens beyond
            the last word are left as they are.
        rows: pairs of a row of logits and the row of the bitmask that masks it.
        minus_infinity: its bits in the logits' format.

    Raises:
        TypeError: the arrays are of another kind.
        ValueError: a row does not exist or is not contiguous.
    """

def check_regex(pattern: str) -> None:
    """Raise what `Index.from_regex` would, without a vocabulary."""

def check_json_schema(
    schema: Any,
    *,
    property_order: str = "schema",
    whitespace_pattern: str | None = None,
    plain_integers: bool = False,
    ignore_formats: bool = False,
    registry: dict[str, Any] | str | None = None,
) -> None:
    """Raise what `Index.from_json_schema` would, without a vocabulary."""

def check_choices(values: Sequence[str]) -> None:
    """Raise what `Index.from_choices` would, without a vocabulary."""

def check_grammar(
    text: str,
    *,
    start: str = "start",
    files: Sequence[tuple[str, str]] | None = None,
    parser: Literal["earley", "lalr"] = "earley",
) -> None:
    """Raise, and warn of, what `Index.from_grammar` would, without a vocabulary."""

def grammar_imports(text: str) -> list[str]:
    """The paths, from its own folder, of the files that a grammar imports by `%import .file.rule`.

    Raises:
        GrammarError: the text is no grammar.
    """

def check_constraint(constraint: tuple[str, Any, Mapping[str, Any]]) -> None:
    """Raise what `Index.from_constraint` would, without a vocabulary."""
