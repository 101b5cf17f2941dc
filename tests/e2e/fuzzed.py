"""Schemathesis on the local cloud: random requests to every operation of the OpenAPI document, while other tests run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from tests.e2e.cloud import Cloud
from tests.support.template import ROOT

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES: Final = 12
"""Of each operation. What functions do with random requests is searched by tests.integration.test_fuzzing, in less time."""

TIMEOUT_S: Final = 60
"""The first call of a function takes seconds, and more while other tests call functions for the first time."""


class Told(NamedTuple):
    """How Schemathesis ended and what it printed, and the number of the document's operations."""

    returncode: int
    printed: str
    operations: int


class Fuzzing:
    """A process of Schemathesis, and the files of its folder."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        document, self._printed = folder / "openapi.json", folder / "printed"
        document.write_text(cloud.mediabeat("openapi").stdout, encoding="utf-8")
        self._paths = json.loads(document.read_text())["paths"]
        headers = ["-H", f"x-api-key: {cloud.api_key}", "-H", f"x-project-id: {cloud.project_id}"]
        examples = ["--phases", "fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1"]
        options = ["--checks", ",".join(CHECKS), *examples, "--request-timeout", str(TIMEOUT_S), "--no-color"]
        with self._printed.open("wb") as printed:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("st"), "run", document, "--url", cloud.url, *headers, *options],
                cwd=folder,
                env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def finished(self) -> Told:
        """Wait for its end."""
        operations = sum(method != "parameters" for path in self._paths.values() for method in path)
        return Told(self._process.wait(), self._printed.read_text(encoding="utf-8"), operations)

    def close(self) -> None:
        """End it, if no test has waited for its end."""
        self._process.kill()
        self._process.wait()
