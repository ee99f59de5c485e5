"""What the tests of faults share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounting.tests.redis_server import RedisServer
from invoices.tests.factories import make_origin
from sera_batching.origin import Origin


@pytest.fixture
def origin() -> Origin:
    """An admin."""
    return make_origin()


@pytest.fixture(params=[False], ids=["keeps nothing"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """The test's own Redis server, running and empty; the parameter makes it persistent."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder, keeps=request.param)
    server.start()
    yield server
    server.kill()
