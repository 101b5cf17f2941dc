"""The items of the roll-ups: counters, how often a viewer was seen, and which changes have been counted. Pure.

    pk                           sk                     what
    roll#{project}#{lane}        h#{yyyymmddhh}         the counters of an hour
                                 d#{yyyymmdd}           those of a day, and how often it was changed (`v`)
                                 ch#{yyyymmddhh}#{hash} those of a content in an hour
                                 cd#{yyyymmdd}#{hash}   those of a content in a day, and the content's names
    uniq#{project}#{viewer}      {yyyymmdd}             at which seats a viewer's sessions of a day count, and how many
    applied#{lane}               {ten seconds}          the ids of the changes that were counted

A viewer's item has numbers of sessions, not their ids. So it has a bound, 288 buckets of 4 kinds, and changes that arrive in
another order count the same, because a number may be negative in between.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from mediabeat.core.rollups.counters import Content, Period, Place, Seat
from mediabeat.core.rollups.names import is_counter
from mediabeat.storage.table import Item, key, number_in

SLOT_S: Final = 10
"""The changes of so many seconds share an item with the ids of those that were counted."""

APPLIED_KEPT_S: Final = 26 * 3_600
"""A stream delivers no record that is older than 24 hours."""

SEEN_OUTLIVES_S: Final = 7 * 24 * 3_600
"""A viewer's item outlives the sessions that it counts. They expire up to 48 hours later than `RetentionDays` after the start.
DynamoDB deletes them some days later, and until then they may be erased."""

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
_DAY_0: Final = date(1970, 1, 1).toordinal()

SAME_AS_READ: Final = "changed_by = :read"
NOT_THERE: Final = "attribute_not_exists(pk)"
IS_NEWER: Final = "attribute_not_exists(named_at) OR named_at < :named_at OR (named_at = :named_at AND title < :title)"


def partition(project_id: str, lane: int) -> str:
    """Return the partition of a project's counters in a lane."""
    return f"roll#{project_id}#{lane}"


def place_key(place: Place) -> Item:
    """Return the key of an item of counters."""
    return key(partition(place.project_id, place.lane), sort_key(place.period, place.number, place.content))


def sort_key(period: Period, number: int, content: str = "") -> str:
    """Return the sort key of an item of counters; without a content, that of a period's first item."""
    is_of_content = period in (Period.CONTENT_HOUR, Period.CONTENT_DAY)
    return f"{period}#{_written(period, number)}" + (f"#{content}" if is_of_content else "")


def after_last(period: Period, number: int) -> str:
    """Return a text that sorts right after the sort keys of a period's items."""
    return f"{period}#{_written(period, number)}$"


def _is_hours(period: Period) -> bool:
    return period in (Period.HOUR, Period.CONTENT_HOUR)


def _written(period: Period, number: int) -> str:
    day, hour = divmod(number, 24) if _is_hours(period) else (number, None)
    written = f"{day_text(day)}"
    return written if hour is None else f"{written}{hour:02}"


def day_text(day: int) -> str:
    """Return an epoch day as in keys: `yyyymmdd`."""
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y%m%d}"


def number_of(item: Item) -> int:
    """Return the epoch hour or epoch day of an item of counters."""
    period, written, *_ = item["sk"]["S"].split("#")
    return _number(period, written)


@lru_cache(maxsize=1_024)  # a query reads thousands of items of the same few days
def _number(period: str, written: str) -> int:
    day = date(int(written[:4]), int(written[4:6]), int(written[6:8])).toordinal() - _DAY_0
    return 24 * day + int(written[8:]) if _is_hours(Period(period)) else day


def content_in(item: Item) -> str:
    """Return the hash in the key of a content's item."""
    return str(item["sk"]["S"].rpartition("#")[2])


def place_of(item: Item) -> Place:
    """Return what an item of counters is about, by its key."""
    _, project_and_lane = item["pk"]["S"].split("#", 1)
    project_id, _, lane = project_and_lane.rpartition("#")
    period = Period(item["sk"]["S"].partition("#")[0])
    content = content_in(item) if period in (Period.CONTENT_HOUR, Period.CONTENT_DAY) else ""
    return Place(project_id, int(lane), period, number_of(item), content)


def counters_in(item: Item) -> Counter[str]:
    """Return the counters of an item by their names. Attributes of a later release that are no counters are left out."""
    return Counter({name: int(value["N"]) for name, value in item.items() if is_counter(name) and "N" in value})


class Named(NamedTuple):
    """The names of a content, of which the later ones count: those of the session that started at `named_at` (epoch ms)."""

    named_at: int
    title: str
    url: str
    content_id: str


def named_in(item: Item) -> Named | None:
    """Return the names in a content's item; None if it has none."""
    named_at = number_in(item, "named_at")
    if named_at is None:
        return None
    return Named(named_at, *(item.get(name, {}).get("S", "") for name in ("title", "url", "id")))


def content_of(named: Named) -> Content:
    """Return a content by its names."""
    return Content(named.content_id, named.title, named.url)


