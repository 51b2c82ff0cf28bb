"""How many calls each command makes, and how many of them in sequence, which is what you wait for.

The numbers are those of the tutorial's app. If you make one of them smaller, write it down here.
"""

from advent_cli.local.lifecycle import Engine
from benchmarks.engine import commands_use_port
from tests.conftest import Run
from tests.support import proxy as proxies
from tests.support.proxy import Proxy
from tests.support.rounds import Gate

COMMANDS = {  # in this order -> calls, rounds
    "up --yes": (55, 7),
    "up": (45, 3),
    "plan": (45, 3),
    "status": (46, 4),
    "down --yes": (86, 7),
}
ATTEMPTS = 3  # on a busy machine a late call counts as another round; the smallest numbers count


def test_no_command_makes_more_calls_or_rounds_than_it_must(engine: Engine, advent: Run) -> None:
    best: dict[str, tuple[int, int]] = {}
    with proxies.running(engine) as proxy, commands_use_port(proxy.port):
        for _ in range(ATTEMPTS):
            for command in COMMANDS:
                calls, rounds = counted(proxy, advent, command)
                least = best.get(command, (calls, rounds))
                best[command] = (min(least[0], calls), min(least[1], rounds))
            if best == COMMANDS:
                break
    assert best == COMMANDS


def counted(proxy: Proxy, advent: Run, command: str) -> tuple[int, int]:
    """The number of calls and of rounds of a command."""
    gate = Gate()
    proxy.begin()
    proxy.meet = gate.hold
    with gate.open():
        advent(*command.split())
    return sum(not call.startswith("none:") for call in proxy.calls), gate.rounds
