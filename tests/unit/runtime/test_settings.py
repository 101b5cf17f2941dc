"""The settings of a deployment."""

import pytest

from mediabeat.core.close_rules import DAY_MS, HOUR_MS
from mediabeat.runtime.settings import settings


@pytest.mark.parametrize(("days", "hours"), [(1, 48), (1, 24), (90, 1), (3_650, 48)])
def test_no_session_expires_while_it_can_be_open(monkeypatch: pytest.MonkeyPatch, days: int, hours: int) -> None:
    monkeypatch.setenv("RETENTION_DAYS", str(days))
    monkeypatch.setenv("MAX_AGE_HOURS", str(hours))
    deployed = settings.__wrapped__()
    assert deployed.limits.max_age_ms == hours * HOUR_MS
    assert deployed.retention_s * 1_000 == days * DAY_MS + hours * HOUR_MS
