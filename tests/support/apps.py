"""Apps of six kinds: the tutorial, the examples, and three that use less or more of config.yaml."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.support import tampering
from tests.support.stacks import ROOT

LIMIT = "arn:aws:iam::000000000000:policy/limits/advent"
OTHER = "arn:aws:iam::000000000000:policy/other"
WITHOUT_API = """
stack: quiet
table: {name: quiet-table, key: word}
topics: [quiet-topic]
api: {name: quiet-api}
functions:
  quiet-logger: {handler: sns_logger.handler, subscribes: quiet-topic}
  quiet-multiplier: {handler: sns_multiplier.handler, subscribes: quiet-topic, table: write}
"""
WITHOUT_SECRETS = """
stack: plain
prefix: plain-
table: {name: table, key: word}
topics: [topic]
api: {name: api}
slack: {trigger_word: awsadvent, bot_name: bot}
functions:
  front: {handler: app.handler, routes: POST /words, table: count, publishes: topic}
  logger: {handler: sns_logger.handler, subscribes: topic}
"""
WITH_EVERYTHING = f"""
stack: full
prefix: full-
region: us-east-1
handlers: handlers
runtime: python3.12
architecture: arm64
log_retention_days: 30
allow_cycle: true
permissions_boundary: {LIMIT}
dead_letters: dead-letters
table: {{name: table, key: word}}
topics: [first, second]
api: {{name: api, rate: 5, burst: 9}}
slack: {{trigger_word: awsadvent, bot_name: bot}}
functions:
  front:
    handler: app.handler
    role: front-role
    routes: [POST /words, "GET /words/{{word}}"]
    reads_secrets: [slack-secret, other-secret]
    table: count
    publishes: first
    memory: 256
    timeout: 10
    concurrency: 5
    environment: {{COLOUR: blue}}
  multiplier:
    handler: sns_multiplier.handler
    subscribes: [first, second]
    publishes: second
    table: read-write
    filter: {{attributes: {{kind: [loud]}}}}
  logger:
    handler: sns_logger.handler
    subscribes: second
    reads_secrets: [other-secret]
    table: read
    filter: {{body: {{kind: [loud]}}}}
"""
APPS = {
    "tutorial": (ROOT / "config.yaml").read_text(encoding="utf-8"),
    "new-hire": (ROOT / "examples" / "new-hire" / "config.yaml").read_text(encoding="utf-8"),
    "pipeline": (ROOT / "examples" / "pipeline" / "config.yaml").read_text(encoding="utf-8"),
    "without an API": WITHOUT_API,
    "without secrets": WITHOUT_SECRETS,
    "with everything": WITH_EVERYTHING,
}

SAY = {"new-hire": "/hire ann engineer", "pipeline": "/order 17 tea"}  # what these apps understand, by stack


def write(folder: Path, app: str) -> Path:
    """Write an app's config.yaml and handlers into a folder; returns the former."""
    example = ROOT / "examples" / app
    source = example if example.is_dir() else ROOT
    shutil.copytree(source / "handlers", folder / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "config.yaml").write_text(APPS[app], encoding="utf-8")
    return folder / "config.yaml"


def with_more(text: str) -> str:
    """The config.yaml of an earlier version of an app, which had more functions, topics, routes and secrets."""
    config: dict[str, Any] = yaml.safe_load(text)
    functions = config["functions"]
    first = next(iter(functions))
    functions["old"] = {
        "handler": functions[first].get("handler", f"{first.replace('-', '_')}.handler"),
        "routes": "GET /old",
        "publishes": "old-topic",
        "subscribes": config["topics"][0],
        "reads_secrets": "old-secret",
        "table": "write",
    }
    functions[first].setdefault("subscribes", "old-topic")
    config |= {"topics": [*config["topics"], "old-topic"], "allow_cycle": True}
    return str(yaml.safe_dump(config, sort_keys=False))


def renamed(text: str) -> str:
    """The config.yaml of an earlier version of an app, with more, and with other names for what there is one of."""
    config: dict[str, Any] = yaml.safe_load(with_more(text))
    config |= {"dead_letters": "old-letters", "api": {"name": "old-api"}}
    return str(yaml.safe_dump({**config, "table": {**config["table"], "name": "old-table"}}, sort_keys=False))


def create_policy(iam: Any, arn: str, document: str = json.dumps(tampering.OPEN)) -> None:
    """Create a managed policy under this ARN; it allows everything unless another document is given."""
    *folders, name = arn.split(":policy/")[1].split("/")
    iam.create_policy(PolicyName=name, Path="/".join(["", *folders, ""]), PolicyDocument=document)
