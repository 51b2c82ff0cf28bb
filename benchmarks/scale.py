"""How time and calls grow with the number of consumers: up, a message to all of them, up again, down.

Run by `python -m benchmarks.scale [NUMBER...]`.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from advent_cli import config, counts, deploy, say, slack
from advent_cli.aws import connect
from advent_cli.engine import Interrupt
from advent_cli.local import Engine
from advent_cli.patience import Patience
from advent_cli.stack import Stack, build
from advent_cli.survey import look
from benchmarks import engine

NUMBERS = (2, 10, 30, 100)
HEAD = """
stack: scale
handlers: {handlers}
table: {{name: words, key: word}}
topics: [all]
api: {{name: api}}
functions:
  front: {{handler: app.handler, routes: POST /words, table: read-write, publishes: all, memory: 256}}
"""
CONSUMER = "  consumer{n}: {{handler: sns_multiplier.handler, subscribes: all, table: write}}\n"


def main() -> None:
    """A row for each number of consumers."""
    numbers = [int(word) for word in sys.argv[1:]] or NUMBERS
    print(
        f"{'consumers':>9}  {'up':>12}  {'again':>12}  {'message':>8}  {'down':>12}  calls a consumer: up, again, down"
    )
    with engine.running() as local:
        for number in numbers:
            row(local, number)


def row(local: Engine, number: int) -> None:
    """Measure one stack, and leave nothing of it."""
    calls: list[str] = []
    stack = stack_of(local, number, calls)

    def run(work: Callable[[], deploy.Result]) -> tuple[float, int]:
        calls.clear()
        began = time.perf_counter()
        if (result := work()).exit_code:
            raise RuntimeError([event for event in result.finished.values() if event.error])
        return time.perf_counter() - began, len(calls)

    up, again = run(lambda: bring(stack, deploy.up)), run(lambda: bring(stack, deploy.up))
    began = time.perf_counter()
    say.post(stack.url or "", slack.post("hello", None, None), Patience())
    expected = {"hello": 1 + 10 * number}
    Patience().until(lambda: counts.of(stack.table, ["hello"]) == expected, "all have counted", within=300)
    message = time.perf_counter() - began
    down = run(lambda: bring(stack, deploy.down))
    shown = [f"{seconds:6.2f} s {many:4}" for seconds, many in (up, again, down)]
    each = ", ".join(f"{many / number:.1f}" for _, many in (up, again, down))
    print(f"{number:9}  {shown[0]}  {shown[1]}  {message:6.2f} s  {shown[2]}  {each}", flush=True)


def stack_of(local: Engine, number: int, calls: list[str]) -> Stack:
    """A stack with a function in front and so many consumers behind it."""
    text = HEAD.format(handlers=Path(__file__).parents[1] / "handlers")
    text += "".join(CONSUMER.format(n=n) for n in range(number))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.yaml")
        file.write_text(text)
        return build(config.load(file), connect("scale", endpoint=local.endpoint, trace=calls.append))


def bring(stack: Stack, command: Callable[..., deploy.Result]) -> deploy.Result:
    """Up or down, from the look to the end."""
    survey = look(stack)
    steps = survey.steps_up() if command is deploy.up else survey.steps_down()
    return command(survey, steps, lambda _: None, Interrupt())


if __name__ == "__main__":
    main()