def counters_update(place: Place, sums: Mapping[str, int], *, retention_s: int, named: Named | None = None) -> Item | None:
    """Return the update that adds to the counters of an item; None if nothing changes. `named` is set if it is newer.

    The item of a day counts its changes, so that one who has read it can tell whether it has changed since.
    """
    added = {name: value for name, value in sums.items() if value} | ({"v": 1} if place.period is Period.DAY else {})
    if not added and named is None:
        return None
    numbers = {value: f":{at}" for at, value in enumerate(dict.fromkeys(added.values()))}
    ends_at = (place.number + 1) * (HOUR_S if _is_hours(place.period) else DAY_S)
    sets = {"expires_at": {"N": str(ends_at + retention_s)}}
    update: Item = {"Key": place_key(place)}
    if named is not None:
        sets |= {"named_at": {"N": str(named.named_at)}, "title": {"S": named.title}, "#url": {"S": named.url}}
        sets |= {"id": {"S": named.content_id}}
        update |= {"ConditionExpression": IS_NEWER, "ExpressionAttributeNames": {"#url": "url"}}
        update |= {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    setting = ", ".join(f"{name} = :{name.removeprefix('#')}" for name in sets)
    adding = ", ".join(f"{name} {numbers[value]}" for name, value in added.items())
    values = {f":{name.removeprefix('#')}": value for name, value in sets.items()}
    values |= {placeholder: {"N": str(value)} for value, placeholder in numbers.items()}
    expression = f"SET {setting}" + (f" ADD {adding}" if adding else "")
    return {"Update": update | {"UpdateExpression": expression, "ExpressionAttributeValues": values}}


# How often a viewer was seen


class Seen(NamedTuple):
    """At which seats a viewer's sessions of a day count, and how many. `changed_by` is the id of the last change."""

    seats: Mapping[Seat, int]
    changed_by: bytes | None
    expires_at: int


UNSEEN: Final = Seen({}, None, 0)


class ViewerDay(NamedTuple):
    """A viewer of a project on an epoch day."""

    project_id: str
    viewer: str
    day: int


def seen_partition(project_id: str, viewer: str) -> str:
    """Return the partition of the days on which a viewer is counted."""
    return f"uniq#{project_id}#{viewer.lower()}"


def seen_key(viewer: ViewerDay) -> Item:
    """Return the key of a viewer's item."""
    return key(seen_partition(viewer.project_id, viewer.viewer), day_text(viewer.day))


def seen_in(item: Item | None) -> Seen:
    """Read a viewer's item."""
    if item is None:
        return UNSEEN
    seats = {_seat_of(name): int(value["N"]) for name, value in item.items() if name[0] == "n" and len(name) == len("n1230")}
    return Seen(seats, bytes(item["changed_by"]["B"]), number_in(item, "expires_at") or 0)


def seen_write(viewer: ViewerDay, read: Seen, changes: Mapping[Seat, int], *, by: bytes, expires_at: int) -> Item | None:
    """Return the write that adds to a viewer's seats, if the item is as it was read; None if nothing changes.

    The last session that goes takes the item with it. `by` is the id of one of the changes, so no two versions have the same.
    `expires_at` (epoch seconds) is when a session that started now would have been kept for `RetentionDays`.
    """
    after = {seat: read.seats.get(seat, 0) + change for seat, change in changes.items() if change}
    if not after:
        return None
    condition = NOT_THERE if read.changed_by is None else SAME_AS_READ
    values: Item = {":read": {"B": read.changed_by}} if read.changed_by else {}
    write: Item = {"Key": seen_key(viewer), "ConditionExpression": condition}
    if not any({**read.seats, **after}.values()):
        return {"Delete": write | {"ExpressionAttributeValues": values}}
    values |= {":by": {"B": by}, ":expires_at": {"N": str(max(read.expires_at, expires_at + SEEN_OUTLIVES_S))}}
    kept = {_seat_name(seat): sessions for seat, sessions in after.items() if sessions}
    values |= {f":{name}": {"N": str(sessions)} for name, sessions in kept.items()}
    gone = ", ".join(_seat_name(seat) for seat, sessions in after.items() if not sessions)
    setting = ", ".join([*(f"{name} = :{name}" for name in kept), "changed_by = :by", "expires_at = :expires_at"])
    expression = f"SET {setting}" + (f" REMOVE {gone}" if gone else "")
    return {"Update": write | {"UpdateExpression": expression, "ExpressionAttributeValues": values}}


def _seat_name(seat: Seat) -> str:
    return f"n{seat.bucket:03x}{seat.kind:x}"


def _seat_of(name: str) -> Seat:
    return Seat(int(name[1:4], 16), int(name[4], 16))


# What has been counted


def slot_of(at: float) -> int:
    """Return the slot of a change that was made at a time (epoch seconds)."""
    return int(at // SLOT_S)


def applied_update(lane: int, slot: int, ids: Iterable[bytes]) -> Item:
    """Return the update that notes changes as counted, and fails if one of them is."""
    noted = list(ids)
    values: Item = {f":{at}": {"B": one} for at, one in enumerate(noted)}
    values |= {":ids": {"BS": noted}, ":expires_at": {"N": str((slot + 1) * SLOT_S + APPLIED_KEPT_S)}}
    return {
        "Update": {
            "Key": key(f"applied#{lane}", str(slot)),
            "UpdateExpression": "SET expires_at = :expires_at ADD ids :ids",
            "ConditionExpression": " AND ".join(f"NOT contains(ids, :{at})" for at in range(len(noted))),
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def applied_in(item: Item) -> set[bytes]:
    """Return the ids of the changes that were counted."""
    return {bytes(one) for one in item.get("ids", {}).get("BS", [])}
