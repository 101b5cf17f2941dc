"""The deployed template can be watched: log lines of a session, alarms, dashboard."""

import json
from contextlib import closing
from typing import Any

import httpx

from mediabeat.cli.local_cloud import clients
from tests.e2e.cloud import Cloud
from tests.support.builders import wire, wire_start
from tests.support.template import resources


def lines(cloud: Cloud, function: str, session_id: str) -> list[dict[str, Any]]:
    """Return the lines that a function logged about a session. The emulator adds Lambda's own lines, which AWS leaves out."""
    with closing(clients.client("logs", cloud.endpoint)) as logs:
        found = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/mediabeat/mediabeat/{function}")
        messages = [event["message"] for page in found for event in page["events"]]
    return [json.loads(message) for message in messages if message.startswith("{") and session_id in message]


def test_session_logs_one_line_however_many_events_it_has(cloud: Cloud) -> None:
    with httpx.Client(base_url=cloud.url, timeout=30) as player:
        sid = player.post("/api/v1/sessions", json=wire_start()).headers["location"].split("/")[4]
        events = f"/api/v1/sessions/{sid}/events"
        answers = [player.post(events, json=wire("ping", second, second)).status_code for second in range(20)]
        refused = player.post(events, json=wire("ping", -1, playerTime={"playhead": "late"})).status_code
    assert (set(answers), refused) == ({204}, 400)
    [start] = lines(cloud, "create_session", sid)
    assert (start["message"], start["project"], start["SessionsStarted"]) == ("session started", "demo", [1.0])
    [refusal] = lines(cloud, "ingest_event", sid)
    assert (refusal["message"], refusal["route"]) == ("refused", "POST /api/v1/sessions/{sid}/events")


def test_stack_has_the_dashboard_and_all_plain_alarms(cloud: Cloud) -> None:
    plain = {name for name, alarm in resources("AWS::CloudWatch::Alarm").items() if "Metrics" not in alarm}
    with closing(clients.client("cloudwatch", cloud.endpoint)) as watching:
        deployed = {alarm["AlarmName"].split("-")[1] for alarm in watching.describe_alarms()["MetricAlarms"]}
        [dashboard] = watching.list_dashboards()["DashboardEntries"]
        body = json.loads(watching.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"])
    assert deployed == plain
    assert len(body["widgets"]) == 7
