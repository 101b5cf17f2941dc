"""Every stored form of every release is read by today's code; and readers take what other releases wrote.

The files in `tests/golden/{release}/` were written once, by the code of that release, and are never written again. Each is a list
of cases: `stored` is what was stored (an item in DynamoDB's JSON with binary values in base64, or bytes in base64, or text), and
`read` is what it has to read as. Files of a new form, or of a form that has changed, come from `python -m tests.golden`.
"""

import hashlib
import importlib
import inspect
import json
import pkgutil
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

import mediabeat
from mediabeat.archive.lines import read_manifest
from mediabeat.core.action_log import LogLine, Totals
from mediabeat.core.breakdowns import AdMetrics, ChapterMetrics, Frozen, StateMetrics
from mediabeat.core.channels import Status, takes_sessions
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import EventType
from mediabeat.core.event_codec import canonical_json, is_known, pack
from mediabeat.core.metrics import Metrics
from mediabeat.core.records import Caller, Head, Phase, StoredSession
from mediabeat.core.stored_forms import compressed, decompressed, neutral
from mediabeat.core.summary import UNREADABLE, ListedSummary, Summary, summarize
from mediabeat.runtime.user_agent import UNKNOWN
from mediabeat.storage import channel_items, session_items
from mediabeat.storage.table import Item
from tests.golden.forms import FORMS, as_json, item_of
from tests.support.builders import BASE_MS, end, error, play, start

GOLDEN: Final = Path(__file__).parents[2] / "golden"
RELEASES: Final = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir() and folder.name[0].isdigit())


def golden(form: str) -> dict[str, Any]:
    """Return the cases of a form in all releases, by release and name."""
    paths = [GOLDEN / release / f"{form}.json" for release in RELEASES]
    return {
        f"{path.parent.name} {form}: {case['case']}": case
        for path in paths
        if path.exists()
        for case in json.loads(path.read_text(encoding="utf-8"))
    }


def cases() -> list[Any]:
    return [pytest.param(form, case, id=name) for form in FORMS for name, case in golden(form).items()]


def assert_reads_as(read: Any, expected: Any, where: str = "") -> None:
    """Compare what was read with what the golden file says. Fields that came later have to be None, false or empty."""
    match expected:
        case dict():
            assert isinstance(read, dict), where
            assert expected.keys() <= read.keys(), where
            for name, value in expected.items():
                assert_reads_as(read[name], value, f"{where}.{name}")
            assert not any(read[name] for name in read.keys() - expected.keys()), where
        case list():
            assert isinstance(read, list), where
            assert len(read) == len(expected), where
            for position, (one, value) in enumerate(zip(read, expected, strict=True)):
                assert_reads_as(one, value, f"{where}[{position}]")
        case _:
            assert (type(read), read) == (type(expected), expected), where


# Golden files


@pytest.mark.parametrize(("form", "case"), cases())
def test_golden_file_of_each_release_is_read(form: str, case: dict[str, Any]) -> None:
    assert_reads_as(as_json(FORMS[form].read(case["stored"])), case["read"])


def writers() -> set[str]:
    """Return the names of the package's functions that make an item of the table, or the key of one."""
    found = pkgutil.walk_packages(mediabeat.__path__, "mediabeat.")
    modules = [importlib.import_module(module.name) for module in found if not module.name.startswith("mediabeat.cli")]
    functions = {name: one for module in modules for name, one in inspect.getmembers(module, inspect.isfunction)}
    keys = {name for name, one in functions.items() if name.endswith("_key") and one.__annotations__["return"] == Item}
    return keys | {name for name in functions if name.endswith(("_item", "_items"))}


def test_every_function_that_makes_an_item_has_golden_files() -> None:
    assert writers() >= {"head_item", "viewer_items", "count_key"}
    assert writers() - {name for form in FORMS.values() for name in form.writers} == set()


def test_every_form_has_a_golden_file() -> None:
    assert {path.stem for release in RELEASES for path in (GOLDEN / release).iterdir()} == FORMS.keys()


def test_every_stored_word_is_in_a_golden_file() -> None:
    assert {case["read"]["type"] for case in golden("events").values()} == set(EventType)
    heads = [case["read"] for case in golden("heads").values()]
    assert {head["phase"] for head in heads} == set(Phase)
    assert {head["close_reason"] for head in heads} == {None, *CloseReason}
    assert {case["read"]["status"] for case in golden("channel_names").values()} == set(Status)


# Summaries of other releases


VIEW: Final = [start(), play(1), error(5, 4, params={"media.errorId": "e-1"}), end(9, 8)]
HEAD: Final = Head(Phase.CLOSED, BASE_MS, None, closed_at=BASE_MS, close_reason=CloseReason.SESSION_END)
SESSION: Final = StoredSession("5" * 64, HEAD, None, frozenset(map(pack, VIEW)), None)
MODELS: Final[tuple[type[Frozen], ...]] = (Metrics, AdMetrics, ChapterMetrics, StateMetrics)


