"""A batch on its way: prompts from an iterator, a bounded number of them under way, results as they end."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sized
from typing import TYPE_CHECKING, Any

from outlines.errors import BatchError
from outlines.models.items import Item, ItemMaker
from outlines.models.request import Engine, Request

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput

# One output of a batch as the engine gives it: its position, and what came.
Ended = tuple[int, "RequestOutput | Exception"]


class Batch:
    """The items of one batch.

    Args:
        engine: where they run.
        maker: makes them.
        prompts: what the caller gave: its length, if it has one, is held against lists of other arguments.
        output_type: one for all, or a list with one per prompt.
        put: gets each output.
    """

    def __init__(
        self, engine: Engine, maker: ItemMaker, prompts: Any, output_type: Any, put: Callable[[Ended], None]
    ) -> None:
        # How many prompts there are, where that is known.
        self.count = count = len(prompts) if isinstance(prompts, Sized) else None
        options = maker.options
        self._engine = engine
        self._maker = maker
        self._put = put
        self._output_type = _PerItem("output_type", output_type, count)
        self._given = _PerItem("sampling_params", options.sampling_params, count)
        self._keywords = {name: _PerItem(name, value, count) for name, value in options.engine.items()}
        self._under_way: dict[int, tuple[Item, Request]] = {}

    @property
    def under_way(self) -> int:
        """How many items are in the engine or wait for it."""
        return len(self._under_way)

    @property
    def has_room(self) -> bool:
        """Whether another item should be started now."""
        return len(self._under_way) < self._engine.window

    def item(self, position: int, prompt: Any) -> Item:
        """Check one prompt. Raises what is wrong with it."""
        keywords = {name: values[position] for name, values in self._keywords.items()}
        return self._maker.make(prompt, self._output_type[position], self._given[position], keywords)

    def items(self, prompts: list[Any], return_exceptions: bool) -> list[Item | Exception]:
        """Check all prompts. Raises what is wrong with the first bad one, or puts it in its place."""
        items: list[Item | Exception] = []
        for position, prompt in enumerate(prompts):
            try:
                items.append(self.item(position, prompt))
            except Exception as error:
                if not return_exceptions:
                    if hasattr(error, "add_note"):
                        error.add_note(f"in item {position} of the batch")
                    raise
                items.append(error)
        return items

    def ready(self, position: int, given: Any) -> tuple[Item, Request]:
        """The request for a prompt, or for an item made of it; it changes nothing, so a caller may leave it unused.

        Raises what is wrong with the prompt; an exception is one found before.
        """
        if isinstance(given, Exception):
            raise given
        item = given if isinstance(given, Item) else self.item(position, given)
        return item, self._maker.request(item, lambda output: self._put((position, output)))

    def start(self, position: int, item: Item, request: Request) -> None:
        """Submit what is ready."""
        self._under_way[position] = item, request
        self._engine.submit(request)

    def finish(self, position: int, output: RequestOutput | Exception) -> Any:
        """The result of an item that has ended, or its exception."""
        item, request = self._under_way.pop(position)
        if isinstance(output, Exception):
            return output
        try:
            return self._maker.outcome(item).of(output, request)
        except Exception as error:
            return error

    def drain(self) -> list[Request]:
        """The requests that are still under way, for the caller to abort."""
        requests = [request for _, request in self._under_way.values()]
        self._under_way.clear()
        return requests


class Failures:
    """The items of a streamed batch that failed, kept to be raised at its end.

    Args:
        kept: how many exceptions are kept. The rest is counted.
    """

    def __init__(self, kept: int = 1000) -> None:
        self._kept = kept
        self._first: dict[int, Exception] = {}
        self._failed = 0
        self._total = 0

    def take(self, position: int, result: Any) -> bool:
        """Note a result. True if it is an exception."""
        self._total += 1
        if not isinstance(result, Exception):
            return False
        self._failed += 1
        if len(self._first) < self._kept:
            self._first[position] = result
        return True

    def raise_if_any(self) -> None:
        """Raise a `BatchError` if an item failed."""
        if self._first:
            raise BatchError((), self._first, self._failed, self._total)


class _PerItem:
    """One value per prompt: a list or tuple as it is, anything else for all."""

    def __init__(self, name: str, value: Any, count: int | None) -> None:
        self._name = name
        self._value = value
        self._each = isinstance(value, (list, tuple))
        if self._each and count is not None and len(value) != count:
            raise ValueError(f"{name} has {len(value)} entries for {count} prompts: give one, or one per prompt")

    def __getitem__(self, position: int) -> Any:
        if not self._each:
            return self._value
        if position >= len(self._value):
            raise ValueError(f"{self._name} has {len(self._value)} entries, and there are more prompts")
        return self._value[position]


def progress(use_tqdm: Any, total: int | None) -> Any:
    """A progress bar if one is asked for: True, or a function that makes one. A context manager with `update`."""
    if not use_tqdm:
        return _NoBar()
    make = use_tqdm if callable(use_tqdm) else importlib.import_module("tqdm.auto").tqdm
    return make(total=total, desc="Prompts")


class _NoBar:
    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, count: int) -> None:
        pass


def check_prompts(name: str, prompts: Any, kind: type) -> None:
    """Refuse what holds no prompts."""
    if isinstance(prompts, (str, bytes, dict)) or not isinstance(prompts, kind):
        raise TypeError(f"{name} takes a list of prompts, not {type(prompts).__name__}")
