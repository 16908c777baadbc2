"""The engines of `worst_cases`, ours by how much its index may hold."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.maskbench import engines
from benchmarks.worst_cases.engines import LLGuidance


class Ours(engines.Ours):
    """With its default limit."""

    limit: int | None = None

    def compile(self, schema: Any) -> None:
        super().compile(schema)
        if self.limit is not None:
            self._index.memory_limit = self.limit

    def held(self) -> int:
        return int(self._index.nbytes)

    def begun_anew(self) -> int:
        return int(self._index.generation)


class OursTight(Ours):
    limit = 32 << 20


class OursUnlimited(Ours):
    limit = sys.maxsize


ENGINES: dict[str, type[Any]] = {
    "ours": Ours,
    "ours, 32 MiB": OursTight,
    "ours, no limit": OursUnlimited,
    "llguidance": LLGuidance,
}
