"""An archive on disk: a folder with a manifest, and compressed files with the lines of sessions and of their events.

Each file has another name until it is complete. The manifest is written last: a folder without one is not an archive.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mediabeat.archive import lines
from mediabeat.archive.checks import MAX_EVENTS, MAX_LINE_BYTES, MAX_SESSION_BYTES
from mediabeat.archive.lines import ArchivedFile, ArchivePart, Line, Manifest
from mediabeat.core.records import StoredSession
from mediabeat.errors import ArchiveUnusable

MANIFEST: Final = "manifest.json"
PART_BYTES: Final = 128 * 1024 * 1024
"""Bytes of text in a part, after which the next part begins: about 10 MB compressed."""

_NOT_A_LINE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_NOT_GZIP: Final = (EOFError, gzip.BadGzipFile, zlib.error)


class ArchiveWriter:
    """Writes sessions into a new folder; it is an archive once `finish` has written the manifest.

    `business_errors` are those of the sessions' project.
    """

    def __init__(self, folder: Path, business_errors: tuple[str, ...] = ()) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ArchiveUnusable(f"{folder} is not empty; name a new folder.")
        self._folder = folder
        self._business_errors = business_errors
        self._parts: list[ArchivePart] = []
        self._sessions: _LineFile | None = None
        self._events: _LineFile | None = None
        self._open = ExitStack()

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, stored: StoredSession) -> None:
        """Write a session and its events."""
        if self._sessions is None or self._events is None:
            self._sessions, self._events = (self._new_file(kind) for kind in ("sessions", "events"))
        self._sessions.write(lines.session_line(stored, self._business_errors))
        for line in lines.event_lines(stored):
            self._events.write(line)
        if self._sessions.size + self._events.size >= PART_BYTES:
            self._finish_part()

    def finish(self, **about: Any) -> Manifest:
        """Write the manifest, with the fields `about` the export, and return it."""
        self._finish_part()
        counts = {
            "sessions": sum(part.sessions.lines for part in self._parts),
            "events": sum(part.events.lines for part in self._parts),
        }
        manifest = Manifest(**about, **counts, parts=tuple(self._parts))
        draft = self._folder / f"{MANIFEST}.draft"
        draft.touch(mode=0o600)
        with draft.open("w", encoding="utf-8") as file:
            file.write(lines.manifest_text(manifest))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / MANIFEST)
        return manifest

    def _new_file(self, kind: str) -> "_LineFile":
        return self._open.enter_context(_LineFile(self._folder / f"{kind}-{len(self._parts) + 1:04}.ndjson.gz"))

    def _finish_part(self) -> None:
        if self._sessions is not None and self._events is not None:
            self._parts.append(ArchivePart(sessions=self._sessions.finish(), events=self._events.finish()))
            self._sessions = self._events = None


class _LineFile:
    """A compressed file of lines. The same lines give the same bytes."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self._lines = 0
        self._path = path
        self._draft = path.with_name(f"{path.name}.draft")
        self._draft.touch(mode=0o600)
        self._raw = self._draft.open("wb")
        self._text = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0)

    def __enter__(self) -> "_LineFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    def write(self, line: Line) -> None:
        self._lines += 1
        self.size += self._text.write(lines.as_text(line))

    def finish(self) -> ArchivedFile:
        self._text.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._draft.replace(self._path)
        return ArchivedFile(name=self._path.name, sha256=_sha256(self._path), lines=self._lines)