def fields_of(model: type[Frozen]) -> list[Any]:
    return [pytest.param(model, name, id=f"{model.__name__}.{name}") for name in model.model_fields]


def figures(model: type[Frozen]) -> dict[str, Any]:
    """Return what a golden summary has of a model."""
    metrics = golden("summaries")["0.1 summaries: all kinds of events"]["read"]["metrics"]
    of_parts = {
        AdMetrics: metrics["ads"][0],
        ChapterMetrics: metrics["chapters"][0],
        StateMetrics: metrics["states"]["fullScreen"],
    }
    return dict(of_parts.get(model, metrics))


@pytest.mark.parametrize(("model", "name"), [field for model in MODELS for field in fields_of(model)])
def test_missing_figure_reads_as_unknown_and_the_others_stay(model: type[Frozen], name: str) -> None:
    whole = figures(model)
    read = model.from_stored({field: value for field, value in whole.items() if field != name})
    kind = model.model_fields[name].annotation
    assert getattr(read, name) == neutral(kind)
    assert read.model_copy(update={name: getattr(model.from_stored(whole), name)}) == model.from_stored(whole)
    assert json.loads(read.model_dump_json()).keys() == model.model_fields.keys()


@pytest.mark.parametrize("model", MODELS)
def test_figures_added_after_the_first_release_permit_none(model: type[Frozen]) -> None:
    added = model.model_fields.keys() - figures(model).keys()
    assert [name for name in added if neutral(model.model_fields[name].annotation) is not None] == []


@pytest.mark.parametrize("model", MODELS)
def test_figures_of_a_later_release_are_ignored(model: type[Frozen]) -> None:
    assert model.from_stored(figures(model) | {"of_a_later_release": [1]}) == model.from_stored(figures(model))


def test_nested_figures_are_read_by_the_same_rules() -> None:
    metrics = figures(Metrics)
    metrics["ads"][0] |= {"of_a_later_release": 1}
    del metrics["ads"][1]["break_name"], metrics["chapters"][0]["skipped"]
    metrics["states"]["fullScreen"].pop("count")
    read = Metrics.from_stored(metrics)
    assert (read.ads[1].break_name, read.chapters[0].skipped, read.states["fullScreen"].count) == (None, False, 0)


@pytest.mark.parametrize("model", MODELS)
def test_metrics_cannot_be_made_without_a_figure(model: type[Frozen]) -> None:
    whole = figures(model)
    for name, field in model.model_fields.items():
        if field.is_required():
            with pytest.raises(ValidationError):
                model(**{other: value for other, value in whole.items() if other != name})
    with pytest.raises(ValidationError):
        model(**whole | {"of_a_later_release": 1})


def changed(change: Any) -> bytes:
    """Return the summary of SESSION after a change of its JSON."""
    stored = json.loads(decompressed(summarize(SESSION).to_bytes()))
    change(stored)
    return compressed(json.dumps(stored).encode())


def test_summary_with_a_field_more_or_fewer_in_each_part_is_read() -> None:
    today = summarize(SESSION)

    def longer(stored: Any) -> None:
        stored["log"] = [[*line, "later"] for line in stored["log"]]
        stored["totals"].append(7)
        stored["metrics"]["of_a_later_release"] = 1

    def shorter(stored: Any) -> None:
        stored["log"] = [line[:-1] for line in stored["log"]]
        stored["totals"].pop()
        del stored["metrics"]["time_to_start_ms"]

    assert Summary.from_bytes(changed(longer)) == today
    read = Summary.from_bytes(changed(shorter))
    assert read.log == [line._replace(duration_ms=0) for line in today.log]
    assert read.totals == today.totals._replace(lines=0)
    assert read.metrics == today.metrics.model_copy(update={"time_to_start_ms": None})
    assert LogLine.from_stored([5]) == LogLine(5, 0.0, "playing", 0)
    assert Totals.from_stored([]) == Totals(0, 0, 0, 0, 0)


@pytest.mark.parametrize("most_lines", [2, 3, 2_000])
def test_listed_summary_agrees_with_the_whole_summary(most_lines: int) -> None:
    for case in golden("summaries").values():
        summary = FORMS["summaries"].read(case["stored"])
        listed = ListedSummary.from_bytes(summary.to_bytes(), most_lines=most_lines)
        assert listed == summary.listed(most_lines=most_lines)
        assert listed.is_error is summary.metrics.error_impacted


def test_version_of_a_summary_without_one_is_zero() -> None:
    packed = changed(lambda stored: stored["metrics"].pop("metrics_version"))
    assert (Summary.version_of(packed), Summary.from_bytes(packed).metrics.metrics_version) == (0, 0)


@pytest.mark.parametrize("damaged", [b"", b"\xff\xff", compressed(b"[]"), compressed(b"{}"), compressed(b'{"metrics": [')])
def test_damaged_summary_raises_one_of_unreadable(damaged: bytes) -> None:
    assert Summary.version_of(damaged) == 0
    with pytest.raises(UNREADABLE):
        Summary.from_bytes(damaged)
    with pytest.raises(UNREADABLE):
        ListedSummary.from_bytes(damaged, most_lines=10)


