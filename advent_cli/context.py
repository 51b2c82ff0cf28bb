"""From the options of the command line to the stack they mean."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace

from advent_cli import config
from advent_cli.aws import Aws, connect
from advent_cli.aws_errors import not_aws
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
    aws = Aws(SimpleNamespace(region_name="us-east-1"), stack)
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
    aws = connect(settings.stack, region=region, profile=options.profile, trace=options.trace, ahead=ahead)
    options.run.secrets.update(secrets(aws))
    return aws


def secrets(aws: Aws) -> set[str]:
    """The credentials in use, which must not get into what is told of a bug."""
    keys = aws.session.get_credentials().get_frozen_credentials()
    return {key for key in (keys.access_key, keys.secret_key, keys.token) if key}


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
