"""Models: what a user calls to generate text.

prompts, sampling, request_options -> items -> vllm_offline -> dispatcher -> LLM
                                              -> vllm_async              -> AsyncLLM
                                    -> outcome -> result
"""

from outlines.models.result import Completion, Result, Timings
from outlines.models.vllm_async import VLLMAsync, from_vllm_async
from outlines.models.vllm_offline import VLLMOffline, from_vllm_offline

__all__ = ["Completion", "Result", "Timings", "VLLMAsync", "VLLMOffline", "from_vllm_async", "from_vllm_offline"]
