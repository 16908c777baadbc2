"""One compile per constraint, whoever asks and however many at once."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from outlines.constraint import Constraint
from outlines.guide import ConstraintError, Guide, Index, RegexError, Vocabulary
from outlines.plugin.compiler import IndexCache, check, compile_index

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        (Constraint("regex", "a+b"), "aab", "aa"),
        (Constraint("choice", ["yes", "no"]), "no", "nono"),
        (Constraint("json", SCHEMA), '{"a": 1}', '{"a": "1"}'),
        (Constraint("json", SCHEMA, {"whitespace_pattern": ""}), '{"a":1}', '{"a": 1}'),
        (Constraint("grammar", 'start: "(" start ")" | "x"'), "((x))", "((x)"),
    ],
    ids=["regex", "choice", "json", "json with an option", "grammar"],
)
def test_each_kind_is_compiled_as_what_it_is(
    constraint: Constraint, inside: str, outside: str, vocabulary: Vocabulary
) -> None:
    check(constraint)
    index = compile_index(constraint, vocabulary)
    assert index.accepts(inside)
    assert not index.accepts(outside)


@pytest.mark.parametrize(
    "constraint",
    [Constraint("regex", "(a"), Constraint("choice", []), Constraint("json", "{"), Constraint("grammar", "start:: 7")],
    ids=lambda constraint: constraint.kind,
)
def test_check_and_compile_refuse_alike(constraint: Constraint, vocabulary: Vocabulary) -> None:
    with pytest.raises(ConstraintError) as at_front:
        check(constraint)
    with pytest.raises(type(at_front.value)):
        compile_index(constraint, vocabulary)


def test_requests_that_come_together_share_one_compile(pool: ThreadPoolExecutor, vocabulary: Vocabulary) -> None:
    started, release = threading.Event(), threading.Event()
    compiled: list[Constraint] = []

    def build(constraint: Constraint) -> Index:
        compiled.append(constraint)
        started.set()
        assert release.wait(30)
        return compile_index(constraint, vocabulary)

    cache = IndexCache(build, pool.submit)
    constraint = Constraint("regex", "[a-z]{1,20}")
    futures: list[Future[Index]] = []
    callers = [
        threading.Thread(target=lambda: futures.append(cache.get(Constraint("regex", "[a-z]{1,20}"))))
        for _ in range(32)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    # Nobody waited for the compile, which is still under way.
    assert started.wait(30)
    assert len(futures) == 32
    assert not any(future.done() for future in futures)
    release.set()
    assert {id(future.result(30)) for future in futures} == {id(cache.get(constraint).result())}
    assert compiled == [constraint]
    assert (cache.compiles, cache.hits) == (1, 32)


def test_guides_of_one_index_do_not_share_state(
    pool: ThreadPoolExecutor, vocabulary: Vocabulary, tokenizer: Any
) -> None:
    cache = IndexCache(lambda constraint: compile_index(constraint, vocabulary), pool.submit)
    constraint = Constraint("regex", "ab")
    one, other = Guide(cache.get(constraint).result()), Guide(cache.get(constraint).result())
    (a,) = tokenizer.encode("a", add_special_tokens=False)
    assert one.advance(a)
    assert not one.advance(a)
    assert other.advance(a)


def test_a_failure_is_shared_but_not_kept(pool: ThreadPoolExecutor, vocabulary: Vocabulary) -> None:
    release = threading.Event()

    def build(constraint: Constraint) -> Index:
        assert release.wait(30)
        return compile_index(constraint, vocabulary)

    cache = IndexCache(build, pool.submit)
    bad = Constraint("regex", "(a")
    waiting = [cache.get(bad) for _ in range(3)]
    release.set()
    for future in waiting:
        with pytest.raises(RegexError):
            future.result(30)
    assert cache.compiles == 1
    pool.submit(lambda: None).result(30)
    with pytest.raises(RegexError):
        cache.get(bad).result(30)
    assert cache.compiles == 2


def test_the_least_recently_used_index_goes_first(pool: ThreadPoolExecutor, vocabulary: Vocabulary) -> None:
    cache = IndexCache(lambda constraint: compile_index(constraint, vocabulary), pool.submit, capacity=2)
    a, b, c = (Constraint("regex", letter) for letter in "abc")
    for constraint in (a, b, a, c):
        cache.get(constraint).result(30)
    assert len(cache) == 2
    assert cache.compiles == 3
    cache.get(a).result(30)
    assert cache.compiles == 3
    cache.get(b).result(30)
    assert cache.compiles == 4


def test_the_budget_in_bytes_holds_but_keeps_the_newest(pool: ThreadPoolExecutor, vocabulary: Vocabulary) -> None:
    cache = IndexCache(lambda constraint: compile_index(constraint, vocabulary), pool.submit, budget=1)
    for letter in "abc":
        cache.get(Constraint("regex", letter)).result(30)
    assert len(cache) <= 2
    assert cache.get(Constraint("regex", "c")).result().nbytes > 1
    assert cache.compiles == 3


def test_indexes_that_grow_are_looked_at_again(pool: ThreadPoolExecutor) -> None:
    def build(constraint: Constraint) -> Any:
        return SimpleNamespace(nbytes=10)

    cache = IndexCache(build, pool.submit, budget=100)
    old, new = Constraint("regex", "a"), Constraint("regex", "b")
    cache.get(old).result(30)
    index: Any = cache.get(new).result(30)
    index.nbytes = 1000
    assert len(cache) == 2
    for _ in range(100):
        cache.get(new)
    assert len(cache) == 1
    assert cache.get(new).result() is index


def test_an_old_index_that_grew_is_found_by_requests_for_others(pool: ThreadPoolExecutor) -> None:
    cache = IndexCache(lambda constraint: cast(Index, SimpleNamespace(nbytes=10)), pool.submit, budget=1000)
    constraints = [Constraint("regex", letter) for letter in "abcdefgh"]
    indexes: list[Any] = [cache.get(constraint).result(30) for constraint in constraints]
    # A request that goes on with it makes it grow; nobody asks for it again.
    indexes[3].nbytes = 2000
    for _ in range(20):
        cache.get(constraints[-1])
    assert len(cache) == 4
    assert cache.get(constraints[-1]).result() is indexes[-1]


def test_what_a_request_looks_at_does_not_grow_with_what_is_kept(pool: ThreadPoolExecutor) -> None:
    looked = 0

    class Counted:
        @property
        def nbytes(self) -> int:
            nonlocal looked
            looked += 1
            return 10

    cache = IndexCache(lambda constraint: cast(Index, Counted()), pool.submit)
    constraints = [Constraint("regex", f"a{{{number}}}") for number in range(500)]
    for constraint in [*constraints, *constraints]:
        cache.get(constraint).result(30)
    assert (cache.compiles, cache.hits) == (500, 500)
    assert looked <= 2 * 1000


def test_sizes_are_counted_once_through_growth_failure_and_eviction(pool: ThreadPoolExecutor) -> None:
    random = Random(7)
    kept: dict[Constraint, Any] = {}

    def build(constraint: Constraint) -> Any:
        if random.random() < 0.2:
            raise ValueError("a limit was passed")
        kept[constraint] = SimpleNamespace(nbytes=random.randrange(100))
        return kept[constraint]

    cache = IndexCache(build, pool.submit, capacity=30, budget=1000)
    constraints = [Constraint("regex", f"b{{{number}}}") for number in range(60)]
    for _ in range(3000):
        with contextlib.suppress(ValueError):
            cache.get(random.choice(constraints)).result(30)
        pool.submit(lambda: None).result(30)
        for index in random.sample(list(kept.values()), min(3, len(kept))):
            index.nbytes += random.randrange(-index.nbytes, 50)
        assert len(cache) <= 30
    # Once everything has been looked at as it is now, the limit holds exactly.
    newest = constraints[0]
    while newest not in cache._entries:
        with contextlib.suppress(ValueError):
            cache.get(newest).result(30)
    for _ in range(100):
        cache.get(newest)
    sizes = [entry.future.result().nbytes for entry in cache._entries.values()]
    assert cache._held == sum(sizes)
    assert sum(sizes) <= 1000
