"""config.yaml: whatever is wrong with it is told with its place, and nothing is ever a traceback."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advent_cli.config import config_file
from advent_cli.errors import USAGE, ConfigError
from tests.support.stacks import ROOT

GOOD = (ROOT / "config.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "handlers").symlink_to(ROOT / "handlers")
    return tmp_path / "config.yaml"


def problem(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config_file.load(file)
    assert caught.value.exit_code == USAGE
    return str(caught.value)


def test_the_tutorials_own_is_the_article(file: Path) -> None:
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


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        (
            "    memory: 256 ",
            "    memori: 256 ",
            "47:5: functions.aws_advent.memori: found an unknown setting; allowed is memory (perhaps meant)",
        ),
        ("memory: 256", "memory: big", "47:13: functions.aws_advent.memory: found 'big'; allowed is a whole number"),
        (
            "region: ",
            "permissions_boundary: arn:aws:iam::1234:role/limit\nregion: ",
            "6:23: permissions_boundary: found 'arn:aws:iam::1234:role/limit'; allowed is the ARN of a managed policy",
        ),
        ("memory: 256", "memory: 64", "found '64'; allowed is a whole number of megabytes from 128 to 10240"),
        ("memory: 256", "memory: true", "found 'true'; allowed is a whole number"),
        ("log_retention_days: 14", "log_retention_days: 15", "found '15'; allowed is one of 1, 3, 5, 7, 14, 30"),
        (
            "stack: awsadvent",
            "stack: no",
            "found 'no'; allowed is a name of 1 to 64 characters: letters, digits, _ "
            "and - (in quotes, or YAML takes it for something else)",
        ),
        ("stack: awsadvent", "#", "stack: found nothing (it is missing)"),
        ("stack: awsadvent", "stack:", "stack: found nothing; allowed is a name"),
        ("name: table", "name: t!", "15:9: table.name: found 't!'; allowed is a name of 3 to 255 characters"),
        ("name: table", 'name: "table\\n"', "table.name: found 'table\\n'; allowed is"),
        ("name: table", f"name: {'t' * 256}", "allowed is a name of 3 to 255 characters"),
        ("name: table", "name: [table]", "found a list"),
        ("name: table", "name: table\n  name: other", "16:3: table.name: found the same setting a second time"),
        ("role: sns_logger_lambda", f"role: {'r' * 65}", "allowed is a name of 1 to 64 characters"),
        ("role: sns_logger_lambda", "role: sns_multiplier_lambda_dynamo", "the role of sns_multiplier too"),
        ("target: local", "target: cloud", "found 'cloud'; allowed is one of local, aws"),
        (
            "subscribes: awsadvent",
            "subscribes: nope",
            "53:17: functions.sns_multiplier.subscribes: found the topic 'nope'; allowed is one of awsadvent",
        ),
        (
            "subscribes: awsadvent",
            "subscribes: [awsadvent, nope]",
            "53:29: functions.sns_multiplier.subscribes.1: found",
        ),
        ("topics: [awsadvent]", "topics: []", "allowed is a topic, but none is listed under topics"),
        ("topics: [awsadvent]", "topics: [awsadvent, awsadvent]", "19:21: topics.1: found 'awsadvent', a second time"),
        ("topics: [awsadvent]", "topics: {a: b}", "topics: found a group of settings; allowed is a name"),
        ("publishes: awsadvent", "publishes: [awsadvent, awsadvent]", "'AWSADVENT', which is there already"),
        ("reads_secrets: slack-secret", "reads_secrets: [a-b, a_b]", "'A_B', which is there already; allowed is each"),
        ("reads_secrets: slack-secret", "reads_secrets: [1a]", "allowed is letters, digits, _ and -, a letter first"),
        ("routes: POST /aws_advent", "routes: 'GET /a/{x'", "allowed is METHOD /PATH"),
        ("functions:\n", f"functions:\n  {'n' * 58}: {{handler: app.handler}}\n", "a role of at most 64"),
        ("routes: POST /aws_advent", "routes: SEND /x", "found 'SEND /x'; allowed is METHOD /PATH, as in POST"),
        ("routes: POST /aws_advent", "routes: POST aws_advent", "allowed is METHOD /PATH, as in POST /aws_advent"),
        ("subscribes: awsadvent\n", "routes: POST /aws_advent\n", "'POST /aws_advent', which another function has too"),
        ("subscribes: awsadvent\n", "filter: {attributes: {a: [b]}}\n", "a filter without subscribes"),
        ("memory: 256\n", "filter: {attributes: {a: b}}\n", "as in {event: [hired, moved]}"),
        ("memory: 256\n", "filter: {attributes: {a: {b: [c]}}}\n", "as in {event: [hired, moved]}"),
        ("memory: 256\n", "filter: {attributes: {a: [b]}, body: {a: [b]}}\n", "both attributes and body"),
        ("memory: 256\n", "filter: {other: {a: [b]}}\n", "the name 'other'; allowed is attributes or body"),
        ("memory: 256\n", "filter: {body: {a: [2026-01-01]}}\n", "as in {event: [hired, moved]}"),
        ("memory: 256\n", "filter: {body: {2026-01-01: [a]}}\n", "as in {event: [hired, moved]}"),
        (
            "memory: 256\n",
            f"filter: {{body: {{a: [{'x' * 2**18}]}}}}\n",
            "262155 bytes of JSON; allowed is at most 262144, as",
        ),
        (
            "memory: 256\n",
            f"filter: {{attributes: {{a: [{'x,' * 51}], b: [1, 2, 3]}}}}\n",
            "54:26: functions.sns_multiplier.filter.attributes: found 153 combinations of values; allowed is at most",
        ),
        ("memory: 256\n", f"filter: {{body: {{a: [1{':59' * 400_000}]}}}}\n", "found '1:59:59:59"),
        (
            "memory: 256\n",
            f"filter: {{body: {'{a: ' * 60}[b]{'}' * 60}}}\n",
            "found more than 50 levels; allowed is at",
        ),
        ("memory: 256\n", "concurrency: -1\n", "found '-1'; allowed is a whole number of functions at once"),
        ("memory: 256\n", "reads_secrets: [a b]\n", "functions.sns_multiplier.reads_secrets.0: found 'a b'"),
        ("stack: awsadvent", "stack: awsadvent\nprefix: 1x", "prefix: found '1x'; allowed is at most 30 letters"),
        ("memory: 256\n", "timeout: 1\n", "functions.sns_multiplier.timeout: found the same setting a second time"),
        (
            "    timeout: 30",
            "    publishes: awsadvent",
            "a cycle (sns_multiplier publishes, awsadvent -> sns_multiplier); allowed is what ends somewhere, or",
        ),
        (
            "app.handler",
            "nope.handler",
            "41:14: functions.aws_advent.handler: found 'nope.handler'; allowed is a handler whose file exists",
        ),
        ("app.handler", "folder/app.handler", "found 'folder/app.handler'; allowed is a handler whose file exists"),
        (
            "  sns_logger:",
            "  snslogger:",
            "functions.snslogger.handler: found 'snslogger.handler'; allowed is a handler",
        ),
        ("app.handler", "app.handel", "found no function 'handel' in"),
        ("app.handler", "../app.handler", "allowed is FILE.FUNCTION, as in app.handler, or FOLDER/FILE.FUNCTION"),
        ('MULTIPLIER: "10"', "MULTIPLIER: 10", "found '10'; allowed is text without control characters (in quotes"),
        ("MULTIPLIER", "AWS_REGION", "a name that Lambda keeps for itself"),
        ("MULTIPLIER", "SNS_TOPIC_ARN", "a variable that advent sets itself"),
        ("MULTIPLIER", "M-1", "the name 'M-1'"),
        ('"10"', '"' + "x" * 4096 + '"', "4106 bytes; allowed is at most 2500"),
        ("  sns_logger:", "  sns logger:", "the name 'sns logger'"),
        ("functions:", "functions: 3\nrest:", "found an unknown setting"),
        ("region:", "region: Paris", "a region of AWS, as in eu-west-1"),
        ("table:\n", "<<: &x {a: b}\ntable:\n", "14:1: <<: found an unknown setting"),
        ("stack:", "\tstack:", "4:1: not YAML"),
        ("stack: awsadvent", "stack: *nobody", "4:8: not YAML"),
    ],
)
def test_a_mistake_is_told_with_line_and_column_what_was_found_and_what_is_allowed(
    file: Path, good: str, bad: str, told: str
) -> None:
    assert good in GOOD
    assert told in problem(file, GOOD.replace(good, bad, 1))


BOMB = "".join(f", l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 100))  # 9 to the power of 99


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        (f"{{l0: &l0 [x]{BOMB}}}", "found the alias *l98"),
        ("{a: &a [*a]}", "54:34: functions.sns_multiplier.filter.attributes: found the alias *a; allowed is the value"),
        ("&a {a: [*a]}", "54:34: functions.sns_multiplier.filter.attributes: found the alias *a"),
        ("{a: &b [c], *b : d}", "found the alias *b"),
        ("{a: {a: &a [b]}, <<: *a}", "found the alias *a"),
    ],
)
def test_an_alias_in_a_value_of_any_type_is_refused(file: Path, policy: str, found: str) -> None:
    """However much it would mean: this would not end if it were looked into."""
    assert found in problem(file, GOOD.replace("memory: 256\n", f"filter: {{attributes: {policy}}}\n", 1))


@pytest.mark.parametrize(
    ("policy", "column", "told"),
    [
        ("{a: [b], c: [d], a: [e]}", 43, "found 'a' a second time; allowed is each name once"),
        ("{a: [{prefix: b, 'prefix': c}]}", 43, "found 'prefix' a second time"),
        ("{? [a] : [b]}", 29, "found a list; allowed is a plain name before the colon"),
        ("{<<: {a: [b]}}", 27, "found '<<'; allowed is a plain name before the colon"),
        ("{a: !!python/object:os.x {}}", 30, "found a group of settings with the tag !!python/object:os.x; allowed"),
        ("{a: !!str [b]}", 30, "found a list with the tag !!str; allowed is a list without a tag"),
        ("{a: [!mine b]}", 31, "found the tag !mine; allowed is a value without a tag"),
        ("{a: [!!python/name:os.system '']}", 31, "found the tag !!python/name:os.system"),
        ("{a: [9999-99-99]}", 31, "found '9999-99-99'; allowed is text (in quotes)"),
        ("{a: [!!int x]}", 31, "found 'x'; allowed is text (in quotes)"),
    ],
)
def test_a_mistake_inside_a_value_of_any_type_is_told_where_it_is(
    file: Path, policy: str, column: int, told: str
) -> None:
    place = f"54:{column}: functions.sns_multiplier.filter.attributes: {told}"
    assert place in problem(file, GOOD.replace("memory: 256\n", f"filter: {{attributes: {policy}}}\n", 1))


def test_what_is_nested_too_deeply_is_told_in_words(file: Path) -> None:
    deep = f"filter: {{body: {{a: {'[' * 3000}{']' * 3000}}}}}\n"
    assert problem(file, GOOD.replace("memory: 256\n", deep, 1)) == f"{file}: lists or groups are nested too deeply"


def test_aliases_elsewhere_mean_what_they_say_within_bounds(file: Path) -> None:
    one = "  one: {handler: app.handler, subscribes: awsadvent, environment: &e {AA: b}, filter: {body: &f {a: [b]}}}\n"
    two = "  two: {handler: app.handler, subscribes: awsadvent, environment: *e, filter: {body: *f}}\n"
    file.write_text(GOOD.replace("functions:\n", f"functions:\n{one}{two}", 1))
    functions = config_file.load(file).functions
    assert functions["one"].environment == functions["two"].environment == {"AA": "b"}
    assert functions["one"].filter == functions["two"].filter == {"body": {"a": ["b"]}}
    assert "topics.1: found a list" in problem(file, GOOD.replace("[awsadvent]", "&a [awsadvent, *a]", 1))
    assert "loop.loop: found an unknown" in problem(file, GOOD.replace("functions:\n", "functions: &f\n  loop: *f\n"))
    many = ", ".join(f"V{n}: x" for n in range(1000))
    lines = [f"  f{n}: {{handler: app.handler, environment: {'*e' if n else f'&e {{{many}}}'}}}\n" for n in range(1000)]
    assert "too many values; allowed is" in problem(file, GOOD.replace("functions:\n", f"functions:\n{''.join(lines)}"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "3", "a: b\n---\nc: d", "\x00", "? [a]\n: b", "{a"])
def test_a_file_that_is_no_config_at_all(file: Path, text: str) -> None:
    assert str(file) in problem(file, text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in [(tmp_path / "none.yaml", "No such file"), (tmp_path, "directory")]:
        with pytest.raises(ConfigError, match=why):
            config_file.load(path)
    (tmp_path / "latin").write_bytes(b"stack: caf\xe9")
    with pytest.raises(ConfigError, match="not YAML"):
        config_file.load(tmp_path / "latin")


def test_a_handler_that_is_no_python_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "handlers").mkdir()
    for name in ("app", "sns_multiplier", "sns_logger"):
        (tmp_path / "handlers" / f"{name}.py").write_text("def handler(event, context):\n    return (\n")
    assert "handlers/app.py:2: not Python" in problem(tmp_path / "config.yaml", GOOD)


def test_a_function_can_go_and_another_can_come(file: Path) -> None:
    without = GOOD[: GOOD.index("  sns_logger:")]
    more = without + "  fourth:\n    handler: sns_logger.handler\n    role: fourth\n    subscribes: awsadvent\n"
    file.write_text(without, encoding="utf-8")
    assert list(config_file.load(file).functions) == ["aws_advent", "sns_multiplier"]
    file.write_text(more, encoding="utf-8")
    assert list(config_file.load(file).functions) == ["aws_advent", "sns_multiplier", "fourth"]


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config_file.find("given.yaml") == Path("given.yaml")
    assert config_file.find(None).read_text(encoding="utf-8") == GOOD  # the tutorial's own
    Path("config.yaml").write_text("mine")
    assert config_file.find(None).read_text() == "mine"


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
def test_a_file_broken_anywhere_loads_or_is_told(file: Path, damages: list[tuple[int, int, str]]) -> None:
    lines = list(LINES)
    for line, column, text in damages:
        lines[line] = lines[line][:column] + text + lines[line][column:]
    file.write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigError):
        config_file.load(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_told(file: Path, content: bytes) -> None:
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


def test_a_circle_of_topics_is_refused_with_its_way_unless_it_is_allowed(file: Path) -> None:
    circle = problem(file, CHAIN % "a")
    assert "a cycle (" in circle
    for step in ("a -> one", "b -> two", "c -> three"):
        assert step in circle
    file.write_text(CHAIN % "a" + "allow_cycle: true\n")
    assert config_file.load(file).allow_cycle
    file.write_text(CHAIN % "[]")
    loaded = config_file.load(file)
    assert loaded.functions["one"].role == "one_lambda"
    assert (loaded.dead_letters, loaded.functions["two"].subscribes) == ("chain-dlq", ["b"])


def test_a_prefix_stands_before_every_name(file: Path) -> None:
    file.write_text(CHAIN % "[]" + "prefix: my-\n")
    loaded = config_file.load(file)
    assert (loaded.table.name, loaded.topics, loaded.api.name) == ("my-ttt", ["my-a", "my-b", "my-c"], "my-api")
    assert (list(loaded.functions), loaded.dead_letters) == (["my-one", "my-two", "my-three"], "my-dlq")
    assert loaded.functions["my-one"].role == "my-one_lambda"
    assert (loaded.functions["my-two"].publishes, loaded.functions["my-two"].subscribes) == (["my-c"], ["my-b"])
    another = config_file.load(file, "other")
    assert (another.stack, another.prefix, another.topics[0]) == ("other", "other-", "other-a")
    assert config_file.load(file, "chain").prefix == "my-"
