"""The policy that `advent policy` prints is enough for each command, whatever the app and its state, and not more."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.cli import policy as policies
from advent_cli.config import config_file
from advent_cli.config.schema import Function
from advent_cli.deploy.inspection import inspect
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.role import REGION_TAG, TRUST
from advent_cli.stack import deployer_policy
from advent_cli.stack.build import Stack, build
from tests.conftest import Run
from tests.messages.test_redeliver import of_lambda
from tests.support import apps, stacks, tampering
from tests.support.person import Person, judged
from tests.support.proxy import Handler

Statements = list[dict[str, Any]]
INSPECTING = ("plan", "status", "diagram")
READING = (*INSPECTING, "list", "logs", "doctor", "slack check")
POLICIES = {  # the others have their own name
    "slack check": "slack-check",
    "slack listen": "say",
    "slack secret": "slack",
    "secret": "slack",
}
# What the policies have for every app, though not every app needs it; "with everything" does.
OPTIONAL = {
    "up": {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionEventInvokeConfig"},
    "status": {"dynamodb:BatchGetItem"},
}
NEVER = {
    "doctor": {"iam:GetRole"},  # only for a person who has assumed a role
    "say": {"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/aws_advent"},  # only those of consumers
}
# Only while AWS still lists a role that is gone, or an API without the tag that was just set.
ONLY_WHILE_LISTS_LAG = re.compile(r"arn:aws:iam::\d+:role/([\w-]*-)?old_lambda|arn:aws:apigateway:us-east-1::/tags/\*")
# `doctor` may read any role, so no call needs what lets it read those of the stack.
ON_ROLES = re.compile(r"statement \['iam:GetRole'\] |arn:aws:iam::\d+:role/.*")
CHANGES = {  # for each call that changes something one that makes it necessary
    "table": ["billing"],
    "topic": ["display_name"],
    "log-group": ["retention_days"],
    "role": ["trust", "other_policies"],
    "policy": ["document"],
    "function": ["code", "memory", "concurrency"],
    "variable": ["value"],
    "queue": ["keeps_seconds"],
    "destination": ["retries"],
    "route": ["other_routes"],
    "permission": ["source"],
    "subscription": ["raw"],
    "api": ["rate"],
}
RAISES = "raise KeyError('boom')"


class Proof:
    """Runs commands on an app as a person with the command's policy, and notes what of the policies was needed."""

    def __init__(self, person: Person, app: str) -> None:
        self.person, self.app = person, app
        self.text, self.file = apps.APPS[app], apps.write(person.folder, app)
        self.granted: dict[str, set[str]] = defaultdict(set)
        self.needed: dict[str, set[str]] = defaultdict(set)
        self.calls = 0

    def stack(self, text: str = "") -> Stack:
        """The app with full access, or another version of it."""
        self.file.write_text(text or self.text, encoding="utf-8")
        config = config_file.load(self.file)
        self.file.write_text(self.text, encoding="utf-8")
        return build(config, stacks.account(self.person.engine.endpoint, config.stack, is_aws=True))

    def run(self, *commands: str, code: int | None = 0, earlier: bool = False, yes: bool = True) -> None:
        """Run these commands, none of which may be refused anything; each ends with `code`, None for any.

        With `earlier` the person still has the policy that was printed for an earlier version of the app.
        """
        for words in commands:
            name = next((POLICIES[each] for each in POLICIES if words.startswith(each)), words.split()[0])
            stack = self.stack(apps.with_more(self.text) if earlier else "")
            found = [] if earlier else inspect(stack).own_orphans
            statements = deployer_policy.policy(stack, name, found)["Statement"]
            self.person.allow(statements)
            if words == "status --watch":
                self.person.watch()
            else:
                done = self.person.run(*words.split(), *(["--yes"] if yes and name in ("up", "down") else []))
                assert self.person.judge.refused == [], (words, done.stderr)
                assert "access denied" not in done.stderr + done.stdout, words
                assert code is None or done.returncode == code, (words, done.stdout, done.stderr)
            assert self.person.judge.refused == [], words
            self._note(name, statements, is_current=not earlier)
        self.person.allow(None)

    def _note(self, name: str, statements: Statements, *, is_current: bool) -> None:
        self.calls += len(self.person.judge.asked)
        names = [f"statement {each['Action']} {each.get('Condition', '')}" for each in statements]
        for number, each in enumerate(statements if is_current else ()):
            self.granted[name] |= {names[number], *each["Action"], *each["Resource"]}
        for number, part in self.person.judge.needed:
            self.needed[name] |= {names[number], part}

    def superfluous(self, name: str) -> set[str]:
        """What a command's policies had and no call needed."""
        never = NEVER.get(name, set()) | (set() if self.app == "with everything" else OPTIONAL.get(name, set()))
        left = self.granted[name] - self.needed[name] - never
        left -= {part for part in left if name == "doctor" and ON_ROLES.fullmatch(part)}
        return {part for part in left if not ONLY_WHILE_LISTS_LAG.fullmatch(part)}


