"""The template as it is deployed, on a local cloud that lives as long as the test run."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mediabeat.cli.local_cloud.state_folder import StateFolder
from tests.e2e.charted import ChartedSession
from tests.e2e.cloud import Cloud, Finished, cloud_of, free_port, installed, start_installed
from tests.e2e.fuzzed import Fuzzing
from tests.e2e.schedule import SentSessions
from tests.e2e.stepped import SteppedViewings

SENT = "sending the journeys"
"""What the demonstration prints as soon as its journeys are sent, before it sends the rest and waits for the schedule."""


class Demonstration:
    """`mediabeat demo`, which starts the cloud of the test run and then waits for the schedule while tests run.

    Nobody goes on watching after it: tests count who watches.
    """

    def __init__(self, home: Path, port: int) -> None:
        self._process = start_installed(home, "demo", "--port", str(port), "--quiet-minutes", "0.5", "--viewers", "0")
        assert self._process.stdout is not None
        self._begun = ""
        for line in self._process.stdout:
            self._begun += line
            if SENT in line:
                return
        pytest.fail(f"the local cloud did not start:\n{self.finished().stdout}\n{self.finished().stderr}")

    def finished(self) -> Finished:
        """Wait for its end, and return all that it wrote."""
        if self._process.returncode is None:
            self._rest = self._process.communicate()
        return Finished(self._process.returncode, self._begun + self._rest[0], self._rest[1])


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demonstration, Path, int]]:
    """The demonstration, with its state folder and its port; sessions close after 30 quiet seconds."""
    home, port = tmp_path_factory.mktemp("mediabeat"), free_port()
    try:
        running = Demonstration(home, port)
        yield running, home, port
        running.finished()
    finally:
        installed(home, "down")


@pytest.fixture(scope="session")
def demo(demonstration: tuple[Demonstration, Path, int]) -> Demonstration:
    """The demonstration that started the cloud."""
    return demonstration[0]


@pytest.fixture(scope="session")
def cloud(demonstration: tuple[Demonstration, Path, int]) -> Iterator[Cloud]:
    """A deployed local cloud on a free port."""
    _, home, port = demonstration
    with pytest.MonkeyPatch.context() as patch:
        # Clients that the tests make themselves need the emulator's key.
        patch.setenv("MEDIABEAT_HOME", str(home))
        patch.setenv("AWS_ACCESS_KEY_ID", StateFolder(home).access_key_id())
        yield cloud_of(home, port)


@pytest.fixture(scope="session")
def charted(cloud: Cloud) -> Iterator[ChartedSession]:
    """One session in a project of its own, and when it appeared in the charts."""
    session = ChartedSession(cloud)
    yield session
    session.finished()  # its thread must not ask a cloud that is down


@pytest.fixture(scope="session")
def stepped(cloud: Cloud) -> Iterator[SteppedViewings]:
    """Viewings of 50 seconds whose clock is set meanwhile."""
    with closing(SteppedViewings(cloud)) as viewings:
        yield viewings


@pytest.fixture(scope="session")
def fuzzed(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzing]:
    """Schemathesis, which sends random requests meanwhile."""
    with closing(Fuzzing(cloud, tmp_path_factory.mktemp("schemathesis"))) as fuzzing:
        yield fuzzing


@pytest.fixture(scope="session")
def sent(cloud: Cloud, charted: ChartedSession, stepped: SteppedViewings, fuzzed: Fuzzing) -> SentSessions:
    """Sessions for the schedule. The first test that asks for them begins all that takes minutes, and goes on meanwhile."""
    return SentSessions(cloud)
