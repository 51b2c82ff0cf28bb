"""How to connect Slack: the manifest of a Slack app, the link that creates it, and the steps, on both targets."""

import json
import re
import urllib.parse
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.config.schema import Slack
from advent_cli.local.lifecycle import Engine
from advent_cli.messages.slack_setup import creation_link, manifest, setup_steps
from tests.conftest import Run
from tests.support import proxy as proxies
from tests.support.proxy import changing
from tests.support.stacks import ROOT

URL = "https://x.execute-api.eu-west-1.amazonaws.com"
TUTORIAL = Slack("awsadvent", "awsadvent-bot")
LONGEST = {"name": 35, "command": 32, "url": 3000, "description": 2000, "usage_hint": 1000}


@pytest.mark.parametrize("url", [f"{URL}/p", None])
@pytest.mark.parametrize(
    ("word", "name", "command"),
    [
        ("awsadvent", "awsadvent-bot", "/awsadvent"),
        ("Zähl!mit", "b" * 80, "/z-hl-mit"),
        ("!!", "x", "/count"),
        ("w", "", "/w"),
    ],
)
def test_the_manifest_follows_slacks_documentation(word: str, name: str, command: str, url: str | None) -> None:
    made = manifest(url, Slack(word, name))
    (slash,) = made["features"]["slash_commands"]
    assert slash["command"] == command
    assert made["_metadata"]["major_version"] in (1, 2)
    assert made.keys() <= {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert slash.keys() == {"command", *(["url"] if url else []), "description", "usage_hint", "should_escape"}
    bot = made["features"]["bot_user"]["display_name"]
    assert re.fullmatch(r"[a-z0-9_.-]{1,80}", bot)
    for field, text in {**slash, **made["display_information"]}.items():
        assert not isinstance(text, str) or 0 < len(text) <= LONGEST[field], field
    assert made["oauth_config"]["scopes"]["bot"] == ["commands"]  # no scope to read anything
    assert made["settings"]["socket_mode_enabled"] is (url is None)


@given(st.text(st.characters(codec=None), max_size=40), st.text(max_size=40), st.sampled_from([URL, None]))
def test_the_link_carries_the_manifest_and_nothing_else(word: str, name: str, url: str | None) -> None:
    made = manifest(url, Slack(word, name))
    link = creation_link(made)
    assert re.fullmatch(r"https://api\.slack\.com/apps\?new_app=1&manifest_json=[\w.~%-]+", link, re.ASCII)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query, strict_parsing=True)
    assert query["new_app"] == ["1"]
    (carried,) = query["manifest_json"]
    assert json.loads(carried) == made


@pytest.mark.parametrize(
    ("url", "places"),
    [
        (None, ["manifest_json", "Install App", "App-Level Tokens", "connections:write", "`advent slack listen`"]),
        (URL, ["manifest_json", "Install App", "Signing Secret", "`advent slack secret`"]),
    ],
)
def test_the_steps_lead_to_the_first_answer(url: str | None, places: list[str]) -> None:
    command, _, webhook = "\n".join(setup_steps(url, TUTORIAL)).partition("\n\n")
    found = [command.index(place) for place in (*places, "type: /awsadvent some words")]
    assert found == sorted(found)
    assert ("Outgoing WebHooks" in webhook) is (url is not None)  # it needs a URL that Slack reaches
    assert creation_link(manifest(url, TUTORIAL)) in map(str.strip, command.splitlines())


def test_locally_neither_an_engine_nor_an_app_is_needed(advent: Run, tmp_path: Path) -> None:
    nobody = {"XDG_STATE_HOME": str(tmp_path)}
    printed = advent("slack", "manifest", **nobody)
    assert yaml.safe_load(printed.stdout) == manifest(None, TUTORIAL)
    steps = advent("slack", **nobody)
    assert "`advent slack listen`" in steps.stdout
    assert printed.stderr == steps.stderr == ""
    assert "`advent --stack trial slack listen`" in advent("--stack", "trial", "slack", **nobody).stdout


def test_an_app_that_slack_cannot_post_to_has_no_steps(advent: Run, tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text()
    handlers = f"handlers: {ROOT / 'handlers'}"
    own = tmp_path / "config.yaml"
    own.write_text(text.replace("handlers: handlers", handlers).replace("routes: POST ", "routes: GET "))
    for words in (["slack"], ["slack", "manifest"]):
        assert "no function has a POST route for Slack" in advent(*words, code=1).stderr


def test_on_aws_they_have_the_url(engine: Engine, advent: Run) -> None:
    keys = engine.environment(None)
    assert "  connect Slack: advent --target aws slack\n" in advent("--target", "aws", "up", **keys).stderr

    def meet(name: str, handler: proxies.Handler, body: bytes) -> None:
        on_aws = changing(r'"(apiEndpoint)": ?"[^"]*"', rf'"\1": "{URL}"')
        (on_aws if name == "apigateway:GetApis" else proxies.pass_on)(handler, body)

    with proxies.running(engine) as proxy:
        proxy.meet = meet
        aws = {**keys, "AWS_ENDPOINT_URL": proxy.endpoint.url}
        steps = advent("--target", "aws", "slack", **aws).stdout
        assert f"URL(s): {URL}/aws_advent\n" in steps
        assert "Trigger Word(s): awsadvent\n" in steps
        assert "run `advent --target aws slack secret`" in steps
        made = yaml.safe_load(advent("--target", "aws", "slack", "manifest", **aws).stdout)
        assert made == manifest(f"{URL}/aws_advent", TUTORIAL)
    elsewhere = yaml.safe_load(advent("--target", "aws", "slack", "manifest", **keys).stdout)
    assert elsewhere == manifest(None, TUTORIAL)  # Slack posts only to https
