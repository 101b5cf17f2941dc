"""The emulator of a running local cloud, attacked as a page or another user of the machine would."""

import base64
import io
import zipfile
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.local_cloud.state_folder import StateFolder
from tests.e2e.cloud import Cloud

PAGE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}


def function(mark: Path) -> dict[str, object]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as code:
        code.writestr("index.py", f"def h(e, c):\n    open({str(mark)!r}, 'w').write('x')\n")
    role = "arn:aws:iam::000000000000:role/x"
    code_text = base64.b64encode(packed.getvalue()).decode()
    return {"FunctionName": "evil", "Runtime": "python3.11", "Handler": "index.h", "Role": role, "Code": {"ZipFile": code_text}}


@pytest.mark.parametrize("headers", [PAGE, {}, {"Host": "evil.example"}], ids=["page", "other user", "rebinding"])
def test_nobody_without_the_key_runs_code(cloud: Cloud, headers: dict[str, str], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    url = f"{cloud.endpoint}/2015-03-31/functions"
    created = httpx.post(url, json=function(mark), headers=headers, trust_env=False)
    invoked = httpx.post(f"{url}/evil/invocations", json={}, headers=headers, trust_env=False)
    assert (created.status_code, invoked.status_code, mark.exists()) == (403, 403, False)
    assert "access-control-allow-origin" not in created.headers


def test_emulator_takes_only_the_key_of_its_state_folder(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with closing(clients.client("dynamodb", cloud.endpoint)) as client:
        assert cloud.table in client.list_tables()["TableNames"]
    monkeypatch.setenv("MEDIABEAT_HOME", str(tmp_path))
    refused = pytest.raises(ClientError, match="is not that of the local cloud")
    with closing(clients.client("dynamodb", cloud.endpoint)) as other, refused:
        other.list_tables()


def test_functions_have_no_secret_of_the_users_shell(cloud: Cloud) -> None:
    key = StateFolder(cloud.home).access_key_id()
    found = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/environ") if _is_worker(path, key)]
    assert found or not Path("/proc").exists()
    for environment in found:
        names = {variable.partition(b"=")[0] for variable in environment.split(b"\0")}
        assert not {name for name in names if name.startswith((b"PYTEST_", b"MEDIABEAT_", b"UV_", b"GITHUB_"))}


def _is_worker(path: Path, key: str) -> bool:
    try:
        environment = path.read_bytes()
    except OSError:
        return False
    return key.encode() in environment and b"_LAMBDA_FUNCTION_ARN=" in environment
