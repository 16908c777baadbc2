"""A sentence of a context-free grammar."""

from vllm import LLM

import outlines
from outlines.types import CFG

arithmetic_grammar = """
?start: sum

?sum: product
| sum "+" product   -> add
| sum "-" product   -> sub

?product: atom
| product "*" atom  -> mul
| product "/" atom  -> div

?atom: NUMBER           -> number
| "-" atom         -> neg
| "(" sum ")"

%import common.NUMBER
%import common.WS_INLINE

%ignore WS_INLINE
"""

if __name__ == "__main__":
    model = outlines.from_vllm_offline(LLM(".cache/models/SmolLM2-135M-Instruct"))

    result = model("Write an arithmetic operation.", CFG(arithmetic_grammar))
    print(result)
