"""The environment of all tests, set before anything imports boto3: no test may reach a real account."""

import os
import sys

# A test run starts dozens of Python processes. Without bytecode files each one compiles 5 to 10 seconds' worth of imports again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "mediabeat-test",
    "ACCESS_KEY_SECRETS": "mediabeat/test/access-key/",
    "VIEWER_KEY_SECRET": "mediabeat/test/viewer-key",
    "RETENTION_DAYS": "90",
    "ROLLUP_RETENTION_DAYS": "400",
    "QUIET_MINUTES": "10",
    "STUCK_MINUTES": "30",
    "MAX_AGE_HOURS": "24",
    "INDEX_SHARDS": "2",
    "POWERTOOLS_SERVICE_NAME": "mediabeat",
    "DYNAMODB_CLIENT": "boto3",  # moto answers no other; tests of the small client make their own
}
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE"):
    os.environ.pop(name, None)

import moto  # noqa: E402, F401 - before any client exists, so that every one is intercepted
import pytest  # noqa: E402
from xdist.remote import Producer  # noqa: E402
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

from tests.support.engine import engine, engine_if_any, engine_or_reason  # noqa: E402

__all__ = ["engine", "engine_if_any", "engine_or_reason"]  # fixtures of several folders


NEED_A_CLOUD = ("e2e", "aws", "faults", "scale")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that need a cloud or a part of one."""
    if item.path.parent.name in NEED_A_CLOUD:
        item.add_marker(pytest.mark.cloud)


class ByLocalCloud(LoadScopeScheduling):
    """Keeps the tests of the shared local cloud in one process, and those that start one of their own in another."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what stays together; every other test is scheduled by itself."""
        if nodeid.startswith("tests/e2e/"):
            return (
                "own local cloud"
                if nodeid.startswith(("tests/e2e/test_recovery.py", "tests/e2e/test_deploy.py"))
                else "shared local cloud"
            )
        return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return a process for each core. With tests of a local cloud one more, as two processes then mostly wait for the cloud."""
    return (os.cpu_count() or 1) + ("not cloud" not in config.option.markexpr)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByLocalCloud:
    """Make the scheduler. pytest-xdist 3.8.0 has one by marks (`--dist=loadgroup`), which does nothing under pytest 9.2."""
    return ByLocalCloud(config, log)
