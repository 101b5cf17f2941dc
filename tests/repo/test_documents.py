"""The documents agree with the code: commands, routes, event types, metrics, parameters, limits and links."""

import json
import re
from typing import Any, Final

import pytest

from mediabeat.cli.main import main
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import EventType
from mediabeat.core.event_codec import BYTES_PER_WEIGHT, MAX_SESSION_WEIGHT
from mediabeat.core.metrics import ADS_BYTES, CHAPTERS_BYTES, ERROR_IDS_BYTES, Metrics
from mediabeat.core.records import Start
from mediabeat.core.request_limits import (
    APPEND_UNITS,
    ARRAY_BYTES,
    DOWNLOADED_BYTES,
    DOWNLOADED_UNITS,
    EVENT_BYTES,
    SESSION_ARRAY_BYTES,
    START_BYTES,
    START_UNITS,
)
from mediabeat.core.rollups.charts import SETTLED_MS, VIEWERS_MINUTES
from mediabeat.core.summary import LISTED_BYTES, LISTED_LOG_LINES, MAX_LOG_LINES
from mediabeat.protocols.media_analytics import chart_answers as answers
from mediabeat.protocols.media_analytics import chart_requests
from mediabeat.protocols.media_analytics import requests as media_analytics
from mediabeat.protocols.media_analytics.requests import MAX_LIMIT
from mediabeat.protocols.media_analytics.responses import ERRORS_BYTES
from mediabeat.protocols.media_collection.requests import MAX_DOWNLOADED_EVENTS, MAX_EVENTS_PER_REQUEST
from mediabeat.protocols.media_collection.rules import MAX_DEPTH, MAX_ENTRIES, MAX_NAME, MAX_TEXT
from mediabeat.protocols.vod_station import errors
from mediabeat.protocols.vod_station import requests as vod_station
from mediabeat.runtime.telemetry import METRICS
from mediabeat.storage.session_items import start_item
from mediabeat.use_cases import list_sessions
from mediabeat.use_cases.show_session import SHOWN_WEIGHT
from tests.benchmarks.prices import WRITE_UNITS_A_MILLION
from tests.repo import metrics_doc, telemetry_doc
from tests.repo.documents import DOCUMENTS, ROOT_DOCUMENTS, anchors, links, names, prose, rows, section, sentences, text
from tests.support.api import routes
from tests.support.template import ROOT, source

README_LINES: Final = 188
SENTENCE_WORDS: Final = 25

BANNED: Final = (
    r"\b(is|are|be|was|were) told\b",
    r"\b(anew|likewise|besides|whoever|meanwhile)\b",
    r"\bfor good\b",
    r"\bthe very\b",
    r"\b(is|are) none\b",
    r"\bso many\b",
    r"\b(stands|lies) (in|for|beside|there)\b",
    r"(?m)(^|\. )(Of|That) ",
)
"""Habits that make a reader read twice."""


def test_ci_runs_the_test_line() -> None:
    (line,) = re.findall(r"```sh\n(.+)\n```", section("README.md", "Test it"))
    assert text(".ci/run").splitlines()[-1] == line


def test_demo_line_and_test_line_install_the_same_uv() -> None:
    (demo,) = re.findall(r"```sh\n(.+) mediabeat demo\n```", section("README.md", "Try it"))
    (tests,) = re.findall(r"```sh\n(.+) pytest\n```", section("README.md", "Test it"))
    assert demo == tests


def test_readme_can_be_read_at_one_sitting() -> None:
    assert len(text("README.md").splitlines()) <= README_LINES


def test_readme_states_the_costs_of_the_generated_table() -> None:
    costs = section("COSTS.md", "Cost")
    (million,) = re.findall(r"\| \*\*a million events\*\* \| \*\*([\d.]+)", costs)
    (viewer_hours,) = re.findall(r"\| \*\*1,000 viewer-hours\*\* \| \*\*([\d.]+)", costs)
    assert f"about ${viewer_hours}, or ${million} per million events" in text("README.md").replace("\n", " ")


def test_readme_states_five_limits_of_the_code_and_the_template() -> None:
    defaults = {name: parameter["Default"] for name, parameter in source()["Parameters"].items()}
    limits = section("README.md", "Deploy").split("**Limits:**")[1].replace("\n", " ")
    assert limits.count("* ") == 5
    for limit in (
        f"at most {EVENT_BYTES // 1_024} KB, a `sessionStart` {START_BYTES // 1_024} KB",
        f"{MAX_EVENTS_PER_REQUEST} events {ARRAY_BYTES // 1_024} KB",
        f"{defaults['MaxAgeHours']} hours",
        f"{MAX_SESSION_WEIGHT:,} events",
        f"{defaults['EventsPerSecond']:,} event requests a second",
        f"at most {MAX_LIMIT} sessions",
        f"{defaults['RetentionDays']} days",
    ):
        assert limit in limits


