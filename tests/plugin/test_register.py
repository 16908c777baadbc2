"""`register`: found by vLLM, idempotent, and harmless where it cannot work."""

import subprocess
import sys
from importlib.metadata import entry_points

from outlines.plugin import NAME, register


def test_the_entry_point_is_there_under_the_backends_name() -> None:
    (found,) = (point for point in entry_points(group="vllm.general_plugins") if point.name == NAME)
    assert found.load() is register


def test_registering_twice_wraps_once() -> None:
    from vllm.sampling_params import SamplingParams
    from vllm.v1.structured_output import StructuredOutputManager

    def patched() -> list[object]:
        return [
            SamplingParams._validate_structured_outputs,
            StructuredOutputManager.__init__,
            StructuredOutputManager.grammar_init,
            StructuredOutputManager.grammar_bitmask,
        ]

    register()
    first = patched()
    register()
    assert patched() == first
    assert all(hasattr(function, "__wrapped__") for function in first)


def test_importing_the_plugin_and_its_front_side_needs_no_vllm() -> None:
    code = (
        "import sys\n"
        "import outlines.plugin, outlines.plugin.request\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('vllm', 'torch')], 'heavy import'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_an_unknown_vllm_is_logged_and_not_broken() -> None:
    code = (
        "import sys\n"
        "sys.modules['vllm.sampling_params'] = None\n"
        "from outlines.plugin import register\n"
        "register()\n"
        "print('went on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=300, capture_output=True, text=True)
    assert done.stdout.strip() == "went on"
    assert "could not be installed in this vLLM" in done.stderr
