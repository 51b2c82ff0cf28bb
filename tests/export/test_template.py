"""What `advent export` writes, judged by AWS's own tools and read without deploying it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.conftest import ADVENT
from tests.support import apps

SIMILAR = """
stack: 1_app
table: {name: a_b, key: word}
topics: [a-b, a_b, "1"]
api: {name: a_b}
functions:
  a-b:
    handler: sns_logger.handler
    subscribes: [a-b, "1"]
    environment: {TEXT: "${x} é\\n  - !Ref 'y'", N2: "12", N3: "1e3", N4: "08", N5: "y"}
  a_b:
    handler: sns_logger.handler
    routes: [GET /a, GET /A, "ANY /b/{a+}"]
    publishes: a_b
    concurrency: 0
    memory: 1024
"""
GIVEN_ROLE = apps.WITH_EVERYTHING.replace(f"permissions_boundary: {apps.LIMIT}", "execution_role: LabRole")
APPS = {**apps.APPS, "given role": GIVEN_ROLE.replace("    role: front-role\n", ""), "similar names": SIMILAR}
REGIONS = ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The template of each app."""
    files = {}
    for name, text in APPS.items():
        folder = tmp_path_factory.mktemp("app")
        apps.write(folder, name if name in apps.APPS else "tutorial")
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        subprocess.run([ADVENT, "export", "out"], cwd=folder, check=True, capture_output=True)
        files[name] = folder / "out" / "template.yaml"
    return files


def parsed(template: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    return found


def test_cfn_lint_reports_nothing(templates: dict[str, Path]) -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([cfn_lint, "--regions", *REGIONS, "--", *templates.values()], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("name", APPS)
def test_sam_accepts_it(name: str, templates: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # SAM asks boto3 for one
    translated = Translator({}, Parser()).translate(parsed(templates[name]), {})
    assert translated["Resources"].keys() == parsed(templates[name])["Resources"].keys()


def test_a_person_can_read_it(templates: dict[str, Path]) -> None:
    """In the order of the article, with a comment for each group, and no reference quoted that need not be."""
    text = templates["tutorial"].read_text(encoding="utf-8")
    assert re.findall(r"^  # (.*)", text, re.MULTILINE) == [
        "DynamoDB table table",
        "Lambda function aws_advent",
        "API Gateway aws_advent",
        "SNS topic awsadvent",
        "Lambda function sns_multiplier",
        "Lambda function sns_logger",
        "Dead-letter queue awsadvent-dlq",
    ]
    assert "          SNS_TOPIC_ARN: !Ref AwsadventTopic\n" in text
    assert "      FunctionName: !Ref SnsLoggerFunction\n" in text
    assert "      - Effect: Allow\n" in text, "policies are in place"
    assert re.findall(r"[0-9a-f]{8}|[&*]id\d|\d{12}|advent:", text) == []
    assert list(parsed(templates["tutorial"])["Parameters"]) == [
        "LogRetentionDays",
        "AwsAdventMemorySize",
        "ThrottlingRateLimit",
        "ThrottlingBurstLimit",
        "SnsMultiplierMemorySize",
        "SnsLoggerMemorySize",
    ]


def test_only_the_table_stays_when_the_stack_is_deleted(templates: dict[str, Path]) -> None:
    for template in templates.values():
        kept = [each for each in parsed(template)["Resources"].values() if "DeletionPolicy" in each]
        assert [(each["Type"], each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in kept] == [
            ("AWS::DynamoDB::Table", "Retain", "Retain")
        ]
        assert isinstance(kept[0]["Properties"]["TableName"], str)  # an import needs a literal name


def test_each_resource_comes_after_what_it_needs(templates: dict[str, Path]) -> None:
    found = parsed(templates["given role"])["Resources"]
    assert found["FullFrontFunction"]["DependsOn"] == "FullFrontLogGroup"  # no role of its own leads there
    assert found["GetWordsWordRoute"]["DependsOn"] == "PostWordsRoute"
    routes = parsed(templates["similar names"])["Resources"]
    assert routes["AnyBARoute"]["DependsOn"] == "GetARoute2", "which comes after the first"
    for logical_id, each in found.items():
        if each["Type"] == "AWS::SNS::Subscription":
            assert each["DependsOn"] == logical_id.replace("Subscription", "Permission")


def test_the_settings_that_the_engine_ignores_or_has_by_default_are_there(templates: dict[str, Path]) -> None:
    """The others are read back from the engine, in test_deployed.py."""

    def values(kind: str, name: str) -> list[Any]:
        found = parsed(templates["with everything"])["Resources"].values()
        return [each["Properties"].get(name) for each in found if each["Type"] == f"AWS::{kind}"]

    assert values("IAM::Role", "PermissionsBoundary") == [apps.LIMIT] * 3
    assert values("Lambda::Function", "ReservedConcurrentExecutions") == [5, None, None]
    assert values("Lambda::EventInvokeConfig", "MaximumRetryAttempts") == [2, 2]
    assert values("SNS::Topic", "DisplayName") == ["full-first", "full-second"]
    assert values("ApiGatewayV2::Integration", "PayloadFormatVersion") == ["2.0"]


def test_sam_build_leaves_the_code_as_it_is(templates: dict[str, Path]) -> None:
    """Its copy would lack *.so, whatever architecture they are for (EXCLUDED_FILES in aws_lambda_builders)."""
    functions = [each for each in parsed(templates["tutorial"])["Resources"].values() if "Function" in each["Type"]]
    assert [each["Metadata"] for each in functions] == [{"SkipBuild": True}] * 3


def test_ids_differ_where_names_are_alike_and_texts_stay_as_they_are(templates: dict[str, Path]) -> None:
    found = parsed(templates["similar names"])["Resources"]
    assert {"ABFunction", "ABFunction2", "ABTopic", "ABTopic2", "1Topic", "GetARoute", "GetARoute2"} <= found.keys()
    assert found["ABFunction2"]["Properties"]["ReservedConcurrentExecutions"] == 0
    parameters = parsed(templates["similar names"])["Parameters"]
    memory = [found[each]["Properties"]["MemorySize"]["Ref"] for each in ("ABFunction", "ABFunction2")]
    assert [parameters[each]["Default"] for each in memory] == [128, 1024]
    assert found["ABFunction"]["Properties"]["Environment"]["Variables"] == {
        "TEXT": "${x} é\n  - !Ref 'y'",
        "N2": "12",
        **{"N3": "1e3", "N4": "08", "N5": "y"},
    }
    text = templates["similar names"].read_text(encoding="utf-8")
    assert "N3: '1e3'\n          N4: '08'\n          N5: 'y'\n" in text, "other readers take them for other things"
    assert "--stack-name app1-app " in templates["similar names"].with_name("README.md").read_text(encoding="utf-8")
