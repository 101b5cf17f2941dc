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
    "QUIET_MINUTES": "10",
    "STUCK_MINUTES": "30",
    "MAX_AGE_HOURS": "24",
    "INDEX_SHARDS": "2",
    "POWERTOOLS_SERVICE_NAME": "mediabeat",
}
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

import moto  # noqa: E402, F401 - before any client exists, so that every one is intercepted