class Archive:
    """An archive to read."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest.

        Raises ArchiveUnusable if the folder is not an archive, or has an unknown format.
        """
        self._folder = folder
        path = folder / MANIFEST
        try:
            self.manifest = lines.read_manifest(path.read_bytes())
        except FileNotFoundError:
            raise ArchiveUnusable(f"{folder} is no archive, or its export was cut off: it has no {MANIFEST}.") from None
        except (LookupError, TypeError, ValueError) as error:
            raise ArchiveUnusable(f"{MANIFEST} cannot be read: {_problems_of(error)}.") from None

    def sessions(self, business_errors: tuple[str, ...] = ()) -> Iterator[StoredSession]:
        """Yield the sessions, measured again. `business_errors` are those of the project that gets them.

        Raises ArchiveUnusable with the file and the line that is wrong.
        """
        for part in self.manifest.parts:
            yield from self._sessions_of(part, business_errors)

    def check(self) -> Iterator[StoredSession]:
        """Yield the sessions as `sessions` does, after checking the hash of every file.

        Raises ArchiveUnusable with the wrong file, and its first wrong line if there is one.
        """
        for part in self.manifest.parts:
            for file in (part.sessions, part.events):
                if not (self._folder / file.name).is_file():
                    raise ArchiveUnusable(f"{file.name} is missing.")
        for part in self.manifest.parts:
            for file in (part.sessions, part.events):
                if _sha256(self._folder / file.name) != file.sha256:
                    raise ArchiveUnusable(f"{file.name} was changed after the export (SHA-256). {self._first_wrong_line(part)}")
            yield from self._sessions_of(part)

    def _first_wrong_line(self, part: ArchivePart) -> str:
        try:
            for _ in self._sessions_of(part):
                pass
        except ArchiveUnusable as failure:
            return str(failure)
        return "No line in it is wrong by itself."

    def _sessions_of(self, part: ArchivePart, business_errors: tuple[str, ...] = ()) -> Iterator[StoredSession]:
        event_lines = self._lines(part.events)
        for number, line, _ in self._lines(part.sessions):
            where = f"{part.sessions.name}, line {number}"
            with _errors_with_place(where):
                session_id, count = line["session_id"], int(line["events"])
                if count > MAX_EVENTS:
                    raise ValueError(f"{count} events are more than a session can have")
            events = []
            room = MAX_SESSION_BYTES
            for event_number, event_line, size in islice(event_lines, max(count, 0)):
                with _errors_with_place(f"{part.events.name}, line {event_number}"):
                    room -= size
                    if room < 0:
                        raise ValueError(f"the session's events are larger than {MAX_SESSION_BYTES} bytes")
                    events.append(lines.read_event(event_line, session_id))
            with _errors_with_place(where):
                if len(events) != count:
                    raise ValueError(f"{count} events are told, {len(events)} are there")
                session = lines.read_session(line, events, self.manifest.project_id, business_errors)
            yield session
        for number, *_ in event_lines:
            raise ArchiveUnusable(f"{part.events.name}, line {number}: belongs to no session.")

    def _lines(self, file: ArchivedFile) -> Iterator[tuple[int, Line, int]]:
        """Yield the lines of a file, each with its number and its size. Never holds more of the file than one line may have."""
        number = 0
        try:
            with gzip.open(self._folder / file.name) as text_file:
                while text := text_file.readline(MAX_LINE_BYTES + 1):
                    number += 1
                    with _errors_with_place(f"{file.name}, line {number}"):
                        if len(text) > MAX_LINE_BYTES:
                            raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
                        if number > file.lines:
                            raise ValueError(f"the file was written with {file.lines} lines")
                        line = lines.read_line(text)
                    yield number, line, len(text)
        except _NOT_GZIP as error:
            raise ArchiveUnusable(f"{file.name}, line {number + 1}: cannot be read: {error}.") from None
        if number != file.lines:
            raise ArchiveUnusable(f"{file.name} ends after {number} of {file.lines} lines.")


@contextmanager
def _errors_with_place(where: str) -> Iterator[None]:
    """Raise ArchiveUnusable with the place for errors in the contents of a line."""
    try:
        yield
    except _NOT_A_LINE as error:
        raise ArchiveUnusable(f"{where}: {_problems_of(error)}.") from None


def _problems_of(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
    return f"{type(error).__name__}: {error}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
