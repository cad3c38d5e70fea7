import pytest

from tests.unit.ops.stubbed import StubbedSession


@pytest.fixture
def session() -> StubbedSession:
    return StubbedSession()
