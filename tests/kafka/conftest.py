"""A real Kafka for all tests in here: one for the whole run. Where none can run they are skipped; in CI they fail."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from quotum.local.jars import LocalError
from streams.kafka import topics
from streams.kafka.topics import Log
from tests.kafka.broker import SharedBroker, leave_out, run_folder
from tests.kafka.selling import WORKSPACE

HERE = Path(__file__).parent
SHARED = pytest.StashKey[SharedBroker]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them take seconds."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Hold the broker before any worker runs a test, so that none sees it end too early."""
    wanted = not os.environ.get("QUOTUM_TEST_KAFKA") and not session.config.option.collectonly
    if wanted and any(HERE in item.path.parents for item in session.items):
        session.config.stash[SHARED] = SharedBroker(run_folder())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let it go, whatever became of the tests."""
    if shared := session.config.stash.get(SHARED, None):
        shared.leave()


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest) -> str:
    """Host and port of a broker that answers, shared by all tests; QUOTUM_TEST_KAFKA names another one."""
    if named := os.environ.get("QUOTUM_TEST_KAFKA"):
        return named
    try:
        return request.config.stash[SHARED].address()
    except LocalError as error:
        leave_out(str(error))


@pytest.fixture
def prefix() -> str:
    """How the names of this test's own topics begin."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def log(broker: str, prefix: str) -> Log:
    """A new one, of three partitions."""
    return topics.create(broker, prefix=prefix, **WORKSPACE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a history is to lie."""
    return tmp_path / "quotum.duckdb"
