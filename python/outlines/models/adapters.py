"""LoRA adapters are loaded in the engine before their first request.

vLLM loads one in the middle of the step that needs it, and if it cannot, the engine and all that runs in it come to an
end. Loaded ahead, it is that request's error alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from outlines.models.request import Engine

# By engine, the numbers and paths of those that were loaded. vLLM drops and loads again as it needs places.
_loaded: WeakKeyDictionary[Engine, set[tuple[int, str]]] = WeakKeyDictionary()
_lock = threading.Lock()


def load_adapter(engine: Engine, adapter: Any) -> None:
    """Load an adapter, once.

    Args:
        engine: where its requests will run.
        adapter: the caller's `lora_request`.

    Raises:
        TypeError: it is not vLLM's `LoRARequest`.
        ValueError: it cannot be loaded.
    """
    from vllm.lora.request import LoRARequest

    from outlines.plugin.request import load_adapter as load

    if not isinstance(adapter, LoRARequest):
        raise TypeError(f"lora_request is a vllm.lora.request.LoRARequest, not {type(adapter).__name__}")
    if engine.llm.llm_engine.vllm_config.lora_config is None:
        raise ValueError("lora_request: the LLM was built without enable_lora=True")
    key = adapter.lora_int_id, adapter.lora_path
    with _lock:
        if key in _loaded.setdefault(engine, set()):
            return
    engine.call(lambda llm: load(llm, adapter))
    with _lock:
        _loaded[engine].add(key)
