"""From the options of the command line to the stack they mean."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from pathlib import Path

from advent_cli.aws.account import Aws
from advent_cli.aws.connect import connect
from advent_cli.cli.options import Options
from advent_cli.config import config_file
from advent_cli.local.lifecycle import Engine, Notify
from advent_cli.stack.build import Stack, build


def open_stack(options: Options, engine: Callable[[Notify], Engine], *, ahead: Iterable[str] = ()) -> Stack:
    """Read config.yaml, connect to the target, and build the stack.

    `engine` gives the local engine if that is the target: `local.start`, or `local.require` to insist on a running one;
    it does so while config.yaml is read. The clients of the services `ahead` are made while AWS first answers.
    """
    file = config_file.find(options.config)
    ready: Callable[[], Engine] = partial(engine, options.report.note)
    ready = _in_background(ready) if _is_local(options, file) else ready
    settings = config_file.load(file, config_file.check_stack(options.stack))
    return build(settings, _connect(options, settings, ready, ahead))


def open_account(options: Options, engine: Callable[[Notify], Engine]) -> Aws:
    """Connect to the target, whatever stacks there are."""
    return _connect(options, config_file.load(config_file.find(options.config)), partial(engine, options.report.note))


def _is_local(options: Options, file: Path) -> bool:
    """Whether the target must be the local engine, by a look at the file that understands nothing else of it."""
    if options.target or not file.is_file():  # a pipe can be read only once
        return options.target == "local"
    try:
        return re.search(r"^target: *local\b", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    except (OSError, UnicodeError):
        return False


def _in_background(engine: Callable[[], Engine]) -> Callable[[], Engine]:
    """Begin to find or start the engine; what is returned waits for that. Should we end before, nobody waits."""
    future: Future[Engine] = Future()

    def work() -> None:
        try:
            future.set_result(engine())
        except BaseException as error:  # or somebody would wait for ever
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future.result


def _connect(
    options: Options, settings: config_file.Config, engine: Callable[[], Engine], ahead: Iterable[str] = ()
) -> Aws:
    region = options.region or settings.region
    if options.region:
        config_file.check_region(options.region)
    if (options.target or settings.target) == "local":
        import_module("advent_cli.aws.session")  # boto3 loads while the engine starts
        endpoint, profile = engine().endpoint, None
    else:
        endpoint, profile = None, options.profile
    return connect(
        settings.stack,
        region=region,
        profile=profile,
        endpoint=endpoint,
        trace=options.trace,
        ahead=ahead,
        secrets=options.run.secrets,
    )
