"""An IAM user of the engine who runs advent and is judged by a policy as AWS judges."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from advent_cli.local.lifecycle import Engine
from advent_cli.stack import deployer_policy
from tests.support import forked, stacks
from tests.support import proxy as proxies
from tests.support.conditions import Judge
from tests.support.proxy import Proxy
from tests.support.screen import Terminal


def statements(*commands: str) -> list[dict[str, Any]]:
    """The statements of the policies for these commands on the tutorial's stack."""
    policies = (deployer_policy.policy(stacks.without_calls(), command) for command in commands)
    return [statement for policy in policies for statement in policy["Statement"]]


class Person:
    """Runs advent in `folder` with keys of its own; `iam` is a client with full access."""

    def __init__(self, proxy: Proxy, folder: Path) -> None:
        self.proxy, self.engine, self.folder = proxy, proxy.engine, folder
        self.judge, self.url = Judge(stacks.tutorial(proxy.engine).aws.client), proxy.endpoint.url
        proxy.meet = self.judge.meet
        self.iam = self.judge.client("iam")
        self.enroll()

    def enroll(self) -> None:
        """Create the IAM user, which a reset of the engine deletes."""
        self.iam.create_user(UserName="person")
        self.keys = self.iam.create_access_key(UserName="person")["AccessKey"]

    def allow(self, statements: list[dict[str, Any]] | None) -> None:
        """Replace the person's policy with these statements; None allows everything."""
        self.judge.allow(statements)

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements of the person's policy."""
        assert self.judge.statements is not None, "the person may do everything"
        return self.judge.statements

    @property
    def environment(self) -> dict[str, str]:
        """The variables with the person's keys."""
        keys = {"AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"]}
        slack = {"ADVENT_SLACK_API_URL": "http://127.0.0.1:1/api/", "ADVENT_SLACK_APP_TOKEN": "xapp-1"}  # not there
        return {**os.environ, **self.engine.environment(None), "AWS_ENDPOINT_URL": self.url, **keys, **slack}

    def run(self, *words: str, stdin: str = "a-secret\n") -> "subprocess.CompletedProcess[str]":
        """Run advent with the person's keys."""
        return forked.run(["--target", "aws", *words], cwd=self.folder, env=self.environment, stdin=stdin)

    def watch(self) -> str:
        """Watch the status in a terminal until the first inspection is shown; returns what was."""
        command: list[str | Path] = [forked.ADVENT, "--target", "aws", "status", "--watch"]
        with Terminal(command, self.folder, (80, 40), **self.environment) as terminal:
            terminal.read(until="resources ok")
            terminal.press("q")
            assert terminal.ended() == 0
            return terminal.written


@contextmanager
def judged(engine: Engine, folder: Path) -> Iterator[Person]:
    """A person behind a proxy, while this is entered."""
    with proxies.running(engine) as proxy:
        yield Person(proxy, folder)
