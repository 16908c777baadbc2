"""Requests that think first: any text up to a marker such as `</think>`, then the constrained one.

`EndMarker` finds the marker in the bytes of the tokens (a Knuth-Morris-Pratt automaton), whichever tokens spell it, the
special ones included, whose bytes are those of their names. A token that ends the marker and goes on is excluded: the
guide starts at a token's border. So are stop tokens, since the constrained text must come; when the budget is used up,
all that is allowed is what goes on with the marker. All masks are made once per marker and vocabulary.

`ThinkingGrammar` keeps the automaton's states as a stack: that makes it exact under rollback and speculation.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outlines.guide import BudgetError, ConstraintError, Guide, LimitError, Vocabulary

from .grammar import GuideGrammar, RowTarget
from .mark import Thinking

# The end of a prompt in which a marker is looked for, in tokens.
_TAIL = 64


class EndMarker:
    """The end of thinking, for one vocabulary.

    A state is the number of the marker's bytes that the text ends with; `length` says that it is whole.

    Args:
        text: the marker.
        vocabulary: the model's.
        tokenizer: the model's, for its special tokens.

    Raises:
        ConstraintError: the vocabulary has no tokens to write the marker with.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, tokenizer: Any) -> None:
        self.text = text.encode()
        self.length = len(self.text)
        self._step = _automaton(self.text)
        self._pieces = _pieces(tokenizer, vocabulary)
        words = (vocabulary.size + 31) // 32
        # Only a token with the marker's last byte can end it, only one made of its bytes can go on with it alone.
        ending = [token for token, piece in self._pieces.items() if self.text[-1] in piece]
        within = {token: piece for token, piece in self._pieces.items() if piece and piece in self.text}
        whole = next((token for token, piece in within.items() if piece == self.text), None)
        # Masks by state: thinking goes on; thinking has to end.
        self.free = [np.zeros(words, dtype=np.int32) for _ in range(self.length)]
        self.closing = [np.zeros(words, dtype=np.int32) for _ in range(self.length)]
        for state in range(self.length):
            _allow(self.free[state], self._pieces)
            _allow(self.free[state], [token for token in ending if self.after(state, token) is None], False)
            rest = self.text[state:]
            # The longest one, which is what the tokenizer itself would write, as a rule.
            fitting = [(len(piece), token) for token, piece in within.items() if rest.startswith(piece)]
            closing = whole if whole is not None else max(fitting, default=(0, None))[1]
            if closing is None:
                raise ConstraintError(f"this model's tokens cannot write {text!r}, the end of thinking")
            _allow(self.closing[state], [closing])
        # How many tokens the end of thinking takes at most, once it has to come.
        self.most_tokens = max(map(self._tokens_to_close, range(self.length)))

    def _tokens_to_close(self, state: int) -> int:
        tokens = 0
        after: int | None = state
        while after is not None and after != self.length:
            bits = np.unpackbits(self.closing[after].view(np.uint8), bitorder="little")
            after = self.after(after, int(np.flatnonzero(bits)[0]))
            tokens += 1
        return tokens

    def after(self, state: int, token: int) -> int | None:
        """The state after a token; None for one that ends the marker and goes on."""
        for byte in self._pieces.get(token, b""):
            if state == self.length:
                return None
            state = self._step[state].get(byte, 0)
        return state


def _automaton(text: bytes) -> list[dict[int, int]]:
    """For each state, where the bytes that do not lead to state 0 lead."""
    step: list[dict[int, int]] = []
    for state in range(len(text)):
        row = {}
        for byte in set(text):
            written = text[:state] + bytes([byte])
            row[byte] = next(size for size in range(len(written), -1, -1) if written.endswith(text[:size]))
        step.append(row)
    return step


def _pieces(tokenizer: Any, vocabulary: Vocabulary) -> dict[int, bytes]:
    """The bytes of all tokens: of those that are no text to the vocabulary, the special ones, the name's."""
    special = {token: name for name, token in tokenizer.get_vocab().items()}
    # Ids above the tokenizer's are padding.
    known = min(vocabulary.size, max(special) + 1)
    return {token: vocabulary.token(token) or special.get(token, "").encode() for token in range(known)}


def _allow(mask: NDArray[np.int32], tokens: Iterable[int], allowed: bool = True) -> None:
    bits = np.unpackbits(mask.view(np.uint8), bitorder="little")
    bits[list(tokens)] = allowed
    mask[:] = np.packbits(bits, bitorder="little").view(np.int32)


