"""README's picture of the demo: `python -m tests.repo.picture --write` updates it.

The journeys go through the deployed functions on a simulated AWS, with a fixed clock. The demo's own code shows the results, and
rich turns them into SVG. The picture loads no font and no other file.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import boto3
import httpx
from moto import mock_aws
from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

import tests.conftest  # noqa: F401 - sets the environment of the functions
from mediabeat.cli.charts import PATHS
from mediabeat.cli.charts import picture as charts_picture
from mediabeat.cli.demo import SentJourney, drawn_session, results
from mediabeat.cli.demo_charts import send_earlier
from mediabeat.cli.edge_replay import replay_file
from mediabeat.cli.replay import ReplayOptions
from mediabeat.cli.viewings.week import viewings
from mediabeat.core.projects import new_project
from mediabeat.core.records import Phase
from mediabeat.core.session import Session
from mediabeat.runtime.settings import settings, viewer_key_secret
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_items import HEAD, START
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item
from tests.support.api import Api, app, apps_with_clock
from tests.support.clock import Clock
from tests.support.journeys import JOURNEYS
from tests.support.local_status import UP
from tests.support.table_stream import as_event, passes, record_of
from tests.support.template import ROOT, table_definition

PICTURE: Final = ROOT / ".github" / "assets" / "demo.svg"
COMMAND: Final = "python -m tests.repo.picture --write"

_PROJECT: Final = "demo"
_COLUMNS: Final = 92
_FONT_ASPECT_RATIO: Final = 0.6
_THEME: Final = TerminalTheme(
    background=(13, 17, 23),
    foreground=(214, 220, 227),
    normal=[
        *((72, 79, 88), (255, 123, 114), (63, 185, 80), (227, 179, 65)),
        *((88, 166, 255), (188, 140, 255), (57, 197, 207), (214, 220, 227)),
    ],
)
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width} {height}">
<title>The output of mediabeat demo</title>
<style>
text {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }}
text {{ font-size: {char_height}px; }}
text.{unique_id}-title {{ font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-terminal)">
{backgrounds}
{matrix}
</g>
</svg>
"""
"""The frame that rich fills; its own frame would load fonts from another host."""


def picture() -> str:
    """Return the picture as SVG."""
    with redirect_stdout(io.StringIO()):  # the functions print their metrics
        sessions, drawn, charted = _demo()
    console = Console(record=True, file=io.StringIO(), width=_COLUMNS, force_terminal=True, color_system="truecolor", _environ={})
    console.print(results(sessions, drawn, charted))
    svg = console.export_svg(
        title="mediabeat demo", theme=_THEME, code_format=_SVG, font_aspect_ratio=_FONT_ASPECT_RATIO, unique_id="demo"
    )
    return "\n".join(line.strip() for line in svg.splitlines() if line.strip()).replace("</text><text", "</text>\n<text") + "\n"


def _demo() -> tuple[list[dict[str, Any]], Session | None, RenderableType]:
    """Send all journeys, let the closer and the roll-ups run, and return what the demo shows: list, session to draw, charts."""
    sent = []
    with _deployment() as (api, clock, api_key, store):

        def answer(request: httpx.Request) -> httpx.Response:
            replied = api.call(
                request.method, request.url.raw_path.decode(), request.content.decode(), headers=dict(request.headers)
            )
            return httpx.Response(replied["statusCode"], headers=replied.get("headers"), text=replied.get("body", ""))

        for name, path in JOURNEYS.items():
            [session] = replay_file(
                path,
                "http://127.0.0.1",
                ReplayOptions(shift_to_now=True, project_id=_PROJECT),
                transport=httpx.MockTransport(answer),
                clock_s=lambda: clock() / 1_000,
            )
            assert session.sid is not None, name
            assert session.refusal is None, session.refusal
            sent.append(SentJourney(name, session.sid))
            clock.forward(seconds=1)  # the list is sorted by start, so no two sessions may start at the same time
        now = datetime.fromtimestamp(clock() / 1_000, UTC)
        of_today = [one for one in viewings(now) if one.begins_at.date() == now.date()]  # the picture shows no other day
        send_earlier(of_today, UP, at_once=1, transport=httpx.MockTransport(answer))
        _roll_up("MODIFY", HEAD, seen={"N": "-1"})
        clock.forward(minutes=settings().limits.quiet_ms / 60_000 + 1)
        assert sum(api.close_due().values()) > 0
        _roll_up("INSERT", START)
        today = {"startDate": f"{now:%Y-%m-%d}", "endDate": f"{now:%Y-%m-%d}"}
        viewers, plays = api.query(PATHS["currentViewers"], api_key), api.query(PATHS["playCnt"], api_key, **today)
        newest = api.recent(api_key, _PROJECT, limit=str(len(sent)))
        return newest["result"], drawn_session(sent, store), charts_picture(viewers, plays)


def _roll_up(name: str, sk: str, **changed: Item) -> None:
    """Let the roll-ups count these items, as if the table's stream had brought them; moto has no stream.

    Heads of sessions that were watched offline are closed, and say nothing about viewers.
    """
    client = dynamodb_client()
    items = [item for page in client.get_paginator("scan").paginate(TableName=settings().table_name) for item in page["Items"]]
    records = [
        record_of(name, {**item, **changed})
        for item in items
        if item["sk"]["S"] == sk and item.get("phase") != {"S": Phase.CLOSED}
    ]
    assert all(passes(record) for record in records)
    counted = app("roll_up").lambda_handler(as_event(records), SimpleNamespace(aws_request_id="picture"))
    assert counted["skipped"] == 0


@contextmanager
def _deployment() -> Iterator[tuple[Api, Clock, str, Store]]:
    clock = Clock()
    with mock_aws(), ExitStack() as patches:
        for app in apps_with_clock():
            patches.enter_context(patch.object(app, "server_clock", clock))
        table = settings().table_name
        dynamodb_client().create_table(TableName=table, **table_definition())
        boto3.client("secretsmanager").create_secret(Name=viewer_key_secret(), SecretString="the key of the tests")
        project, api_key = new_project(_PROJECT, clock())
        Registry(table, dynamodb_client()).create_project(project)
        store = Store(table, dynamodb_client(), retention_s=settings().retention_s, index_shards=settings().index_shards)
        yield Api(), clock, api_key, store


def main(arguments: list[str]) -> None:
    """Write the picture to the file that README shows, or to another file."""
    if arguments[:1] != ["--write"] or len(arguments) > 2:
        sys.exit(f"usage: {COMMAND} [FILE]")
    path = Path(arguments[1]) if arguments[1:] else PICTURE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
