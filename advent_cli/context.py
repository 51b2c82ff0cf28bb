"""From the options of the command line to the stack they mean."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from advent_cli import config
from advent_cli.aws import Aws, connect
from advent_cli.aws_errors import not_aws
from advent_cli.local import Engine, Tell
from advent_cli.options import Options
from advent_cli.stack import Stack, build


def open_stack(options: Options, engine: Callable[[Tell], Engine], *, ahead: Iterable[str] = ()) -> Stack:
    """Read config.yaml, connect to the target, and build the stack.

    `engine` gives the local engine if that is the target: `local.start`, or `local.require` to insist on a running one;
    it does so while config.yaml is read. The clients of the services `ahead` are made while AWS first answers.
    """
    file = config.find(options.config)
    ready: Callable[[], Engine] = partial(engine, options.remark)
    ready = _in_background(ready) if _is_local(options, file) else ready
    settings = config.load(file, config.check_stack(options.stack))
    return build(settings, _connect(options, settings, ready, ahead))


def offline(stack: str) -> Aws:
    """The door to an account that is not asked anything: to know what would be made, before there is any."""
    aws = Aws(SimpleNamespace(region_name="us-east-1"), stack)
    aws.__dict__["identity"] = ("000000000000", "arn:aws:iam::000000000000:root")  # where cached_property keeps it
    return aws


def open_account(options: Options, engine: Callable[[Tell], Engine]) -> Aws:
    """Connect to the target, whatever stacks there are."""
    return _connect(options, config.load(config.find(options.config)), partial(engine, options.remark))


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


def _connect(options: Options, settings: config.Config, engine: Callable[[], Engine], ahead: Iterable[str] = ()) -> Aws:
    region = options.region or settings.region
    if options.region:
        config.check_region(options.region)
    if (options.target or settings.target) == "local":
        import_module("advent_cli.sessions")  # boto3 loads while the engine starts
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


def own_region(profile: str | None) -> str | None:
    """The region that boto3 finds in the person's own AWS settings, if any."""
    import boto3

    region: str | None = boto3.Session(profile_name=profile).region_name
    return region


def date(profile: str | None, region: str) -> str:
    """The Date of an answer of AWS, to a call without a signature: neither credentials nor our clock matter to it."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError

    once = {"total_max_attempts": 1}
    quick = Config(signature_version=UNSIGNED, connect_timeout=3, read_timeout=4, retries=once)
    session = boto3.Session(profile_name=profile, region_name=region)
    try:
        answer = session.client("sts", config=quick).get_caller_identity()
    except ClientError as error:  # AWS answers, that we are nobody
        answer = error.response
    except (ValueError, KeyError) as error:
        raise not_aws(error) from None
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
