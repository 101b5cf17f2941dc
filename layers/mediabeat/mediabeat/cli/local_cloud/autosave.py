"""MiniStack with regular saving and behind `gate`: by itself, it saves its state only when it ends, and takes any request.

This file runs as a script in MiniStack's environment. It uses internals of MiniStack, whose version is pinned. A forked child
writes the files: they hold the state of one moment, and no request waits for them.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

EVERY_S = 5
REST = 20  # pause between two saves, as a multiple of the time that the last one took


class Saver:
    """Saves regularly, but only while the file `settled` exists: MiniStack cannot start from half a deployment."""

    def __init__(self, save: Callable[[], None], settled: Path) -> None:
        self._save = save
        self._settled = settled
        self._child: int | None = None

    async def run(self) -> None:
        """Save until cancelled."""
        loop = asyncio.get_running_loop()
        rest_s: float = EVERY_S
        while True:
            await asyncio.sleep(rest_s)
            if self._settled.exists():
                began = loop.time()
                self._child = os.fork() or self._save_and_exit()
                await loop.run_in_executor(None, os.waitpid, self._child, 0)
                self._child = None
                rest_s = max(EVERY_S, REST * (loop.time() - began))

    def _save_and_exit(self) -> int:
        try:
            logging.disable()
            self._save()
        finally:
            os._exit(0)

    async def stop(self, running: "asyncio.Task[None]") -> None:
        """Stop before MiniStack saves a last time: a child that is still writing would overwrite it with older state."""
        if self._child is None:
            running.cancel()
        else:
            os.kill(self._child, signal.SIGKILL)
            while self._child is not None:
                await asyncio.sleep(0.01)
            running.cancel()


def main(settled: Path) -> None:
    """Run MiniStack, with the saver in the same event loop."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        del os.environ[name]  # settings of the tool that started this process; functions would get them
    ministack: Any = import_module("ministack.app")
    gate: Any = import_module("gate")  # beside this file, as the next one
    gate.take_schemes_of_origins(ministack._get_module("apigateway"))  # noqa: SLF001
    unread_streams: Any = import_module("unread_streams")
    unread_streams.save_them(*(import_module(f"ministack.services.{name}") for name in ("lambda_svc", "dynamodb")))
    served = gate.Gate(
        ministack.app,
        port=int(os.environ["GATEWAY_PORT"]),
        key=os.environ["AWS_SESSION_TOKEN"],
        api_segments=lambda: gate.api_segments(ministack, "127.0.0.1"),
    )

    def save() -> None:
        ministack.save_all(ministack._build_persistence_save_dict())  # noqa: SLF001 - as MiniStack does when it ends

    async def with_saver(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await served(scope, receive, send)
            return
        saver = Saver(save, settled)
        running = asyncio.create_task(saver.run())

        async def receive_and_stop() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await saver.stop(running)
            return message

        await served(scope, receive_and_stop, send)

    ministack.app = with_saver
    ministack.main()


if __name__ == "__main__":
    main(Path(sys.argv.pop()))
