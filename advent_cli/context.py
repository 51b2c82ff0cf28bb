"""From the options of the command line to the stack they mean."""

from collections.abc import Callable, Iterable

from advent_cli import config
from advent_cli.aws import Aws, connect
from advent_cli.local import Engine
from advent_cli.options import Options
from advent_cli.stack import Stack, build


def open_stack(options: Options, engine: Callable[[], Engine], *, ahead: Iterable[str] = ()) -> Stack:
    """Read config.yaml, connect to the target, and build the stack.

    `engine` gives the local engine if that is the target: `local.start`, or `local.require` to insist on a running one.
    The clients of the services `ahead` are made while the first answer is awaited.
    """
    settings = config.load(config.find(options.config), config.check_stack(options.stack))
    return build(settings, _connect(options, settings, engine, ahead))


def offline(stack: str) -> Aws:
    """The door to an account that is not asked anything: to know what would be made, before there is any."""
    import boto3

    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    aws = Aws(boto3.Session(region_name="us-east-1", **keys), stack)
    aws.__dict__["identity"] = ("000000000000", "arn:aws:iam::000000000000:root")  # where cached_property keeps it
    return aws


def open_account(options: Options, engine: Callable[[], Engine]) -> Aws:
    """Connect to the target, whatever stacks there are."""
    return _connect(options, config.load(config.find(options.config)), engine)


def _connect(options: Options, settings: config.Config, engine: Callable[[], Engine], ahead: Iterable[str] = ()) -> Aws:
    region = options.region or settings.region
    if options.region:
        config.check_region(options.region)
    if (options.target or settings.target) == "local":
        return connect(settings.stack, region=region, endpoint=engine().endpoint, trace=options.trace, ahead=ahead)
    return connect(settings.stack, region=region, profile=options.profile, trace=options.trace, ahead=ahead)
