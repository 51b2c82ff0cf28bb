"""config.yaml: every mistake is an error with its position, never a traceback."""

import contextlib
import json
import re
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advent_cli.config import config_file
from advent_cli.config.schema import Settings
from advent_cli.config.yaml_with_lines import read
from advent_cli.errors import USAGE, ConfigError
from tests.support.stacks import ROOT

GOOD = (ROOT / "config.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "handlers").symlink_to(ROOT / "handlers")
    return tmp_path / "config.yaml"


def error_of(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config_file.load(file)
    assert caught.value.exit_code == USAGE
    return str(caught.value)


def test_the_tutorials_config_matches_the_article(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    loaded = config_file.load(file)
    assert (loaded.table.name, loaded.table.key, loaded.topics, loaded.api.name) == (
        "table",
        "word",
        ["awsadvent"],
        "aws_advent",
    )
    assert {name: function.handler for name, function in loaded.functions.items()} == {
        "aws_advent": "app.handler",
        "sns_multiplier": "sns_multiplier.handler",
        "sns_logger": "sns_logger.handler",
    }
    assert loaded.functions["aws_advent"].role == "aws_advent_lambda_dynamo"
    assert loaded.slack
    assert (loaded.slack.trigger_word, loaded.slack.bot_name) == ("awsadvent", "awsadvent-bot")


MISTAKES = [  # what is replaced in the tutorial's config.yaml, with what, and what the error says
    (
        "    memory: 256 ",
        "    memori: 256 ",
        "47:5: functions.aws_advent: unknown setting 'memori': did you mean 'memory'?",
    ),
    (
        "memory: 256",
        "memory: big",
        "47:13: functions.aws_advent.memory: must be a whole number of megabytes from 128 to 10240, not 'big'",
    ),
    (
        "region: ",
        "permissions_boundary: arn:aws:iam::1234:role/limit\nregion: ",
        "6:23: permissions_boundary: must be the ARN of a managed policy, such as arn:aws:iam::123456789012:policy/"
        "advent-boundary or empty, not 'arn:aws:iam::1234:role/limit'",
    ),
    ("memory: 256", "memory: 64", "must be a whole number of megabytes from 128 to 10240, not '64'"),
    ("memory: 256", 'memory: "512"', "10240, not '512'; write it without quotes"),
    (
        "timeout: 10",
        'timeout: "10"',
        "timeout: must be a whole number of seconds from 1 to 900, not '10'; write",
    ),
    (
        "stack: awsadvent",
        "stack: awsadvent\nallow_cycle: 'true'",
        "true or false, not 'true'; write it without quotes",
    ),
    ("memory: 256", "memory: true", "must be a whole number of megabytes from 128 to 10240, not 'true'"),
    ("log_retention_days: 14", "log_retention_days: 15", "log_retention_days: must be one of 1, 3, 5, 7, 14, 30, "),
    (
        "stack: awsadvent",
        "stack: no",
        "must be a name of 1 to 64 characters (letters, digits, _ and -), not 'no'; "
        "put it in quotes, because YAML does not read it as text",
    ),
    (
        'MULTIPLIER: "10"',
        'MULTIPLIER: "\\ufdd0X\\ufdd1"',
        "environment.MULTIPLIER: must be text without control characters",
    ),
    ("stack: awsadvent", "#", "stack: missing; must be a name of 1 to 64 characters"),
    (
        "stack: awsadvent",
        "stack:",
        "stack: must be a name of 1 to 64 characters (letters, digits, _ and -), not empty",
    ),
    (
        "name: table",
        "name: t!",
        "15:9: table.name: must be a name of 3 to 255 characters (letters, digits, _ - and .), not 't!'",
    ),
    ("name: table", 'name: "table\\n"', "(letters, digits, _ - and .), not 'table\\n'"),
    ("name: table", f"name: {'t' * 256}", "table.name: must be a name of 3 to 255 characters"),
    ("name: table", "name: [table]", ", not a list"),
    ("name: table", "name: table\n  name: other", "16:3: table.name: set twice"),
    (
        "role: sns_logger_lambda",
        f"role: {'r' * 65}",
        "functions.sns_logger.role: must be a name of 1 to 64 characters",
    ),
    (
        "role: sns_logger_lambda",
        "role: sns_multiplier_lambda_dynamo",
        "'sns_multiplier_lambda_dynamo' is already the role of sns_multiplier",
    ),
    ("target: local", "target: cloud", "target: must be one of local, aws, not 'cloud'"),
    (
        "subscribes: awsadvent",
        "subscribes: nope",
        "53:17: functions.sns_multiplier.subscribes: unknown topic 'nope': use one of awsadvent",
    ),
    (
        "subscribes: awsadvent",
        "subscribes: [awsadvent, nope]",
        "53:29: functions.sns_multiplier.subscribes.1: unknown topic 'nope': use one of awsadvent",
    ),
    ("topics: [awsadvent]", "topics: []", "unknown topic 'awsadvent': there are none"),
    ("topics: [awsadvent]", "topics: [awsadvent, awsadvent]", "19:21: topics.1: 'awsadvent' is listed twice"),
    ("topics: [awsadvent]", "topics: {a: b}", "_ and -), not a group of settings"),
    ("publishes: awsadvent", "publishes: [awsadvent, awsadvent]", "'awsadvent' is listed twice"),
    ("reads_secrets: slack-secret", "reads_secrets: [a-b, a_b]", "'a_b' and 'a-b' have the same environment"),
    ("reads_secrets: slack-secret", "reads_secrets: [1a]", "must be a name of at most 64 letters, digits, _"),
    ("routes: POST /aws_advent", "routes: 'GET /a/{x'", "must be METHOD /PATH"),
    ("functions:\n", f"functions:\n  {'n' * 58}: {{handler: app.handler}}\n", "longer than 64 characters"),
    ("routes: POST /aws_advent", "routes: SEND /x", "must be METHOD /PATH, such as POST /aws_advent"),
    ("routes: POST /aws_advent", "routes: POST aws_advent", "/orders/{id}, not 'POST aws_advent'"),
    (
        "subscribes: awsadvent\n",
        "routes: POST /aws_advent\n",
        "'POST /aws_advent' is already a route of aws_advent",
    ),
    ("subscribes: awsadvent\n", "filter: {attributes: {a: [b]}}\n", "filter: needs `subscribes`"),
    ("memory: 256\n", "filter: {attributes: {a: b}}\n", "such as {event: [hired, moved]}"),
    ("memory: 256\n", "filter: {attributes: {a: {b: [c]}}}\n", "such as {event: [hired, moved]}"),
    ("memory: 256\n", "filter: {attributes: {a: [b]}, body: {a: [b]}}\n", "set either attributes or body"),
    ("memory: 256\n", "filter: {other: {a: [b]}}\n", "the name must be attributes or body, not 'other'"),
    ("memory: 256\n", "filter: {body: {a: [2026-01-01]}}\n", "must be text in quotes, a plain number, true"),
    ("memory: 256\n", "filter: {body: {2026-01-01: [a]}}\n", "must be a name, not '2026-01-01'; put it in quotes"),
    (
        "memory: 256\n",
        f"filter: {{body: {{a: [{'x' * 2**18}]}}}}\n",
        "262155 bytes as JSON; SNS allows 262144",
    ),
    (
        "memory: 256\n",
        f"filter: {{attributes: {{a: [{'x,' * 51}], b: [1, 2, 3]}}}}\n",
        "54:26: functions.sns_multiplier.filter.attributes: 153 combinations of values",
    ),
    ("memory: 256\n", f"filter: {{body: {{a: [1{':59' * 400_000}]}}}}\n", "a shorter number, not '1:59:59:59"),
    (
        "memory: 256\n",
        f"filter: {{body: {'{a: ' * 60}[b]{'}' * 60}}}\n",
        "nested too deeply: the limit is 50 levels",
    ),
    ("memory: 256\n", "concurrency: -1\n", "must be a whole number of concurrent executions from 0"),
    ("memory: 256\n", "reads_secrets: [a b]\n", "functions.sns_multiplier.reads_secrets.0: must be a name"),
    ("stack: awsadvent", "stack: awsadvent\nprefix: 1x", "prefix: must be at most 30 letters"),
    ("memory: 256\n", "timeout: 1\n", "functions.sns_multiplier.timeout: set twice"),
    (
        "    timeout: 30",
        "    publishes: awsadvent",
        "in a cycle (sns_multiplier publishes, awsadvent -> sns_multiplier); break it, or set allow_cycle: true",
    ),
    (
        "app.handler",
        "nope.handler",
        "41:14: functions.aws_advent.handler: cannot read ",
    ),
    ("app.handler", "folder/app.handler", "folder/app.py: No such file or directory"),
    (
        "  sns_logger:",
        "  snslogger:",
        "functions.snslogger.handler: cannot read ",
    ),
    ("app.handler", "app.handel", "handlers/app.py: unknown function 'handel': did you mean 'handler'?"),
    ("app.handler", "../app.handler", "must be FILE.FUNCTION, such as app.handler, or FOLDER/FILE.FUNCTION"),
    ('MULTIPLIER: "10"', "MULTIPLIER: 10", "text without control characters, not '10'; put it in quotes"),
    ("MULTIPLIER", "AWS_REGION", "AWS_REGION: Lambda reserves the names"),
    ("MULTIPLIER", "SNS_TOPIC_ARN", "SNS_TOPIC_ARN: advent sets this variable itself"),
    ("MULTIPLIER", "M-1", "starting with a letter, not 'M-1'"),
    ('"10"', '"' + "x" * 4096 + '"', "4106 bytes of names and values; the limit is 2500"),
    ("  sns_logger:", "  sns logger:", "functions.sns logger: the name must be a name of 1 to 64 characters"),
    ("functions:", "functions: 3\nrest:", "unknown setting 'rest': use one of stack, table, topics, "),
    ("region:", "region: Paris", "region: must be an AWS region, such as eu-west-1"),
    ("table:\n", "<<: &x {a: b}\ntable:\n", "14:1: unknown setting '<<'"),
    ("stack:", "\tstack:", "4:1: not valid YAML"),
    ("stack: awsadvent", "stack: *nobody", "4:8: not valid YAML"),
]


@pytest.mark.parametrize(("good", "bad", "message"), MISTAKES)
def test_a_mistake_is_an_error_with_line_and_column(file: Path, good: str, bad: str, message: str) -> None:
    assert good in GOOD
    assert message in error_of(file, GOOD.replace(good, bad, 1))


BOMB = "".join(f", l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 100))  # 9 to the power of 99


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (f"{{l0: &l0 [x]{BOMB}}}", "the alias *l98 is not allowed here"),
        (
            "{a: &a [*a]}",
            "54:34: functions.sns_multiplier.filter.attributes: the alias *a is not allowed here: write out",
        ),
        ("&a {a: [*a]}", "54:34: functions.sns_multiplier.filter.attributes: the alias *a is not allowed here"),
        ("{a: &b [c], *b : d}", "the alias *b is not allowed here"),
        ("{a: {a: &a [b]}, <<: *a}", "the alias *a is not allowed here"),
    ],
)
def test_an_alias_in_a_value_of_any_type_is_refused(file: Path, policy: str, message: str) -> None:
    """Also one that expands to more values than any program can read."""
    assert message in error_of(file, GOOD.replace("memory: 256\n", f"filter: {{attributes: {policy}}}\n", 1))


@pytest.mark.parametrize(
    ("policy", "column", "message"),
    [
        ("{a: [b], c: [d], a: [e]}", 43, "'a' is set twice"),
        ("{a: [{prefix: b, 'prefix': c}]}", 43, "'prefix' is set twice"),
        ("{? [a] : [b]}", 29, "must be a plain name before the colon, not a list"),
        ("{<<: {a: [b]}}", 27, "must be a plain name before the colon, not '<<'"),
        ("{a: !!python/object:os.x {}}", 30, "the tag !!python/object:os.x is not allowed here"),
        ("{a: !!str [b]}", 30, "the tag !!str is not allowed here"),
        ("{a: [!mine b]}", 31, "the tag !mine is not allowed here"),
        ("{a: [!!python/name:os.system '']}", 31, "the tag !!python/name:os.system is not allowed here"),
        ("{a: [9999-99-99]}", 31, "must be text in quotes, a plain number, true, false or null, not '9999-99-99'"),
        ("{a: [!!int x]}", 31, "must be text in quotes, a plain number, true, false or null, not 'x'"),
    ],
)
def test_a_mistake_inside_a_value_of_any_type_has_its_own_position(
    file: Path, policy: str, column: int, message: str
) -> None:
    place = f"54:{column}: functions.sns_multiplier.filter.attributes: {message}"
    assert place in error_of(file, GOOD.replace("memory: 256\n", f"filter: {{attributes: {policy}}}\n", 1))


@pytest.mark.parametrize("text", ["'007'", '"08"', "'0o17'", "0day"])
def test_a_text_may_begin_with_a_zero(file: Path, text: str) -> None:
    file.write_text(GOOD.replace("stack: awsadvent", f"stack: {text}"), encoding="utf-8")
    assert config_file.load(file).stack == text.strip("'\"")
    assert "not '08'; put it in quotes, because YAML " in error_of(file, GOOD.replace("stack: awsadvent", "stack: 08"))


LIKE_A_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


@given(st.text("0123456789.:-_+eExXobyYnNtTrRuUfFaAlLsSiI~ ", min_size=1, max_size=8))
@example("no").via("false in YAML 1.1")
@example("010").via("8")
@example("1:30").via("90")
@example("1_000").via("1000")
@example("1.50").via("1.5")
@example("1e3").via("text, but a number in YAML 1.2")
@example("2026-01-01").via("a date")
def test_a_value_without_a_type_is_what_it_looks_like_or_refused(text: str) -> None:
    """A filter, which goes to SNS as JSON, has numbers and words as they were written; also in the place of a name."""
    for written in (f"[{text}]", f"{{{text}: [a]}}"):
        content = GOOD.replace("memory: 256\n", f"filter: {{attributes: {{a: {written}}}}}\n", 1)
        with suppress(ConfigError), TemporaryDirectory() as folder:
            file = Path(folder, "config.yaml")
            file.write_text(content, encoding="utf-8")
            (found, *_) = read(file, Settings).value.functions["sns_multiplier"].filter["attributes"]["a"] or [{}]
            if isinstance(found, str):
                assert found == text.strip()
                assert not LIKE_A_NUMBER.fullmatch(found)
                assert found.lower() not in ("true", "false", "yes", "no", "on", "off", "null", "~")
            elif not isinstance(found, dict):
                assert json.dumps(found) == text.strip() or (found is None and text.strip() == "~")


def test_too_deep_nesting_is_an_error(file: Path) -> None:
    deep = f"filter: {{body: {{a: {'[' * 3000}{']' * 3000}}}}}\n"
    assert error_of(file, GOOD.replace("memory: 256\n", deep, 1)) == f"{file}: lists or groups are nested too deeply"


def test_aliases_elsewhere_are_resolved_up_to_a_limit(file: Path) -> None:
    one = "  one: {handler: app.handler, subscribes: awsadvent, environment: &e {AA: b}, filter: {body: &f {a: [b]}}}\n"
    two = "  two: {handler: app.handler, subscribes: awsadvent, environment: *e, filter: {body: *f}}\n"
    file.write_text(GOOD.replace("functions:\n", f"functions:\n{one}{two}", 1))
    functions = config_file.load(file).functions
    assert functions["one"].environment == functions["two"].environment == {"AA": "b"}
    assert functions["one"].filter == functions["two"].filter == {"body": {"a": ["b"]}}
    assert "topics.1: must be a name of 1 to 256 characters (letters, digits, _ and -), not a list" in error_of(
        file, GOOD.replace("[awsadvent]", "&a [awsadvent, *a]", 1)
    )
    assert "loop: unknown setting 'loop'" in error_of(file, GOOD.replace("functions:\n", "functions: &f\n  loop: *f\n"))
    many = ", ".join(f"V{n}: x" for n in range(1000))
    lines = [f"  f{n}: {{handler: app.handler, environment: {'*e' if n else f'&e {{{many}}}'}}}\n" for n in range(1000)]
    assert "too many values: the limit is" in error_of(
        file, GOOD.replace("functions:\n", f"functions:\n{''.join(lines)}")
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "3", "a: b\n---\nc: d", "\x00", "? [a]\n: b", "{a"])
def test_a_file_of_another_kind(file: Path, text: str) -> None:
    assert str(file) in error_of(file, text)


def test_an_unreadable_file(tmp_path: Path) -> None:
    for path, why in [(tmp_path / "none.yaml", "No such file"), (tmp_path, "directory")]:
        with pytest.raises(ConfigError, match=why):
            config_file.load(path)
    (tmp_path / "latin").write_bytes(b"stack: caf\xe9")
    with pytest.raises(ConfigError, match="not valid YAML"):
        config_file.load(tmp_path / "latin")


def test_a_syntax_error_in_a_handler_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    for name in ("app", "sns_multiplier", "sns_logger"):
        (tmp_path / "handlers" / f"{name}.py").write_text("def handler(event, context):\n    return (\n")
    assert "handlers/app.py:2: not valid Python" in error_of(tmp_path / "config.yaml", GOOD)


def test_functions_can_be_removed_and_added(file: Path) -> None:
    without = GOOD[: GOOD.index("  sns_logger:")]
    more = without + "  fourth:\n    handler: sns_logger.handler\n    role: fourth\n    subscribes: awsadvent\n"
    file.write_text(without, encoding="utf-8")
    assert list(config_file.load(file).functions) == ["aws_advent", "sns_multiplier"]
    file.write_text(more, encoding="utf-8")
    assert list(config_file.load(file).functions) == ["aws_advent", "sns_multiplier", "fourth"]


LINES = GOOD.splitlines(keepends=True)
NASTY = [
    *(
        "!!int x",
        "!!timestamp 2020-99-99",
        "2020-99-99",
        "0x",
        "*a",
        "&a [*a]",
        "!!binary x",
        "!!python/name:os.system",
    ),
    *("1e999", "-", "? ", ": ", "{", "}", "[", "'", '"', "<<: 3", "\t", "%", "@", "!", "1_0", "~", "yes", "=", "0o8"),
    "9" * 5000,
]
DAMAGE = st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, 40), st.sampled_from(NASTY) | st.text(max_size=8))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DAMAGE, min_size=1, max_size=3))
@example([(3, 7, "9" * 5000)])
def test_a_damaged_file_loads_or_is_an_error(file: Path, damages: list[tuple[int, int, str]]) -> None:
    lines = list(LINES)
    for line, column, text in damages:
        lines[line] = lines[line][:column] + text + lines[line][column:]
    file.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigError):
        config_file.load(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_an_error(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        config_file.load(file)


CHAIN = """
stack: chain
table: {name: ttt, key: k}
topics: [a, b, c]
api: {name: api}
functions:
  one: {handler: app.handler, subscribes: a, publishes: [b]}
  two: {handler: app.handler, subscribes: [b], publishes: [c]}
  three: {handler: app.handler, subscribes: c, publishes: %s}
"""


def test_a_cycle_of_topics_is_refused_unless_allowed(file: Path) -> None:
    cycle = error_of(file, CHAIN % "a")
    assert "a cycle (" in cycle
    for step in ("a -> one", "b -> two", "c -> three"):
        assert step in cycle
    file.write_text(CHAIN % "a" + "allow_cycle: true\n")
    assert config_file.load(file).allow_cycle
    file.write_text(CHAIN % "[]")
    loaded = config_file.load(file)
    assert loaded.functions["one"].role == "one_lambda"
    assert (loaded.dead_letters, loaded.functions["two"].subscribes) == ("chain-dlq", ["b"])


def test_the_prefix_precedes_every_name(file: Path) -> None:
    file.write_text(CHAIN % "[]" + "prefix: my-\n")
    loaded = config_file.load(file)
    assert (loaded.table.name, loaded.topics, loaded.api.name) == ("my-ttt", ["my-a", "my-b", "my-c"], "my-api")
    assert (list(loaded.functions), loaded.dead_letters) == (["my-one", "my-two", "my-three"], "my-dlq")
    assert loaded.functions["my-one"].role == "my-one_lambda"
    assert (loaded.functions["my-two"].publishes, loaded.functions["my-two"].subscribes) == (["my-c"], ["my-b"])
    another = config_file.load(file, "other")
    assert (another.stack, another.prefix, another.topics[0]) == ("other", "other-", "other-a")
    assert config_file.load(file, "chain").prefix == "my-"
