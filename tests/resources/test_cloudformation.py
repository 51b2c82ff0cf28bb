"""What CloudFormation manages is foreign, whatever else it carries: for every kind, and however it is found."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from advent_cli.aws import tags
from advent_cli.aws.retry import Waiter
from advent_cli.config import config_file
from advent_cli.deploy.decide import Seen
from advent_cli.deploy.inspection import Inspection, inspect
from advent_cli.errors import ForeignError, UsesForeignError
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import build
from advent_cli.stack.stack_list import list_stacks
from tests.conftest import Run
from tests.deploy.test_lingering import on_aws
from tests.support import apps, reading, stacks
from tests.support import proxy as proxies
from tests.support.cloudformation_tags import CloudFormationTags
from tests.support.proxy import Proxy

TUTORIAL = stacks.without_calls()
ROOTS = [key for key, resource in TUTORIAL.resources.items() if not resource.parent]
MANAGES = "CloudFormation stack theirs manages it"
RELEASE = "try: delete it there, or choose another name in config.yaml"


@pytest.fixture(scope="module")
def tagged(running_engine: Engine) -> Iterator[Proxy]:
    """A proxy in front of the tutorial's stack, to everything of which CloudFormation has put its tags."""
    stacks.reset(running_engine)
    stacks.up(stack := stacks.tutorial(running_engine))
    for secret in stack.secrets.values():
        secret.put("a-secret", Waiter())
    with proxies.running(running_engine) as proxy:
        proxy.meet = CloudFormationTags("theirs").meet
        yield proxy
    stacks.reset(running_engine)


@pytest.fixture(scope="module")
def inspection(tagged: Proxy) -> Inspection:
    return inspect(build(stacks.TUTORIAL, stacks.account(tagged.endpoint)))


def manager(seen: Seen) -> str:
    assert isinstance(seen, ForeignError), seen
    return seen.manager


@pytest.mark.parametrize("key", [*TUTORIAL.resources, *(secret.key for secret in TUTORIAL.secrets.values())])
def test_it_is_foreign_and_its_parts_follow_it(inspection: Inspection, key: str) -> None:
    if key in ROOTS or key not in TUTORIAL.resources:
        assert manager(inspection.seen[key]) == "CloudFormation stack theirs"
    else:
        assert isinstance(inspection.seen[key], UsesForeignError)


def test_it_is_no_orphan_by_whatever_it_is_found(tagged: Proxy, tmp_path: Path) -> None:
    file = apps.write(tmp_path, "without secrets")
    file.write_text(apps.WITHOUT_SECRETS.replace("stack: plain", f"stack: {TUTORIAL.aws.stack}"))
    others = config_file.load(file)  # nothing in it has a name of the tutorial's
    orphans = inspect(build(others, stacks.account(tagged.engine.endpoint))).own_orphans
    assert {orphan.kind for orphan in orphans} >= {key.split("/")[0] for key in ROOTS}
    stack = build(others, stacks.account(tagged.endpoint))
    assert inspect(stack).own_orphans == []
    assert list_stacks(stack.aws) == {}


def test_no_command_touches_it_or_takes_it_over(tagged: Proxy, advent: Run) -> None:
    before = reading.everything(stacks.tutorial(tagged.engine).aws)

    def run(*words: str, code: int = 4) -> str:
        done = advent("--target", "aws", *words, code=code, **on_aws(tagged))
        assert reading.everything(stacks.tutorial(tagged.engine).aws) == before, words
        return done.stdout + done.stderr

    for words in (["plan"], ["up", "--yes"], ["up", "--yes", "--keep-going"], ["down", "--yes"]):
        shown = run(*words)
        assert shown.count(MANAGES) >= len(ROOTS), words
        assert RELEASE in shown
        assert "--adopt" not in shown
    for key in ROOTS:
        refused = run("up", "--yes", "--adopt", key)
        assert f"error: cannot adopt {TUTORIAL.resources[key].title}: {MANAGES}\n  {RELEASE}\n" in refused
    assert MANAGES in run("doctor", code=1)
    assert run("list", code=0) == "no stacks\n"


def test_what_the_engines_cloudformation_makes_is_foreign(engine: Engine, advent: Run) -> None:
    """As CloudFormation made it, and not the proxy: with a tag of advent from the template."""
    stack = stacks.tutorial(engine)
    template = {
        "Resources": {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"TopicName": "awsadvent", "Tags": stack.aws.owner_tags},
            },
        }
    }
    client = stack.aws.session.client("cloudformation", endpoint_url=engine.url)
    client.create_stack(StackName="theirs", TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName="theirs", WaiterConfig={"Delay": 1})
    assert "topic awsadvent exists but is not managed by this stack" in advent("up", code=4).stderr
    refused = advent("up", "--adopt", "topic/awsadvent", code=4).stderr
    assert refused == f"error: cannot adopt topic awsadvent: {MANAGES}\n  {RELEASE}\n"


def test_one_tag_of_cloudformation_is_enough_in_any_case_and_form() -> None:
    """The prefix is case-insensitive: "CloudFormation resource tagging" in its template reference."""
    ours = {"advent:stack": "awsadvent"}
    for tag in ({"aws:cloudformation:logical-id": "Table"}, {"AWS:CloudFormation:stack-name": "theirs"}):
        for found in ({**ours, **tag}, tags.as_list({**tag, **ours})):
            assert (tags.owner(found), TUTORIAL.aws.owns(found)) == (None, False)
            assert tags.cloudformation(found).startswith("CloudFormation")
    assert (tags.owner(tags.as_list(ours)), tags.owner(None), tags.cloudformation(ours)) == ("awsadvent", None, "")
