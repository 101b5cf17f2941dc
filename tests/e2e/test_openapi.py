"""Schemathesis against the deployed template: whatever is sent, the answers are those of the OpenAPI document."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.cloud import Cloud
from tests.support.template import ROOT

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def test_every_answer_is_documented_whatever_is_sent(cloud: Cloud, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(cloud.mediabeat("openapi").stdout, encoding="utf-8")
    told = json.loads(document.read_text())
    headers = ["-H", f"x-api-key: {cloud.api_key}", "-H", f"x-project-id: {cloud.project_id}"]
    options = ["--checks", ",".join(CHECKS), "--phases", "fuzzing", "--max-examples", "30", "--seed", "1", "--no-color"]
    done = subprocess.run(
        [Path(sys.executable).with_name("st"), "run", document, "--url", cloud.url, *headers, *options],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    operations = sum(method != "parameters" for item in told["paths"].values() for method in item)
    assert f"Tested: {operations}\n" in done.stdout
