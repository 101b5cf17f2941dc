"""The bodies of charts and contents: keys in the published order, messages, dates."""

import json
from typing import Any

from mediabeat.core.rollups.charts import ChartQuery, Interval, Point
from mediabeat.core.rollups.contents import ContentRow, ContentsQuery, Page
from mediabeat.core.rollups.counters import Content
from mediabeat.protocols.media_analytics.chart_answers import (
    contents_body,
    current_viewers_body,
    play_count_body,
    play_count_top_body,
    play_time_body,
    play_time_top_body,
    unique_viewers_body,
)

POINT = [Point(1_760_026_980_000, 246_551)]
ROW = ContentRow(Content("movie-1", "Film 1", "https://media.example.com/1.m3u8"), "VOD", 3, 812)


def query(interval: Interval) -> ChartQuery:
    return ChartQuery(("PC", "Mobile"), ("VOD", "LIVE"), interval, 0, 0)


def written(body: Any) -> str:
    return json.dumps(body)


def test_body_of_a_chart_has_the_published_keys_in_order() -> None:
    day, five = query(Interval.DAY), query(Interval.FIVE_MINUTES)
    date = '"logDate": "2025-10-09 16:23:00"}]}'
    assert written(current_viewers_body(query(Interval.MINUTE), POINT)) == (
        '{"code": 200, "message": "currentViewers (1m)", "result": [{"currentViewerCnt": 246551, ' + date
    )
    assert written(play_count_body(day, POINT)) == (
        '{"code": 200, "message": "playCnt (1d)", "result": [{"playSuccessCnt": 246551, ' + date
    )
    assert written(play_time_body(five, POINT)) == (
        '{"code": 200, "message": "playTimeSum (5m)", "result": [{"playTimeSum": 246.551, ' + date
    )
    assert written(unique_viewers_body(five, POINT)) == (
        '{"code": 200, "message": "uniqUserCnt (5m)", "result": [{"uniqUsers": 246551, ' + date
    )


def test_body_of_contents_has_the_published_keys_in_order() -> None:
    content = '"title": "Film 1", "url": "https://media.example.com/1.m3u8", "videoType": "VOD", "contentsKey": "movie-1"'
    day, five = (ContentsQuery(query(interval), True, 1, 10) for interval in (Interval.DAY, Interval.FIVE_MINUTES))
    assert written(play_count_top_body(day, Page([ROW], 7))) == (
        '{"code": 200, "message": "playCountTop10 (1d)", "result": [{' + content + ', "playCount": 3}]}'
    )
    assert written(play_time_top_body(day, Page([ROW], 7))) == (
        '{"code": 200, "message": "playTimeTop10 (1d)", "result": [{' + content + ', "playTime": 812}]}'
    )
    assert written(contents_body(five, Page([ROW], 7))) == (
        '{"code": 200, "message": "contentsSummary (5m)", "result": {"totalCount": 7, "list": [{'
        + content
        + ', "playCount": 3, "playTime": 812}]}}'
    )
    assert written(contents_body(five, Page([], 7))) == (
        '{"code": 200, "message": "contentsSummary (5m)", "result": {"totalCount": 7, "list": []}}'
    )