@pytest.fixture
def person(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.url)  # what this test does itself, it does as on AWS
    with judged(engine, tmp_path) as person:
        yield person


def remove_half(stack: Stack) -> None:
    for number, resource in enumerate(stack.resources.values()):
        if number % 2:
            resource.delete(Waiter())


def change(stack: Stack, iam: Any) -> None:
    """Change something about a resource of each kind."""
    for kind, names in CHANGES.items():
        found = [resource for resource in stack.resources.values() if resource.kind == kind]
        for name in names if found else ():
            tampering.CHANGES[kind][name](stack, found[0])
    last = [*stack.config.functions][-1]
    stack.aws.client("lambda").put_function_concurrency(FunctionName=last, ReservedConcurrentExecutions=3)
    role = tampering.of_kind(stack, "role").name
    iam.attach_role_policy(RoleName=role, PolicyArn=apps.OTHER)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=apps.OTHER)


def send_dead_letters(stack: Stack) -> None:
    topic = next(iter(stack.topics.values())).arn
    bodies = [of_lambda(name) for name in stack.config.functions]
    for body in (*bodies, {"topic": topic, "message": "unheard", "message_id": "request-1/0"}):
        stack.aws.client("sqs").send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))


def while_nothing_exists(proof: Proof) -> None:
    proof.run("doctor", "slack check", "say words", "audit", "replay", code=None)
    proof.run(*INSPECTING, "list", "logs", "down", "up")


def while_half_is_missing(proof: Proof) -> None:
    remove_half(proof.stack())
    proof.run(*INSPECTING, "up")
    remove_half(proof.stack())
    proof.run("down", "plan", "up")


def while_the_app_fails(proof: Proof) -> None:
    """`up` reads in the log why, if it asks a function whether it answers."""
    config = proof.stack().config
    if config.asked_route:
        file = config.sources[config.function_of(config.asked_route)].file
        text = file.read_text(encoding="utf-8")
        file.write_text(f"{text}\nraise RuntimeError('fails')\n", encoding="utf-8")
        proof.run("up", code=1)
        file.write_text(text, encoding="utf-8")
        proof.run("up")


def while_everything_differs(proof: Proof) -> None:
    change(proof.stack(), proof.person.iam)
    proof.run("plan --explain", *INSPECTING, "up")
    change(proof.stack(), proof.person.iam)
    proof.run("down")


def while_an_api_is_foreign(proof: Proof) -> None:
    stack = proof.stack()
    gateway = stack.aws.client("apigatewayv2")
    if stack.config.routes:
        api = gateway.create_api(Name=stack.api.name, ProtocolType="HTTP")["ApiId"]
        proof.run(*INSPECTING, "up", "down", "doctor", "slack check", "say words", code=None)
        gateway.delete_api(ApiId=api)


def while_the_table_is_handed_over(proof: Proof) -> None:
    proof.run("down --hand-over")
    proof.run(*INSPECTING, "up", "down", code=None)
    proof.run("down --hand-over", f"up --adopt {proof.stack().table.key}")


def with_orphans(proof: Proof) -> None:
    """With the policy of before, if nothing but names went; with the one that is printed now, whatever else did."""
    for version, earlier in ((apps.with_more, True), (apps.renamed, False)):
        for commands in ((*INSPECTING, "up"), ("down", "plan")):
            stacks.up(before := proof.stack(version(proof.text)))
            for secret in before.secrets.values():
                secret.put("a-secret", Waiter())
            key = {before.table.key_name: {"S": "word"}, "count": {"N": "1"}}
            before.aws.client("dynamodb").put_item(TableName=before.table.name, Item=key)
            if not earlier:
                proof.run("up", code=4, yes=False)  # it says what would be lost, and asks
            proof.run("doctor", code=None, earlier=earlier)
            proof.run(*commands, earlier=earlier)


