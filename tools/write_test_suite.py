"""Write the official test suite of JSON Schema as a folder: the source distribution of `jsonschema` carries it."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

from atomic_folder import atomic_folder
from demo import TEST_SUITE


def write_test_suite() -> None:
    requirement = f"jsonschema=={version('jsonschema')}"
    with tempfile.TemporaryDirectory() as scratch:
        download = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jsonschema")
        subprocess.run([*download, "--dest", scratch, requirement], check=True)
        (archive,) = Path(scratch).glob("jsonschema-*.tar.gz")
        with tarfile.open(archive) as source:
            # Pythons before 3.11.4 and 3.10.12 do not know filters.
            source.extractall(scratch, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        (suite,) = Path(scratch).glob("jsonschema-*/json")
        with atomic_folder(TEST_SUITE) as folder:
            for part in ("tests", "remotes"):
                shutil.copytree(suite / part, folder / part)


if __name__ == "__main__":
    write_test_suite()