# Callers


@pytest.mark.parametrize("name", Caller._fields)
def test_missing_field_of_a_caller_is_unknown(name: str) -> None:
    caller = Caller("Mobile", "iOS / 18", "Safari", "https://a.example", "https://a.example/b", "ko", "Mozilla", "phone")
    told = {field: value for field, value in caller._asdict().items() if field != name} | {"of_a_later_release": 1}
    unknown: Any = {"device": "PC", "os": UNKNOWN, "browser": UNKNOWN, "device_type": None}.get(name, "")
    assert Caller.from_json(json.dumps(told)) == caller._replace(**{name: unknown})


# Words


def test_unknown_word_of_a_head_stays_as_it_is_and_is_written_back() -> None:
    item = session_items.head_item("5" * 64, HEAD, due_shard="1.4", expires_at=1) | {
        "close_reason": {"S": "later"},
        "phase": {"S": "OPEN"},
    }
    head = session_items.head_of(item | {"of_a_later_release": {"S": "x"}})
    assert (head.phase, head.phase.is_known, head.close_reason, HEAD.phase.is_known) == ("OPEN", False, "later", True)
    assert session_items.head_item("5" * 64, head, due_shard="1.4", expires_at=1) == item
    assert Summary.from_bytes(summarize(SESSION._replace(head=head)).to_bytes()).metrics.close_reason == "later"


def test_channel_with_an_unknown_status_is_read_and_accepts_no_sessions() -> None:
    item = item_of(golden("channels")["0.1 channels: READY"]["stored"]) | {"channel_status": {"S": "MOVING"}}
    status = channel_items.channel_of(item).status
    assert (status.value, takes_sessions(status), takes_sessions(Status.READY)) == ("MOVING", False, True)


def test_stored_word_that_is_not_text_is_refused() -> None:
    with pytest.raises(ValueError, match="5 is not a valid Phase"):
        Phase(5)  # type: ignore[arg-type]


def test_event_of_a_later_release_is_left_out() -> None:
    later = bytes([len(EventType)]) + pack(play(2))[1:]
    assert [is_known(later), *map(is_known, SESSION.events)] == [False] + 4 * [True]
    assert summarize(SESSION._replace(events=SESSION.events | {later})) == summarize(SESSION)


# Archives


def archived() -> dict[str, Any]:
    """Return the stored session of a golden archive, its line as JSON."""
    stored = golden("archived_sessions")["0.1 archived_sessions: closed"]["stored"]
    return {"session": json.loads(stored["session"]), "events": stored["events"]}


def read_archived(told: dict[str, Any]) -> Any:
    return FORMS["archived_sessions"].read({"session": json.dumps(told["session"]), "events": told["events"]})


def test_archived_session_of_a_later_release_is_read() -> None:
    told = archived()
    line = told["session"]
    for part in (line, line["head"], line["start"], line["start"]["caller"]):
        part |= {"of_a_later_release": {"a": 1}}
    told["events"] = [json.dumps(json.loads(event) | {"of_a_later_release": 1}) for event in told["events"]]
    assert read_archived(told) == read_archived(archived())


def test_archived_session_of_an_earlier_release_is_read() -> None:
    told = archived()
    line = told["session"]
    del line["start"]["caller"]["browser"], line["start"]["opt_out_forwarding"], line["head"]["taken"], line["action_log"]
    read, today = read_archived(told)["session"], read_archived(archived())["session"]
    assert read["head"] == today["head"]._replace(weight=0)
    assert Caller.from_json(read["start"].caller) == Caller.from_json(today["start"].caller)._replace(browser=UNKNOWN)
    assert read["start"]._replace(caller="") == today["start"]._replace(caller="")


def test_archived_session_in_an_unknown_phase_is_refused() -> None:
    told = archived()
    told["session"]["head"]["phase"] = "later"
    with pytest.raises(ValueError, match="phase 'later' is of a later release"):
        read_archived(told)


def manifest(**changes: Any) -> bytes:
    """Return the text of a golden manifest after changes; `...` removes a field."""
    told = json.loads(golden("manifests")["0.1 manifests: to restore"]["stored"]) | changes
    told = {name: value for name, value in told.items() if value is not ... and name != "sha256"}
    return json.dumps(told | {"sha256": hashlib.sha256(canonical_json(told).encode()).hexdigest()}).encode()


def test_manifest_of_another_release_is_read() -> None:
    today = read_manifest(manifest())
    assert today.project is not None
    later = {"of_a_later_release": 1, "project": today.project._asdict() | {"of_a_later_release": 1}}
    assert read_manifest(manifest(**later)) == today
    fewer = today.model_copy(update={"exported_at": "", "metrics_version": 0, "until": None})
    assert read_manifest(manifest(exported_at=..., metrics_version=..., until=...)) == fewer


@pytest.mark.parametrize("name", ["project_id", "sessions", "events", "parts"])
def test_manifest_without_its_project_or_files_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        read_manifest(manifest(**{name: ...}))
