"""Opens the stack that the command-line options select."""

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
from advent_cli.config import config_file, search
from advent_cli.local.lifecycle import Engine, Notify
from advent_cli.stack.build import Stack, build_for


def open_stack(options: Options, engine: Callable[[Notify], Engine], *, ahead: Iterable[str] = ()) -> Stack:
    """Read config.yaml, connect to the target, and build the stack.

    `engine` returns the local engine if that is the target: `lifecycle.start`, or `lifecycle.require` to insist on a
    running one. It runs while config.yaml is read. The clients of the services `ahead` are created during the first
    call to AWS.
    """
    file = find_config(options)
    ready: Callable[[], Engine] = partial(engine, options.report.note)
    ready = _in_background(ready) if _is_local(options, file) else ready
    settings = config_file.load(file, config_file.check_stack(options.stack))
    return build_for(settings, _connect(options, settings, ready, ahead))


def open_configured(options: Options, settings: config_file.Config, engine: Callable[[Notify], Engine]) -> Stack:
    """Connect to the target, and build the stack of a config.yaml that was read before."""
    return build_for(settings, _connect(options, settings, partial(engine, options.report.note)))


def read_config(options: Options) -> config_file.Config:
    """Read and check config.yaml, without a call."""
    return config_file.load(find_config(options), config_file.check_stack(options.stack))


def find_config(options: Options) -> Path:
    """The config.yaml to use; notes if it is not in this directory."""
    file = search.find(options.config)
    if not options.config and search.is_above(file):
        options.report.note(f"note: using {file}")
    return file


def open_account(options: Options, engine: Callable[[Notify], Engine]) -> Aws:
    """Connect to the target without a stack."""
    return _connect(options, config_file.load(find_config(options)), partial(engine, options.report.note))


def targets_local(options: Options, settings: config_file.Config) -> bool:
    """Whether the target is the local engine."""
    return (options.target or settings.target) == "local"


def _is_local(options: Options, file: Path) -> bool:
    """Whether the target is certainly the local engine, judged by one line of the file, before it is parsed."""
    if options.target or not file.is_file():  # a pipe can be read only once
        return options.target == "local"
    try:
        return re.search(r"^target: *local\b", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    except (OSError, UnicodeError):
        return False


def _in_background(engine: Callable[[], Engine]) -> Callable[[], Engine]:
    """Find or start the engine in a daemon thread; the returned function waits for it."""
    future: Future[Engine] = Future()

    def work() -> None:
        try:
            future.set_result(engine())
        except BaseException as error:  # else result() would never return
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future.result


def _connect(
    options: Options, settings: config_file.Config, engine: Callable[[], Engine], ahead: Iterable[str] = ()
) -> Aws:
    region = options.region or settings.region
    if options.region:
        config_file.check_region(options.region)
    if targets_local(options, settings):
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