def test_readme_states_how_many_routes_sam_warns_about() -> None:
    functions = [one["Properties"] for one in source()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    routes = [event for function in functions for event in function["Events"].values() if event["Type"] == "HttpApi"]
    assert f"warns that {len(routes)} routes have no authorization" in section("README.md", "Deploy").replace("\n", " ")


def test_readme_links_to_every_other_document() -> None:
    assert set(DOCUMENTS) - {"README.md"} <= {link.partition("#")[0] for link in links("README.md")}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_and_headings_that_exist(document: str) -> None:
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = ((ROOT / document).parent / path).resolve() if path else ROOT / document
        name = str(target.relative_to(ROOT))
        assert target.exists(), link
        assert not anchor or anchor in anchors(name), link


@pytest.mark.parametrize("document", DOCUMENTS)
def test_prose_has_no_banned_words(document: str) -> None:
    found = [line for line in prose(document).splitlines() if any(re.search(banned, line) for banned in BANNED)]
    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_sentences_are_short(document: str) -> None:
    words = {one: [word for word in one.split() if word.strip(".,:;()") != "code"] for one in sentences(document)}
    assert [one for one in words if len(words[one]) > SENTENCE_WORDS or one.count(";") > 1] == []


def test_api_document_has_every_route() -> None:
    paths = {route.path for route in routes() if "{hint}" not in route.path}
    documented = set(re.findall(r"(?m)^\| `((?:GET|POST|PUT|DELETE|ANY) [^`]+)`", text("API.md")))
    methods = {path: {route.method for route in routes() if route.path == path} for path in paths}
    assert {route.path.replace("/{hint}", "") for route in routes() if "{hint}" in route.path} < paths
    assert methods["/api/v2/{proxy+}"] == {"GET", "POST", "PUT", "DELETE", "PATCH"}
    methods["/api/v2/{proxy+}"] = {"ANY"}  # as it stands in the table
    assert documented == {f"{method} {path}" for path, all_of_path in methods.items() for method in all_of_path}


def test_api_document_has_every_query_parameter_and_no_other() -> None:
    table = section("API.md", "GET /v1/sessionRecent").split("```json")[0]
    documented = [name for row in rows(table)[1:] for name in re.findall(r"`(\w+)`", row)]
    assert documented == [parameter.name for parameter in media_analytics.PARAMETERS]
    channels = section("API.md", "Channels")
    pages = set(re.findall(r"`(page\w+)`", channels)) | set(re.findall(r"[?&](\w+)=", channels))
    assert pages == {parameter.name for parameter in vod_station.PARAMETERS}


def test_api_document_has_the_values_of_every_query_parameter() -> None:
    table = section("API.md", "GET /v1/sessionRecent")
    for parameter in media_analytics.PARAMETERS:
        (row,) = [line for line in table.splitlines() if re.match(rf"\| .*`{parameter.name}`.* \|", line)]
        values = [f"`{value}`" for value in parameter.schema.get("enum", ())]
        bounds = [str(parameter.schema[name]) for name in ("minimum", "maximum") if name in parameter.schema]
        assert [value for value in (*values, *bounds) if value not in row] == []
    (lists,) = re.findall(
        r"`pageNo` starts at (\d+); `pageSizeNo` is (\d+) to (\d+), by default (\d+)", section("API.md", "Channels")
    )
    size = vod_station.PAGE_SIZE.schema
    expected = (vod_station.PAGE_NUMBER.schema["default"], size["minimum"], size["maximum"], size["default"])
    assert lists == tuple(map(str, expected))


def test_api_document_has_every_parameter_of_charts_with_its_values() -> None:
    chapter = section("API.md", "Charts and contents")
    documented = [name for row in rows(chapter.split("| route |")[0])[1:] for name in re.findall(r"`(\w+)`", row)]
    known = {parameter.name: parameter for parameters in chart_requests.PARAMETERS.values() for parameter in parameters}
    assert documented == list(known)
    for name, parameter in known.items():
        (row,) = [line for line in chapter.splitlines() if re.match(rf"\| [^|]*`{name}`[^|]* \|", line)]
        values = [f"`{value}`" for value in parameter.schema.get("enum", ())]
        bounds = [str(parameter.schema[bound]) for bound in ("minimum", "maximum", "default") if "minimum" in parameter.schema]
        assert [value for value in (*values, *bounds) if value not in row] == []


def test_api_document_has_every_chart_its_keys_and_its_limits() -> None:
    chapter = section("API.md", "Charts and contents")
    assert [row.strip("`") for row in rows(chapter) if row.startswith("`/v1/")] == list(chart_requests.PARAMETERS)
    for entry in (answers.CurrentViewers, answers.PlayCount, answers.PlayTime, answers.UniqueViewers, answers.ContentSummary):
        assert entry.__annotations__.keys() <= names(chapter)
    assert answers.Quality.__annotations__.keys() <= names(chapter)
    flat = chapter.replace("\n", " ")
    assert (
        f"A chart covers at most {chart_requests.MAX_DAYS} days, contents at most {chart_requests.MAX_CONTENTS_DAYS} days" in flat
    )
    assert f"The {VIEWERS_MINUTES} minutes that ended {SETTLED_MS // 1_000} seconds ago or earlier" in flat


def test_api_document_has_every_error_code_with_its_status() -> None:
    table = [line for line in section("API.md", "Channels").splitlines() if line.startswith("| `")]
    documented = {code: int(line.split("|")[2]) for line in table for code in re.findall(r"`(\d+)`", line.split("|")[1])}
    failures = [*errors.REFUSALS.values(), *errors.COMMON.values(), *(errors.INVALID_ID, errors.PAGE_NUMBER, errors.NAME)]
    assert documented == {failure.code: failure.status for failure in (*failures, errors.UNEXPECTED)}


def test_api_document_has_every_event_type() -> None:
    assert names(section("API.md", "Event types")) == set(EventType)


def test_metrics_document_is_made_from_the_docstrings_of_the_fields() -> None:
    assert all(field.description for field in Metrics.model_fields.values())
    assert metrics_doc.with_tables(text("METRICS.md")) == text("METRICS.md"), "run python -m tests.repo.metrics_doc --write"


def test_console_explains_every_metric_as_the_docstrings_do() -> None:
    shown = metrics_doc.SENTENCES.read_text(encoding="utf-8")
    assert shown == metrics_doc.sentences(), "run python -m tests.repo.metrics_doc --write"


def test_metrics_document_has_every_metric() -> None:
    assert set(Metrics.model_fields) <= names("".join(rows(text("METRICS.md"))))


def test_metrics_document_has_every_close_reason() -> None:
    assert set(CloseReason) <= names(section("METRICS.md", "When a session is over"))


def test_operations_document_has_the_table_of_the_metrics_registry() -> None:
    operations = text("OPERATIONS.md")
    assert telemetry_doc.with_table(operations) == operations, "run python -m tests.repo.telemetry_doc --write"


def test_operations_document_has_every_parameter_with_its_default() -> None:
    parameters: dict[str, Any] = source()["Parameters"]
    table = section("OPERATIONS.md", "Parameters")
    assert {row.strip("`") for row in rows(table)[1:]} == set(parameters)
    for name, parameter in parameters.items():
        (default,) = re.findall(rf"\| `{name}` \| `?([\w.]+)`? \|", table)
        assert default == (str(parameter["Default"]) or "none"), name


def test_operations_document_has_every_alarm_with_a_check_and_a_remedy() -> None:
    table = [line for line in section("OPERATIONS.md", "Alarms").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    alarms = {name for name, one in source()["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {name.strip("`") for name, *_ in cells} == alarms
    assert all(look and then for _, look, then in cells)


def test_documents_state_the_price_of_monitoring() -> None:
    alarms = [alarm["Properties"] for alarm in source()["Resources"].values() if alarm["Type"] == "AWS::CloudWatch::Alarm"]
    watched = [sum("MetricStat" in one for one in alarm.get("Metrics", [])) for alarm in alarms]
    all_watched = sum(number or 1 for number in watched)
    # StartsRefused needs the metrics of two routes.
    of_routes = 2 * len(("Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"))
    metrics = len(METRICS) + of_routes
    operations = text("OPERATIONS.md").replace("\n", " ")
    assert f"{all_watched} alarm metrics at 0.10 $, {metrics} metrics at 0.30 $ ({len(METRICS)} of mediabeat" in operations
    assert f"up to {all_watched * 0.1 + metrics * 0.3 + 3:.2f} $ per month at list prices" in operations
    assert f"`off` saves {sum(watched) * 0.1:.2f} $ per month" in operations
    costs = text("COSTS.md").replace("\n", " ")
    (idle,) = re.findall(r"An idle deployment costs about ([\d.]+) \$ per month: (.+?)`ComputedAlarms", costs)
    assert float(idle[0]) == pytest.approx(sum(float(part) for part in re.findall(r"\d\.\d\d", idle[1])))
    assert f"{all_watched} alarm metrics {all_watched * 0.1:.2f}" in costs


def test_restoring_the_table_deletes_nothing() -> None:
    chapter = section("OPERATIONS.md", "Restore the table")
    assert re.findall(r"delete-table|delete-backup|no-deletion-protection", chapter) == []
    assert chapter.split("```sh\n")[1].startswith("set -eu\n")


def test_operations_document_has_every_command() -> None:
    documented = " ".join(rows(section("OPERATIONS.md", "Commands")))
    assert [command for command in main.commands if not re.search(rf"\b{command}\b", documented)] == []


@pytest.mark.parametrize(
    ("request_name", "most_bytes", "most_units"),
    [
        ("a `sessionStart`", START_BYTES, START_UNITS),
        ("a downloaded session", SESSION_ARRAY_BYTES, DOWNLOADED_UNITS),
        ("`POST /api/v1/downloaded`", DOWNLOADED_BYTES, DOWNLOADED_UNITS),
        ("an event", EVENT_BYTES, APPEND_UNITS),
        ("an array", ARRAY_BYTES, APPEND_UNITS),
    ],
)
def test_operations_document_states_the_dearest_requests(request_name: str, most_bytes: int, most_units: int) -> None:
    body = f"{most_bytes // 1_024} KB" if most_bytes < 1_024**2 else f"{most_bytes // 1_024**2} MB"
    lines = section("OPERATIONS.md", "What a request may cost").splitlines()
    (row,) = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines if f"{request_name} |" in line)
    assert (row[1], row[3], row[4]) == (body, str(most_units), f"{most_units * WRITE_UNITS_A_MILLION:.2f}")


@pytest.mark.parametrize(
    "limit",
    [
        *(f"{MAX_DOWNLOADED_EVENTS:,} events", f"{MAX_SESSION_WEIGHT:,} units", f"for each {BYTES_PER_WEIGHT} bytes"),
        *(f"{MAX_ENTRIES} entries", f"up to {MAX_NAME} characters", f"texts up to {MAX_TEXT:,}", f"{MAX_DEPTH} levels"),
        *(
            f"one event | {EVENT_BYTES // 1_024} KB; `sessionStart` {START_BYTES // 1_024} KB",
            f"array of events | {ARRAY_BYTES // 1_024} KB",
        ),
        *(f"{DOWNLOADED_BYTES // 1_024**2} MB", f"{SESSION_ARRAY_BYTES // 1_024} KB at", f"{START_UNITS} write units"),
        *(f"{APPEND_UNITS} for an event or an array", f"{DOWNLOADED_UNITS} for a downloaded session"),
        *(f"{MAX_LOG_LINES:,} lines", f"{ADS_BYTES // 1_024} KB of JSON"),
        *(f"`chapters` {CHAPTERS_BYTES // 1_024} KB", f"errors {ERROR_IDS_BYTES // 1_024} KB"),
    ],
)
def test_api_document_has_every_limit(limit: str) -> None:
    assert limit in section("API.md", "Limits")


def test_api_document_says_what_lists_leave_out() -> None:
    api = text("API.md").replace("\n", " ")
    assert f"{list_sessions.MAX_LOG_LINES:,} / `limit` lines" in api
    assert f"up to {list_sessions.MEASURED_WEIGHT:,} units" in api
    assert f"{list_sessions.MEASURING_S} s of processor time or {list_sessions.MEASURED_BYTES // 1_024} KB" in api
    assert f"at most {LISTED_LOG_LINES} lines of a session whose summary is larger than {LISTED_BYTES // 1_024} KB" in api
    assert f"An open session of more than {SHOWN_WEIGHT:,} units" in api
    assert f"first {ERRORS_BYTES // 1_024} KB" in api


def test_metrics_document_says_what_lists_leave_out() -> None:
    metrics = text("METRICS.md")
    assert f"the first {ADS_BYTES // 1_024} KB of JSON" in metrics
    assert f"the first {CHAPTERS_BYTES // 1_024} KB of JSON" in metrics
    assert metrics.count(f"the first {ERROR_IDS_BYTES // 1_024} KB of them") == 2


def test_filter_for_opt_outs_matches_the_stored_attributes() -> None:
    (documented,) = re.findall(r"```json\n(.+)\n```", text("PRIVACY.md"))
    pattern = json.loads(documented)["dynamodb"]["NewImage"]
    opted_out = Start("demo", "PC", "VOD", "viewer", "{}", 0, 0, b"", opt_out_share=True, opt_out_forwarding=True)
    item = start_item("0" * 64, opted_out, shards=1, expires_at=0)
    assert {name: set(item[name]) for name in pattern} == {name: set(value) for name, value in pattern.items()}
    assert pattern["sk"]["S"] == [item["sk"]["S"]]
    assert {name for name in item if name.startswith("opt_out")} <= names(text("PRIVACY.md"))


def test_root_documents_are_those_that_readers_expect() -> None:
    expected = {"README.md", "API.md", "METRICS.md", "OPERATIONS.md", "COSTS.md", "PRIVACY.md", "ARCHITECTURE.md", "CHANGELOG.md"}
    assert expected <= set(ROOT_DOCUMENTS)
