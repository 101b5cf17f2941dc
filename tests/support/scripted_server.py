"""A server that does with each request what its script says: answer, hang up in the middle, say nothing."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple
from zlib import crc32


class Step(NamedTuple):
    """What becomes of a request: `data` is sent. Then the connection closes if it `closes`; `drips`: a byte each 10 ms."""

    data: bytes
    closes: bool = False
    drips: bool = False


def answer(body: Any = b"{}", status: int = 200, *, closes: bool = False, **headers: str) -> Step:
    """Return an answer as DynamoDB gives it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Length": str(len(content)), "x-amz-crc32": str(crc32(content))}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return Step(f"HTTP/1.1 {status} Any\r\n{lines}\r\n".encode() + content, closes=closes)


def refusal(code: str, status: int = 400, **more: Any) -> Step:
    """Return an error as DynamoDB gives it."""
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"} | more, status)


SILENCE: Final = Step(b"")
HANG_UP: Final = Step(b"", closes=True)


class ScriptedServer:
    """The server; each request takes the next step of `script`, the last one again and again. `asked` are the requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.script = [answer()]
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.connections = 0
        self._tls = tls
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hang_up(self) -> None:
        """Close all connections, as a server does with those that are idle."""
        while self._open:
            with suppress(OSError):
                self._open[-1].shutdown(socket.SHUT_RDWR)
            self._open.pop().close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as requests:
                while requests.readline():
                    headers = dict(line.split(": ", 1) for line in iter(lambda: requests.readline().decode().strip(), ""))
                    self.asked.append((headers, json.loads(requests.read(int(headers["content-length"])))))
                    step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                    for piece in [bytes([one]) for one in step.data] if step.drips else [step.data]:
                        connection.sendall(piece)
                        if step.drips and self._over.wait(0.01):
                            return
                    if step.closes:
                        connection.shutdown(socket.SHUT_RDWR)
                        return

    def close(self) -> None:
        """End it."""
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()


@contextmanager
def scripted_server(tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """Run a server for as long as the block."""
    server = ScriptedServer(tls)
    try:
        yield server
    finally:
        server.close()
