"""How many calls each command makes, and how many of them in sequence, which is what you wait for.

The numbers are those of the tutorial's app. `up` ends with a request to the app, because only its answer shows that the
URL works: one call and one round. If you make one of them smaller, write it down here.
"""

from msgspec.structs import replace

from advent_cli.deploy.decide import Action
from advent_cli.deploy.inspection import inspect
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import build
from benchmarks.engine import commands_use_port
from tests.conftest import Run
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.proxy import Proxy
from tests.support.rounds import Gate

COMMANDS = {  # in this order -> calls, rounds
    "up --yes": (56, 8),
    "up": (46, 4),
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


def test_the_routes_and_integrations_of_an_api_are_listed_once_however_many_routes_it_has(engine: Engine) -> None:
    front = stacks.TUTORIAL.functions["aws_advent"]
    front = replace(front, routes=[*front.routes, "GET /second", "GET /third"])
    config = replace(stacks.TUTORIAL, functions={**stacks.TUTORIAL.functions, "aws_advent": front})
    stacks.up(build(config, stacks.account(engine.endpoint)))
    with proxies.running(engine) as proxy:
        inspection = inspect(build(config, stacks.account(proxy.endpoint)))
        assert {step.action for step in inspection.steps_up()} == {Action.NOTHING}
        assert proxy.calls.count("apigateway:GetRoutes") == 1
        assert proxy.calls.count("apigateway:GetIntegrations") == 1


def counted(proxy: Proxy, advent: Run, command: str) -> tuple[int, int]:
    """The number of calls and of rounds of a command."""
    gate = Gate()
    proxy.begin()
    proxy.meet = gate.hold
    with gate.open():
        advent(*command.split())
    return sum(not call.startswith("none:GET /_") for call in proxy.calls), gate.rounds
