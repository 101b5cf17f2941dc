"""`mediabeat charts`: the charts of the local project."""

import json
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console

from mediabeat.cli import charts as shown_charts
from mediabeat.cli.commands.options import DATE
from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.queries import ask
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES


@click.command()
@click.argument("name", type=click.Choice(list(shown_charts.PATHS)), required=False, metavar="[NAME]")
@click.option("--days", type=click.IntRange(1, 400), help="The last so many days (UTC), today among them.")
@click.option("--from", "first", type=DATE, help="The first UTC date.")
@click.option("--to", "last", type=DATE, help="The last UTC date.")
@click.option("--device", type=click.Choice(DEVICES), help="Only sessions on these devices.")
@click.option("--video-type", type=click.Choice(VIDEO_TYPES), help="Only sessions of this type.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer as it is.")
def charts(
    name: str | None,
    days: int | None,
    first: datetime | None,
    last: datetime | None,
    device: str | None,
    video_type: str | None,
    as_json: bool,
) -> None:
    """Draw viewers and plays, or the chart NAME.

    Without a NAME, draws the viewers of the last hour and the plays of today. NAME is currentViewers, playCnt, playTimeSum,
    uniqUserCnt, quality, contentsSummary, playCountTop10 or playTimeTop10.

    A chart shows the last 7 days unless dates are given. One day is shown in steps of five minutes.
    """
    if days and (first or last):
        raise click.UsageError("--days does not go with --from and --to.")
    if name is None and (days or first or last or device or video_type or as_json):
        raise click.UsageError(f"Options need a NAME: {', '.join(shown_charts.PATHS)}.")
    cloud, now = lifecycle.require(StateFolder.of_user()), datetime.now(UTC)
    if name is None:
        Console().print(shown_charts.picture(*shown_charts.ask_for_picture(cloud, now)))
        return
    first, last = (now - timedelta(days=days - 1), now) if days else (first, last)
    dates = {"startDate": f"{first:%Y-%m-%d}" if first else None, "endDate": f"{last:%Y-%m-%d}" if last else None}
    answer = ask(cloud, shown_charts.PATHS[name], **dates, device=device, videoType=video_type)
    if as_json:
        click.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        Console().print(shown_charts.shown(name, answer))
