"""Models: what a user calls to generate text.

prompts, sampling, request_options -> vllm_offline -> dispatcher -> vLLM
"""

from outlines.models.vllm_offline import VLLMOffline, from_vllm_offline

__all__ = ["VLLMOffline", "from_vllm_offline"]
