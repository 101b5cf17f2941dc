"""Queries of the local project, sent to the API of the local cloud."""

from datetime import UTC, datetime
from typing import Any

import httpx

from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.terminal.failure import CommandFailed


def ask(cloud: Status, path: str, **parameters: str | int | None) -> dict[str, Any]:
    """Return the API's answer to a query of the local project. A parameter that is None is not sent.

    Raises CommandFailed when the API refuses the query.
    """
    answer = httpx.get(
        f"{cloud.url}{path}",
        params={name: value for name, value in parameters.items() if value is not None},
        headers={"x-api-key": str(cloud.api_key), "x-project-id": str(cloud.project_id)},
        timeout=30,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise CommandFailed(f"The API refused the query with {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def recent_sessions(cloud: Status, limit: int | None = None, *, until: datetime | None = None) -> dict[str, Any]:
    """Return the API's answer with the newest sessions, of those that started before the end of a second (UTC) if one is given.

    Raises CommandFailed when the API refuses the query.
    """
    end_date = f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if until else None
    return ask(cloud, "/v1/sessionRecent", limit=limit, endDate=end_date)
