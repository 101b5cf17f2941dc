"""A web page of few files, served by a function: modules joined into one, names that change with the content, strict headers.

The source is plain ES modules, each of which a browser could load as it is. They are served as one file, because a function call
per module would need more calls at the same moment than a new AWS account allows.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from mediabeat.errors import NotFound
from mediabeat.runtime.http_api import Reply, Request

INDEX: Final = "index.html"
MAIN: Final = "main.js"

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""The page loads only its own files, and no text can become markup or a script."""

_OFF: Final = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _OFF),
    "Strict-Transport-Security": "max-age=31536000",
    "Vary": "Accept-Encoding",
}
"""On every file. Browsers ignore `Strict-Transport-Security` over http."""

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)
_NAMED: Final = re.compile(r'(?<=")((?:\./|console/))([\w.-]+)(?=")')
_NO_END: Final = re.compile(r"(?<=[;{,(\[])\n")
_DIGITS: Final = 8


class _File(NamedTuple):
    content: bytes
    packed: bytes
    etag: str


class WebPage:
    """The files of a page by the names under which they are served.

    `files` are the sources by their names. A page that is not on answers 404.
    """

    def __init__(self, files: Mapping[str, bytes], *, is_on: bool = True) -> None:
        self._is_on = is_on
        joined = {name for name in files if name.endswith(".js") and ".min." not in name} - {MAIN}
        contents = {name: content for name, content in files.items() if name not in joined | {INDEX, MAIN}}
        names = {name: _hashed(name, content) for name, content in contents.items()}
        main = _with_names(join_modules(files), names)
        names[MAIN] = _hashed(MAIN, main)
        contents |= {MAIN: main, INDEX: _with_names(files[INDEX], names)}
        self._files = {names.get(name, name): _file(content) for name, content in contents.items()}

    @property
    def names(self) -> set[str]:
        """The names of all files, as they are served."""
        return set(self._files)

    def reply(self, name: str, request: Request) -> Reply:
        """Return the reply with a file. `index.html` is checked at each visit; all others never change under their name.

        Raises NotFound.
        """
        if not self._is_on:
            raise NotFound("the page of this deployment is switched off")
        file = self._files.get(name)
        if file is None:
            raise NotFound("the page has no such file; reload it")
        lasts = "no-cache" if name == INDEX else "public, max-age=31536000, immutable"
        headers = HEADERS | {"Content-Type": TYPES[name.rpartition(".")[2]], "Cache-Control": lasts, "ETag": file.etag}
        if file.etag in request.headers.get("if-none-match", ""):
            return {"statusCode": 304, "headers": headers, "body": ""}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return {"statusCode": 200, "headers": headers, "body": file.content.decode()}
        body = base64.b64encode(file.packed).decode()
        return {"statusCode": 200, "headers": headers | {"Content-Encoding": "gzip"}, "body": body, "isBase64Encoded": True}


def join_modules(files: Mapping[str, bytes]) -> bytes:
    """Return `main.js` with all modules that it imports, each once and after those that it imports itself.

    A module imports names in braces, as they are, from `./name.js`, and exports declarations. So no two modules declare the same
    name: a browser would refuse the whole file. Comments on lines of their own, indentation, and line ends that end no statement
    are left out, so no text of a module may span lines.
    """
    parts: list[str] = []
    seen: set[str] = set()

    def add(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        source = files[name].decode()
        for imported in _IMPORT.findall(source):
            add(imported)
        parts.append(_EXPORT.sub("", _IMPORT.sub("", source)))

    add(MAIN)
    lines = (line.strip() for part in parts for line in part.splitlines())
    text = "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
    return _NO_END.sub("", text).encode()


def _with_names(content: bytes, names: Mapping[str, str]) -> bytes:
    """Return a file in which the names of others, in quotes, are those under which they are served."""
    return _NAMED.sub(lambda found: found[1] + names.get(found[2], found[2]), content.decode()).encode()


def _hashed(name: str, content: bytes) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:_DIGITS]}.{kind}"


def _file(content: bytes) -> _File:
    return _File(content, gzip.compress(content, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:16]}"')
