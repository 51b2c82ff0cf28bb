"""`up` is done when the app answers at its URL."""

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from advent_cli.aws.http_client import Response
from advent_cli.aws.retry import Waiter
from advent_cli.config import config_file
from advent_cli.config.config_file import Config
from advent_cli.errors import AdventError
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import log_reader
from advent_cli.messages.answering import Verdict, judge, question, wait_until_it_answers
from advent_cli.messages.invocations import invocations
from advent_cli.stack.build import Stack, build
from benchmarks.engine import commands_use_port
from tests.conftest import ADVENT, Run
from tests.messages.test_trace import NEVER_IMPORTED, RAISES
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.new_api import FORBIDDEN, NOT_FOUND, NOT_PERMITTED, NewApi
from tests.support.proxy import Proxy, refusing
from tests.support.stacks import TUTORIAL
from tests.support.tampering import put_code

APP = """\
stack: trial
table: {name: trial, key: word}
topics: [one]
api: {name: trial}
functions:
"""
ROUTES = "  front: {handler: code.handler, routes: [%s]}\n"
CONSUMER = "  consumer: {handler: code.handler, subscribes: one}\n"
SLACK = "slack: {trigger_word: tea, bot_name: bot}\n"
ANSWERS = "def handler(event, context):\n    return {'statusCode': 418, 'body': 'tea'}\n"
PERMISSION = "permission/POST /aws_advent to aws_advent"
DENIED = refusing(400, "AccessDeniedException", "User is not authorized to perform: logs:FilterLogEvents")


@dataclass(frozen=True)
class Clock(Waiter):
    """A waiter that does not sleep, and whose clock goes ten times as fast as it would have slept."""

    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sleep", self.slept.append)
        object.__setattr__(self, "clock", lambda: sum(self.slept) * 10)


def app(folder: Path, functions: str, code: str = ANSWERS) -> Config:
    """An app of these functions, all with this code."""
    (folder / "handlers").mkdir(exist_ok=True)
    (folder / "handlers" / "code.py").write_text(code)
    (folder / "config.yaml").write_text(APP + functions)
    return config_file.load(folder / "config.yaml")


@pytest.fixture
def proxy(running_engine: Engine) -> Iterator[Proxy]:
    with proxies.running(running_engine) as proxy:
        yield proxy


@pytest.fixture
def intact(deployed: Stack) -> Iterator[Stack]:
    """The tutorial's stack; as wanted again afterwards, however the test broke it."""
    yield deployed
    stacks.up(deployed)


def asked(proxy: Proxy, api: NewApi, waiter: Waiter) -> float | None:
    """Ask the tutorial's app through the proxy, which meets its requests as `api` does."""
    proxy.meet = api.meet
    return wait_until_it_answers(build(TUTORIAL, stacks.account(proxy.endpoint)), waiter)


def test_the_question_is_one_that_changes_nothing(tmp_path: Path) -> None:
    tutorial = question(TUTORIAL, ["u/aws_advent"])
    assert tutorial
    assert (tutorial.method, tutorial.url, tutorial.body) == ("POST", "u/aws_advent", b"ssl_check=1")
    assert question(TUTORIAL, []) is None  # there is no API
    for routes, method, url in (
        ("POST /a, GET /b/{id}, GET /c", "GET", "u/c"),
        ("POST /a, ANY /b", "GET", "u/b"),
        ("POST /a, GET /b/{id}", "OPTIONS", "u/a"),
        ("'GET /b/{id}'", "OPTIONS", "u/b/"),
        ("POST /a, OPTIONS /a", "OPTIONS", "u/a"),
    ):
        config = app(tmp_path, ROUTES % ", ".join(f"'{each.strip()}'" for each in routes.replace("'", "").split(",")))
        chosen = question(config, [f"u{route.partition(' ')[2]}" for route in config.routes])
        assert chosen
        assert (chosen.method, chosen.url, chosen.body, chosen.function) == (method, url, b"", "front")
        assert chosen.has_route == (method == "GET" or "OPTIONS" in routes)
    paused = ROUTES.replace("]}", "], concurrency: 0}") % "GET /tea"
    assert question(app(tmp_path, paused), ["u/tea"]) is None
    assert question(app(tmp_path, CONSUMER), []) is None


