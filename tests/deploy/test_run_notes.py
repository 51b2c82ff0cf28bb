"""What a run of up says at its end about what AWS has not applied yet."""

import json
from pathlib import Path

from tests.conftest import Run
from tests.deploy.test_faults import proxy
from tests.deploy.test_lingering import on_aws
from tests.support import stacks
from tests.support.proxy import Proxy

__all__ = ["proxy"]  # the fixture
FILTERED = """\
stack: trial
table: {name: trial, key: word}
topics: [one]
api: {name: trial}
functions:
  all: {handler: code.handler, subscribes: one}
  some: {handler: code.handler, subscribes: one, filter: {body: {kind: [a]}}}
"""
NOTE = "SNS may take up to 15 minutes to apply changes to filters: one to some"


def test_up_on_aws_says_once_that_a_filter_takes_effect_late(proxy: Proxy, advent: Run, tmp_path: Path) -> None:
    """ "Up to 15 minutes": "Amazon SNS subscription filter policies" in its developer guide."""
    stacks.reset(proxy.engine)
    proxy.begin()
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "code.py").write_text("def handler(event, context):\n    pass\n")
    for text, expected in ((FILTERED, 1), (FILTERED, 0), (FILTERED.replace("[a]", "[b]"), 1)):
        (tmp_path / "config.yaml").write_text(text)
        assert advent("--target", "aws", "up", "--yes", **on_aws(proxy)).stderr.count(NOTE) == expected
    (tmp_path / "config.yaml").write_text(FILTERED.replace(", filter: {body: {kind: [a]}}", ""))
    document = json.loads(advent("--target", "aws", "up", "--yes", "--json", **on_aws(proxy)).stdout)
    assert document["notes"] == [NOTE]
    (tmp_path / "config.yaml").write_text(FILTERED)
    assert "15 minutes" not in advent("up", "--yes").stderr
