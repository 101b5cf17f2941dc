"""What `sam local invoke` gives to functions, found out by SAM's own code: Docker is not needed for that."""

import json
import os
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mediabeat.cli import target
from mediabeat.cli.invocation import read_event
from mediabeat.cli.local_cloud import pinned_tools
from mediabeat.cli.main import main
from mediabeat.cli.target import Target
from tests.support import sam_variables
from tests.support.lambda_runtime import running
from tests.support.local_status import UP
from tests.support.template import FUNCTIONS, ROOT, camel


def given_by_sam(env_vars: Path) -> dict[str, dict[str, str]]:
    command = pinned_tools.command("aws-sam-cli", "python", sam_variables.__file__, str(env_vars))
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}
    )
    variables: dict[str, dict[str, str]] = json.loads(done.stdout)
    return variables


def test_sam_local_passes_all_that_mediabeat_variables_prints(
    deployment: Target, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = replace(deployment, cloud=replace(UP, endpoint=engine))
    monkeypatch.setattr(target, "of_local_cloud", lambda cloud: nullcontext(deployed))
    monkeypatch.setattr("mediabeat.cli.local_cloud.lifecycle.require", lambda folder: UP)
    printed = CliRunner().invoke(main, ["variables"]).output
    (tmp_path / "variables.json").write_text(printed, encoding="utf-8")
    wanted = json.loads(printed)["Parameters"]
    assert wanted["AWS_ENDPOINT_URL_DYNAMODB"] == engine
    passed = given_by_sam(tmp_path / "variables.json")
    assert passed.keys() == {f"{camel(function)}Function" for function in FUNCTIONS}
    only = {"VIEWER_KEY_SECRET": {"CreateSessionFunction", "MediaEdgeFunction"}, "ACCESS_KEY_SECRETS": {"ChannelsFunction"}}
    for function, got in passed.items():
        declared = {name: value for name, value in wanted.items() if function in only.get(name, {function})}
        assert declared.items() <= got.items()
        assert not (wanted.keys() - declared.keys()) & got.keys()
    with running("ingest_event", passed["IngestEventFunction"], tmp_path / "log") as lambda_function:
        assert lambda_function.call(read_event(ROOT / "events" / "ingest_event.json"))["statusCode"] == 204
