"""The workflow of docs/ci.md: its linters, and its shell steps, which run as GitHub runs them, on the local engine."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from advent_cli.errors import USAGE
from advent_cli.output.markdown_page import MARK
from tests.support import distributions
from tests.support.distributions import BINARIES
from tests.support.stacks import ROOT

WORKFLOW = ROOT / "docs" / "github-workflow.yaml"
# Stands in for GitHub's command line, of which the workflow uses `gh api`: it lists, adds and changes comments. A field
# that begins with @ is read from a file ("gh api" in its manual).
GH = """
import json, pathlib, re, sys
kept = pathlib.Path(__file__).with_name("comments.json")
comments = json.loads(kept.read_text())
words = sys.argv[1:]
assert words.pop(0) == "api"
option = lambda name: words.pop(words.index(name) + 1)
if "--jq" in words:
    query = option("--jq")
    login, start = re.findall(r'login == "(.+?)"', query)[0], re.findall(r'startswith\\("(.+?)"\\)', query)[0]
    assert "--paginate" in words and "repos/octo-org/octo-repo/issues/7/comments" in words
    print(*[each["id"] for each in comments if each["user"] == login and each["body"].startswith(start)], sep="\\n")
else:
    method, (name, _, value) = option("--method"), option("--field").partition("=")
    assert name == "body" and value[0] == "@"
    body = pathlib.Path(value[1:]).read_text()
    if method == "POST":
        assert "repos/octo-org/octo-repo/issues/7/comments" in words
        comments.append({"id": 100 + len(comments), "user": "github-actions[bot]", "body": body})
    else:
        (place,) = [word for word in words if "/" in word]
        number = re.fullmatch(r"repos/octo-org/octo-repo/issues/comments/(\\d+)", place)[1]
        (comment,) = [each for each in comments if each["id"] == int(number)]
        comment["body"] = body
    kept.write_text(json.dumps(comments))
"""


def test_both_jobs_begin_alike_apart_from_their_roles() -> None:
    plan, up = (job["steps"] for job in yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values())
    assert plan[:3] == up[:3]
    assert [steps[3]["with"].pop("role-to-assume") for steps in (plan, up)] == [
        "${{ vars.ADVENT_PLAN_ROLE }}",
        "${{ vars.ADVENT_UP_ROLE }}",
    ]
    assert plan[3] == up[3]


def test_the_linters_have_no_complaint(tmp_path: Path) -> None:
    schema = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    for program, *options in (schema, ["zizmor", "--offline"]):
        command: list[str | Path] = [BINARIES / program, *options, WORKFLOW]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


class Runner:
    """Runs the shell steps of a job with `bash -e`, as GitHub does where no shell is named."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder, self.summary = folder / "app", folder / "summary.md"
        self.binaries = distributions.new_environment(folder / "venv")
        self.contexts = {
            "vars.ADVENT_SOURCE": source,
            "github.token": "token",
            "github.event.pull_request.number": "7",
        }
        (folder / "gh" / "gh").parent.mkdir()
        (folder / "gh" / "gh").write_text(f"#!{self.binaries / 'python'}\n{GH}")
        (folder / "gh" / "gh").chmod(0o755)
        self.comments = folder / "gh" / "comments.json"
        other = {"id": 1, "user": "somebody", "body": f"{MARK}\nnot ours"}
        self.comments.write_text(json.dumps([other, {"id": 2, "user": "github-actions[bot]", "body": "coverage"}]))
        self.environment = {
            **os.environ,
            "PATH": f"{self.binaries}{os.pathsep}{folder / 'gh'}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(folder / "state"),
            "PIP_NO_DEPS": "1",  # the libraries are those of this environment
            "GITHUB_REPOSITORY": "octo-org/octo-repo",
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def value(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self.contexts[found[1]], text)

    def run(self, job: str, *, install: bool = False) -> "subprocess.CompletedProcess[str]":
        """Run the job's shell steps, apart from the one that installs advent, or only that; the last one run."""
        workflow: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
        assert workflow["env"] == {"ADVENT_TARGET": "aws"}
        steps = [step for step in workflow["jobs"][job]["steps"] if "run" in step]
        (step,) = [step for step in steps if (step["name"] == "Install advent") == install]
        given = {name: self.value(text) for name, text in step.get("env", {}).items()}
        environment = {**self.environment, "ADVENT_TARGET": "local", **given}
        command = ["bash", "-e", "-c", self.value(step["run"])]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)

    def comment(self) -> str:
        """The comment of the workflow; those of others are as they were."""
        *others, ours = json.loads(self.comments.read_text())
        assert [each["body"] for each in others] == [f"{MARK}\nnot ours", "coverage"]
        return str(ours["body"])


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    _, wheel = distributions.build(tmp_path)
    runner = Runner(tmp_path, str(wheel))
    new = subprocess.run([BINARIES / "advent", "new", "app", "app", "--from", "new-hire"], cwd=tmp_path)
    assert new.returncode == 0
    done = runner.run("plan", install=True)
    assert done.returncode == 0, done.stderr
    distributions.add_libraries(runner.binaries)
    yield runner
    subprocess.run([runner.binaries / "advent", "local", "stop"], env=runner.environment, check=True)


@pytest.mark.long
def test_the_steps_plan_comment_once_and_deploy(runner: Runner) -> None:
    done = runner.run("plan")
    assert done.returncode == 0, done.stderr
    assert "to create" in runner.comment()
    assert runner.summary.read_text() == runner.comment()
    up = runner.run("up")
    assert up.returncode == 0, up.stderr
    document = json.loads(up.stdout)
    assert (document["ok"], document["url"].startswith("http://127.0.0.1:")) == (True, True)
    assert runner.run("plan").returncode == 0
    assert "nothing to do" in runner.comment()
    config = runner.folder / "config.yaml"
    good = config.read_text()
    config.write_text(good.replace("name: steps ", "name: moments "))
    assert runner.run("plan").returncode == 0
    assert "Data will be lost for good" in runner.comment()
    config.write_text(f"{good}\nregoin: x\n")
    failed = runner.run("plan")
    assert failed.returncode == USAGE
    assert "advent plan failed" in runner.comment()
    assert "unknown setting 'regoin'" in failed.stderr
    assert runner.run("up").returncode == USAGE