@pytest.mark.parametrize(
    ("status", "body", "verdict", "of_options"),
    [
        (200, "", Verdict.ANSWERS, Verdict.ANSWERS),
        (403, '{"message":"Forbidden"}', Verdict.UNKNOWN, Verdict.UNKNOWN),
        (404, '{"message":"Not Found"}', Verdict.UNKNOWN, Verdict.ANSWERS),
        (429, '{"message": "Too Many Requests"}', Verdict.ANSWERS, Verdict.ANSWERS),
        (500, '{"message":"Internal server error"}', Verdict.FAILED, Verdict.FAILED),
        (503, '{"message":"Service Unavailable"}', Verdict.FAILED, Verdict.FAILED),
        (502, '{"errorMessage": "boom", "errorType": "X"}', Verdict.FAILED, Verdict.FAILED),  # the engine's
        (403, '{"text": "Forbidden"}', Verdict.ANSWERS, Verdict.ANSWERS),  # all else is of a function
        (404, "<h1>Not Found</h1>", Verdict.ANSWERS, Verdict.ANSWERS),
        (500, "", Verdict.ANSWERS, Verdict.ANSWERS),
        (401, '{"message":"Unauthorized"}', Verdict.ANSWERS, Verdict.ANSWERS),
    ],
)
def test_only_api_gateways_own_responses_are_no_answer(
    status: int, body: str, verdict: Verdict, of_options: Verdict
) -> None:
    post = question(TUTORIAL, ["u"])
    assert post
    assert judge(post, Response(status, {}, body.encode())) is verdict
    assert judge(replace(post, method="OPTIONS", has_route=False), Response(status, {}, body.encode())) is of_options
    assert judge(post, None) is Verdict.UNKNOWN


def test_up_waits_until_api_gateway_knows_the_new_api(engine: Engine, advent: Run, proxy: Proxy) -> None:
    api = NewApi(NOT_FOUND, FORBIDDEN, NOT_PERMITTED)
    proxy.meet = api.meet
    with commands_use_port(proxy.port):
        up = json.loads(advent("up", "--json").stdout)
        assert (up["exit_code"], api.asked) == (0, ["POST"] * 4)
        assert up["answered"] > 0
        again = advent("up")
        assert again.stdout.strip() == up["url"]
        assert len(api.asked) == 5
    logged = invocations(log_reader.read(stacks.tutorial(engine).aws, "aws_advent", 0))
    assert [each.log for each in logged] == [("no reply: a check of the URL, or a bot's message",)] * 2
    assert all(each.logs_message_id for each in logged)  # so that a trace does not take one for a message without id


def test_it_waits_a_minute_for_an_api_and_less_for_a_function(proxy: Proxy, intact: Stack) -> None:
    for response, waited, why in (
        (NOT_FOUND, 60, "it answered 404: API Gateway does not know the route"),
        (FORBIDDEN, 60, "it answered 403: API Gateway does not know the API"),
        (NOT_PERMITTED, 20, "it answered 500: API Gateway may not invoke the function, or the function failed"),
    ):
        clock = Clock()
        with pytest.raises(AdventError, match="the app does not answer at http") as error:
            asked(proxy, NewApi(*[response] * 999), clock)
        assert waited <= clock.clock() < waited + 6
        assert (error.value.why, error.value.exit_code) == (why, 1)
        assert error.value.hint
    clock = Clock()
    answered = asked(proxy, NewApi(*[NOT_FOUND] * 12, *[NOT_PERMITTED] * 3), clock)  # 27 s and 15 s
    assert answered == clock.clock() > 20


