"""Where AWS's services are, in every partition, and which of them something else serves."""

from contextlib import suppress
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointVariantError

from advent_cli.aws import session as sessions
from advent_cli.aws.account import Aws
from advent_cli.aws.custom_endpoints import custom_endpoints, in_words, only_endpoint
from advent_cli.aws.partitions import is_aws
from advent_cli.deploy.inspection import CALLED
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.queue import Queue
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support.screen import Terminal

EVERY = boto3.Session()
REGIONAL = ("sqs", "sts", "lambda", "dynamodb")
SOME = ("sts", "iam", "sqs", "dynamodb")  # with one endpoint for all regions, and with one for each
VARIANTS = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def regions(partition: str) -> list[str]:
    """The regions of a partition in which any of our services is, as botocore knows them."""
    return sorted({region for service in REGIONAL for region in EVERY.get_available_regions(service, partition)})


def account(region: str, partition: str) -> Aws:
    """An account there, which is never called."""
    aws = Aws(sessions.with_keys("x", "x", region), "a-stack")
    aws.__dict__["identity"] = ("123456789012", f"arn:{partition}:iam::123456789012:root")
    return aws


@pytest.mark.parametrize("partition", EVERY.get_available_partitions())
def test_each_region_has_its_endpoints_at_aws(partition: str) -> None:
    assert regions(partition)
    for region in regions(partition):
        aws = account(region, partition)
        assert custom_endpoints(aws, SOME) == {}
        assert Queue(aws, "dead").url == f"{aws.client('sqs').meta.endpoint_url}/123456789012/dead"


@pytest.mark.parametrize("partition", EVERY.get_available_partitions())
def test_so_have_all_services_and_all_kinds_of_endpoints(partition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    region = regions(partition)[0]
    assert custom_endpoints(account(region, partition), CALLED) == {}
    for variant in VARIANTS:
        monkeypatch.setenv(variant, "true")
        with suppress(EndpointVariantError):  # not every partition has every kind
            assert custom_endpoints(account(region, partition), SOME) == {}
        monkeypatch.delenv(variant)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://sqs.eu-west-1.amazonaws.com",
        "https://sqs.amazonaws.com.example.org",
        "https://amazonaws.com@example.org",
        "https://my-amazonaws.com",
    ],
)
def test_nothing_else_is_aws(url: str) -> None:
    assert not is_aws(url)


@pytest.fixture
def one_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An account whose profile has two services in other places."""
    services = "sns =\n  endpoint_url = http://127.0.0.1:1\ndynamodb =\n  endpoint_url = http://127.0.0.1:2\n"
    (tmp_path / "aws").write_text(f"[default]\nservices = here\n[services here]\n{services}")
    for name, value in {**KEYS, "AWS_CONFIG_FILE": str(tmp_path / "aws")}.items():
        monkeypatch.setenv(name, value)
    return Aws(sessions.from_settings(None, "eu-west-1"), "a-stack")


def test_a_service_that_is_elsewhere_is_named_with_its_url(one_elsewhere: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_words(one_elsewhere, CALLED) == "DynamoDB at http://127.0.0.1:2; SNS at http://127.0.0.1:1"
    assert only_endpoint(one_elsewhere, CALLED) is None
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:3")
    aws = Aws(sessions.from_settings(None, "eu-west-1"), "a-stack")
    assert in_words(aws, CALLED) == "DynamoDB at http://127.0.0.1:2; SNS at http://127.0.0.1:3"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert in_words(Aws(sessions.from_settings(None, "eu-west-1"), "a-stack"), CALLED) == ""


def test_up_and_doctor_name_it_before_anything_changes(engine: Engine, advent: Run, tmp_path: Path) -> None:
    with proxies.running(engine) as proxy:
        env = engine.environment(None)
        for own, words in (
            ({}, f" account 000000000000 at {engine.url}, us-east-1?"),
            ({"AWS_ENDPOINT_URL_DYNAMODB": proxy.endpoint.url}, f"; DynamoDB at {proxy.endpoint.url}?"),
        ):
            with Terminal([ADVENT, "--target", "aws", "up"], tmp_path, (160, 40), **env, **own) as terminal:
                terminal.read(until="[y/N]")
                assert words in terminal.written
                terminal.press("n\n")
                assert terminal.ended() == 4
        found = advent("--target", "aws", "doctor", **env, AWS_ENDPOINT_URL_DYNAMODB=proxy.endpoint.url).stdout
        assert f"; DynamoDB at {proxy.endpoint.url}" in found
        assert f"the endpoint is {engine.url}, not AWS" in advent("--target", "aws", "doctor", **env).stdout
