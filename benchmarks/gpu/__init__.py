"""The package inside vLLM on a GPU: that outputs keep to their types there, and what that costs.

`python -m benchmarks.gpu.run`, on a host with a GPU where vLLM and this package are installed.
"""