def test_a_host_that_dns_does_not_know_yet_is_waited_for(
    running_engine: Engine, intact: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    unknown = replace(running_engine.endpoint, api_url="http://{api_id}.invalid")  # RFC 6761: never known
    clock = Clock()
    with pytest.raises(AdventError) as error:
        wait_until_it_answers(build(TUTORIAL, stacks.account(unknown)), clock)
    assert 60 <= clock.clock() < 66
    assert error.value.why.startswith("DNS does not know ")
    assert error.value.why.endswith(".invalid")


def test_the_reason_is_the_route_that_is_missing(proxy: Proxy, intact: Stack) -> None:
    api = NewApi(before=lambda: intact.resources["route/POST /aws_advent"].delete(Waiter()))
    with pytest.raises(AdventError) as error:
        asked(proxy, api, Clock())
    assert error.value.why == "it answered 404: route POST /aws_advent is missing"


def test_the_reason_is_the_permission_that_is_missing(proxy: Proxy, intact: Stack) -> None:
    """AWS answers 500 without it; the engine does not ask for it."""
    api = NewApi(*[NOT_PERMITTED] * 999, before=lambda: intact.resources[PERMISSION].delete(Waiter()))
    with pytest.raises(AdventError) as error:
        asked(proxy, api, Clock())
    assert error.value.why == "it answered 500: permission POST /aws_advent to aws_advent is missing"
    assert "`advent up`" in error.value.hint


def test_a_log_that_may_not_be_read_does_not_hide_the_rest(proxy: Proxy, intact: Stack) -> None:
    proxy.script = {"logs:FilterLogEvents": [DENIED] * 999}
    with pytest.raises(AdventError) as error:
        asked(proxy, NewApi(*[NOT_PERMITTED] * 999), Clock())
    assert "cannot be determined: access denied: FilterLogEvents" in error.value.why
    intact.resources[PERMISSION].delete(Waiter())
    with pytest.raises(AdventError, match="permission POST /aws_advent to aws_advent is missing; anything else cannot"):
        asked(proxy, NewApi(*[NOT_PERMITTED] * 999), Clock())


def test_a_function_that_fails_is_not_waited_for(proxy: Proxy, intact: Stack) -> None:
    put_code(intact, "aws_advent", "app", RAISES)
    clock = Clock()
    with pytest.raises(AdventError, match=r"function aws_advent failed: .*boom") as error:
        asked(proxy, NewApi(NOT_FOUND), clock)
    assert clock.clock() < 6
    assert "`advent logs aws_advent --errors`" in error.value.hint


def test_up_fails_with_the_error_of_the_function_and_what_was_made_is_listed(
    engine: Engine, advent: Run, tmp_path: Path
) -> None:
    app(tmp_path, ROUTES % "POST /tea" + SLACK, NEVER_IMPORTED)
    failed = advent("up", code=1)
    assert failed.stdout == ""
    assert " created in " in failed.stderr
    reason = "function front failed: Runtime.ImportModuleError: No module named 'no_such_module'"
    assert f": {reason}\n" in failed.stderr
    again = json.loads(advent("up", "--json", code=1).stdout)
    assert {step["outcome"] for step in again["steps"]} == {"unchanged"}
    assert (again["ok"], again["answered"], len(again["errors"])) == (False, None, 1)
    assert again["url"].endswith("/tea")
    app(tmp_path, ROUTES % "POST /tea" + SLACK)
    works = advent("up")
    assert works.stdout == f"{again['url']}\n"
    assert "The app answered in " in works.stderr  # 418 is an answer too


def test_no_wait_does_not_ask(engine: Engine, advent: Run, proxy: Proxy, tmp_path: Path) -> None:
    api = NewApi(*[NOT_FOUND] * 999)
    proxy.meet = api.meet
    with commands_use_port(proxy.port):
        up = advent("up", "--no-wait")
        assert up.stdout.startswith("http://")
        assert "answers" not in up.stderr
        assert json.loads(advent("up", "--no-wait", "--json").stdout)["answered"] is None
    assert api.asked == []


def test_an_app_without_slack_is_asked_without_effect(
    engine: Engine, advent: Run, proxy: Proxy, tmp_path: Path
) -> None:
    api = NewApi()
    proxy.meet = api.meet
    with commands_use_port(proxy.port):
        app(tmp_path, ROUTES % "POST /tea")
        assert "The app answered in " in advent("up").stderr
        assert api.asked == ["OPTIONS"]
        app(tmp_path, ROUTES % "POST /tea, GET /tea")
        assert "The app answered in " in advent("up").stderr
        assert api.asked == ["OPTIONS", "GET"]
        app(tmp_path, CONSUMER)
        assert "answers" not in advent("up").stderr  # it has no URL
        assert api.asked == ["OPTIONS", "GET"]


def test_watch_goes_on_after_an_app_that_does_not_answer(engine: Engine, advent: Run, tmp_path: Path) -> None:
    app(tmp_path, ROUTES % "GET /tea", NEVER_IMPORTED)
    log = tmp_path / "watch.txt"

    def shows(text: str) -> bool:
        return text in log.read_text()

    with log.open("w") as out:
        process = subprocess.Popen([ADVENT, "up", "--watch"], cwd=tmp_path, stderr=out, stdout=out)
        try:
            Waiter().until(lambda: shows("watching") and shows("front failed"), "watching")
            app(tmp_path, ROUTES % "GET /tea")
            Waiter().until(lambda: shows("1 updated in "), "the app answers")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