def while_it_is_used(proof: Proof) -> None:
    proof.run("up")
    stack = proof.stack()
    for name in stack.config.secrets:
        proof.run(f"secret {name}", f"secret {name} --remove", f"secret {name}")
    words = apps.SAY.get(stack.config.stack, "awsadvent some words")
    proof.run("doctor", "slack check", "slack listen", f"say --trace {words}", code=None)
    proof.run(*INSPECTING, "list", "logs", "status --watch")
    (proof.file.parent / "words.jsonl").write_text('{"word": "a", "count": 1}\n', encoding="utf-8")
    proof.run("up --import words.jsonl", "up")
    send_dead_letters(stack)
    proof.run("audit", "replay")
    for broken in (is_consumer, is_front):
        for name, function in stack.config.functions.items():
            if broken(function):
                module = function.handler.rpartition("/")[2].split(".")[0]
                tampering.put_code(
                    stack, name, module, f"def {function.handler.rpartition('.')[2]}(*_):\n    {RAISES}\n"
                )
        proof.run(f"say --trace {words}", code=None)
        for function in stack.config.functions.values():
            if broken(function):
                stack.resources[f"role/{function.role}"].delete(Waiter())
        proof.run(f"say --trace {words}", code=None)


def is_consumer(function: Function) -> bool:
    return bool(function.subscribes)


def is_front(function: Function) -> bool:
    return bool(function.routes)


def beside_the_same_stack_in_another_region(proof: Proof) -> None:
    """With roles of other names, as the README advises: roles are global."""
    iam, path = proof.person.iam, f"/advent/{proof.stack().config.stack}/"
    tags = [{"Key": "advent:stack", "Value": proof.stack().config.stack}, {"Key": REGION_TAG, "Value": "eu-west-1"}]
    iam.create_role(RoleName="elsewhere", Path=path, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    proof.run(*INSPECTING, "up", "down", "up")
    assert not [part for parts in proof.granted.values() for part in parts if "elsewhere" in part]
    iam.delete_role(RoleName="elsewhere")


STATES: list[Callable[[Proof], None]] = [
    while_nothing_exists,
    while_half_is_missing,
    while_the_app_fails,
    while_everything_differs,
    while_an_api_is_foreign,
    beside_the_same_stack_in_another_region,
    while_the_table_is_handed_over,
    with_orphans,
    while_it_is_used,
]


@pytest.mark.long
@pytest.mark.parametrize("app", apps.APPS)
def test_each_policy_is_enough_and_nothing_in_it_is_superfluous(person: Person, app: str) -> None:
    proof = Proof(person, app)
    for arn in (apps.LIMIT, apps.OTHER):
        apps.create_policy(person.iam, arn)
    for state in STATES:
        state(proof)
    # In other apps no message reaches every function, and `say` reads what lies before each that it did not reach.
    names = [name for name in deployer_policy.COMMANDS if name != "say" or app == "tutorial"]
    superfluous = {name: proof.superfluous(name) for name in names}
    assert {name: parts for name, parts in superfluous.items() if parts} == {}


@pytest.mark.parametrize("call", ["iam:DeleteRole", "iam:DeleteRolePolicy"])
def test_a_role_that_another_run_deletes_first_is_no_refusal(person: Person, call: str) -> None:
    """IAM judges a role that is gone on its ARN without the path, on which the policy allows only reading."""
    person.run("up", "--yes")
    person.allow(deployer_policy.policy(stacks.without_calls(), "down")["Statement"])
    stack, judged_call = stacks.tutorial(person.engine), person.judge.meet
    role = stack.resources["role/sns_logger_lambda"]

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if name == call and b"RoleName=sns_logger_lambda" in body:
            role.delete(Waiter())
        judged_call(name, handler, body)

    person.proxy.meet = meet
    done = person.run("down", "--yes")
    assert (done.returncode, "nothing is left: " in done.stderr) == (0, True), done.stderr
    assert any(question.action == call for question in person.judge.refused)


@pytest.mark.parametrize(
    "command", ["plan", "status", "diagram", "list", "logs", "up --yes", "say words", "audit", "replay"]
)
def test_a_refusal_is_reported_as_one(person: Person, command: str) -> None:
    person.run("up", "--yes")
    person.allow([])
    done = person.run(*command.split())
    assert (done.returncode, "access denied: " in done.stderr, done.stdout) == (1, True, ""), done.stderr
    assert "bug in advent" not in done.stderr


def test_all_is_the_union_of_the_policies(engine: Engine, advent: Run) -> None:
    everything = json.loads(advent("policy").stdout)

    def pairs(document: Any) -> set[tuple[str, str]]:
        return {(action, arn) for s in document["Statement"] for action in s["Action"] for arn in s["Resource"]}

    each = [pairs(json.loads(advent("policy", command).stdout)) for command in deployer_policy.COMMANDS]
    assert {*policies.COMMANDS} == {*deployer_policy.COMMANDS}
    assert pairs(everything) >= set().union(*each)
    assert not [action for action, _ in pairs(everything) if "*" in action]
    unscoped = {action for action, arn in pairs(everything) if arn == "*"}
    assert not [action for action in unscoped if action.split(":")[1].startswith(("Create", "Put", "Delete"))]
