"""Several prompts at once."""

from vllm import LLM

import outlines

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    prompts = [
        "What is the capital of Lithuania?",
        "What is the capital of Latvia?",
        "What is the capital of Estonia?",
    ]
    results = model.batch(prompts, max_new_tokens=20)
    print(results)