def is_over(tokenizer: Any, prompt: Sequence[int] | None, thinking: Thinking) -> bool:
    """Whether the output begins with the answer: some chat templates write the thinking, empty, into the prompt."""
    tail = str(tokenizer.decode(list(prompt or ())[-_TAIL:])) if prompt else ""
    if thinking.opened_by is not None and tail.rfind(thinking.opened_by) <= tail.rfind(thinking.end):
        return True
    return tail.rstrip().endswith(thinking.end)


class ThinkingGrammar(GuideGrammar):
    """A guide that waits for the end of thinking.

    Args:
        request, guide, stop_tokens, target, endless: as for `GuideGrammar`.
        marker: what ends thinking.
        budget: how many tokens come before its end is forced; None for no limit.
    """

    def __init__(
        self,
        request: Any,
        guide: Guide,
        stop_tokens: list[int],
        target: RowTarget,
        *,
        endless: bool,
        marker: EndMarker,
        budget: int | None,
    ) -> None:
        super().__init__(request, guide, stop_tokens, target, endless)
        self._marker = marker
        self._budget = budget
        self._stops = frozenset(stop_tokens)
        # How many tokens thinking and answer can have.
        self._whole: int | None = None
        # The state before each token of the thinking and after the last one.
        self._states = [0]
        # Tokens that the guide has taken.
        self._answered = 0

    def keep_within(self, limit: int | None) -> None:
        """As for `GuideGrammar`; thinking is ended in time for the shortest answer."""
        self._whole = limit
        if limit is None:
            return
        try:
            left = max(limit - self._marker.most_tokens, 0)
            at_least, enough = self.guide.index.minimum_tokens(self._stop_tokens, enough=left)
        except LimitError:
            return
        # Thinking may end with its first token.
        at_least += 1
        if at_least > limit:
            error = BudgetError(
                f"{limit} tokens are too few for any output: the end of thinking and the shortest answer need at least "
                f"{at_least}"
            )
            error.max_tokens, error.at_least = limit, at_least
            error.enough = None if enough is None else self._marker.most_tokens + enough
            raise error
        time = max(left - (at_least if enough is None else enough), 0)
        self._budget = time if self._budget is None else min(time, self._budget)

    @property
    def masking_guide(self) -> Guide | None:
        """The guide, once thinking is over."""
        return super().masking_guide if self._states[-1] == self._marker.length else None

    def _take(self, token: int) -> bool:
        if self._states[-1] == self._marker.length:
            taken = super()._take(token)
            self._answered += taken
            return taken
        state = self._after(self._states[-1], len(self._states) - 1, token)
        if state is None:
            return False
        self._states.append(state)
        if state == self._marker.length and self._whole is not None:
            # Where too few are left for any answer, it is cut off, which its end tells.
            with contextlib.suppress(BudgetError):
                self.guide.max_tokens = self._whole - (len(self._states) - 1)
        return True

    def _after(self, state: int, thought: int, token: int) -> int | None:
        """The state after a token of the thinking, `thought` tokens long so far; None if it is not allowed."""
        mask = self._mask(state, thought)
        allowed = 0 <= token < 32 * len(mask) and int(mask[token // 32]) >> (token % 32) & 1
        return self._marker.after(state, token) if allowed and token not in self._stops else None

    def _mask(self, state: int, thought: int) -> NDArray[np.int32]:
        """The mask, before stop tokens are taken out."""
        over = self._budget is not None and thought >= self._budget
        return (self._marker.closing if over else self._marker.free)[state]

    def _count_valid(self, tokens: list[int]) -> int:
        state, thought = self._states[-1], len(self._states) - 1
        for position, token in enumerate(tokens):
            if state == self._marker.length:
                return position + super()._count_valid(tokens[position:])
            after = self._after(state, thought, token)
            if after is None:
                return position
            state, thought = after, thought + 1
        return len(tokens)

    def _undo(self, count: int) -> None:
        of_answer = min(count, self._answered)
        super()._undo(of_answer)
        self._answered -= of_answer
        of_thinking = count - of_answer
        if of_thinking >= len(self._states):
            raise ValueError(f"{count} tokens cannot be taken back: fewer were taken")
        del self._states[len(self._states) - of_thinking :]

    def _write_mask(self, row: NDArray[np.int32] | int) -> None:
        if self._states[-1] == self._marker.length:
            super()._write_mask(row)
            return
        mask = self._mask(self._states[-1], len(self._states) - 1).copy()
        for token in self._stops:
            if 0 <= token < 32 * len(mask):
                mask.view(np.uint32)[token // 32] &= np.uint32(~(1 << (token % 32)) & 0xFFFFFFFF)
        if isinstance(row, int):
            ctypes.memmove(row, mask.ctypes.data, mask.nbytes)
        else:
            row[:] = mask

    def reset(self) -> None:
        """Back to the start of the output."""
        super().reset()
        del self._states[1:]
        self._answered = 0
