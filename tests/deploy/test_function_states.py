"""States of a function that Lambda documents by name only, and that the engine never reports."""

import pytest

from advent_cli.deploy import apply
from tests.deploy.test_contention import FastWaiter, run_listening
from tests.deploy.test_faults import inventory, prepared, proxy, run
from tests.support import proxy as proxies
from tests.support.function_states import InState
from tests.support.proxy import Proxy

__all__ = ["proxy"]  # the fixture
FOREVER = 10**6  # looks


@pytest.mark.parametrize("state", ["Deleting", "Deactivating", "Deactivated", "ActiveNonInvocable"])
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_function_in_any_state_is_made_ready_or_deleted(
    proxy: Proxy, command: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(proxy.engine, "down")
    lasting = InState("sns_logger", state)
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", lasting.meet)
    result = run(proxy, command)
    assert (result.exit_code, lasting.ended) == (0, True)
    monkeypatch.setattr(proxy, "meet", proxies.passing)
    if command == "down":
        assert inventory(proxy.engine)["names"] == []
    else:
        assert inventory(proxy.engine)["undone"] == []
        assert ("lambda:CreateFunction" in proxy.calls) == (state != "Deactivating")


def test_up_gives_up_on_a_function_that_stays_in_deletion(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "Waiter", FastWaiter)
    prepared(proxy.engine, "down")
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", InState("sns_logger", "Deleting", looks=FOREVER).meet)
    code, words = run_listening(proxy, "up")
    assert code == 1
    assert "Lambda is still updating or deleting the function, 119 s" in words
