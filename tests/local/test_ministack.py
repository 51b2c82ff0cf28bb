"""The names of MiniStack that advent_cli/local uses: private or undocumented, so a new version may change them.

If a test here fails after an update of MiniStack: see what advent_cli/local does with the name it reports, adapt that
to the new version, and then the tables here.
"""

import ast
import importlib
import importlib.util
import inspect
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from advent_cli.local import ministack, workers
from tests.support.stacks import ROOT

LOCAL = ROOT / "advent_cli" / "local"
VERSION = "1.5.33"
SIGNATURES = {  # without annotations; `=` is an optional parameter
    "ministack.app.app": "scope, receive, send",
    "ministack.core.iam_evaluator.AuthError": "code, message, details=",
    "ministack.core.iam_evaluator.ResolvedCredential": (
        "access_key_id, secret_access_key, account_id, principal_arn, principal_id, principal_type, principal_name=, "
        "session_token=, expiration=, source_access_key_id="
    ),
    "ministack.core.iam_evaluator._is_root_key": "access_key_id",
    "ministack.core.iam_evaluator.authenticate": "access_key_id, account_id",
    "ministack.core.iam_evaluator.enforce": (
        "access_key_id, iam_action, service, region, resource_arn=, service_context="
    ),
    "ministack.core.iam_evaluator.find_iam_access_key_account": "access_key_id",
    "ministack.core.iam_evaluator.is_root_access_key": "access_key_id",
    "ministack.core.iam_evaluator.pin_signed_body": "body",
    "ministack.core.iam_evaluator.pin_signed_request": "method, raw_path, query_params, raw_headers, handshake=",
    "ministack.core.iam_evaluator.resolve_credential": "access_key_id, account_id=, session_token=",
    "ministack.core.lambda_runtime.Worker": "func_name, config, code_zip",
    "ministack.core.lambda_runtime.execution_credentials": "config",
    "ministack.core.lambda_runtime.kill_workers": "workers",
    "ministack.core.responses._account_from_sts_session": "access_key_id",
    "ministack.core.responses.error_response_json": "code, message, status=, extra=, message_key=, content_type=",
    "ministack.core.responses.get_account_id": "",
    "ministack.core.router.extract_access_key_id": "headers, query_params=",
    "ministack.core.sigv4.HeaderSignature": (
        "access_key_id, date_stamp, region, service, signed_headers, signature, amz_date, region_set="
    ),
    "ministack.core.sigv4.parse_header_signature": "headers",
    "ministack.core.sigv4.parse_query_signature": "query_params",
    "ministack.services.lambda_svc._acquire_execution_slot": "func, config",
    "ministack.services.lambda_svc._execute_function_warm": "func, event, request_id",
    "ministack.services.lambda_svc.execution_credentials": "config",
    "ministack.services.lambda_svc.reap_idle_workers": "ttl=",
    "ministack.services.ssm._list_tags_for_resource": "data",
    "ministack.services.ssm._lookup_parameter": "name_or_arn, allow_arn_region=, flexible_name=",
    "ministack.services.sts.is_root_access_key": "access_key_id",
    "ministack.services.tagging._collect_ssm": "",
}
VALUES = {  # what is not called, by its type
    "ministack.core.lambda_runtime._lock": "lock",
    "ministack.core.lambda_runtime._workers": "dict",
    "ministack.core.lambda_runtime.zipfile": "module",
    "ministack.services.tagging._COLLECTORS": "dict",
}


def resolve(name: str) -> Any:
    """The object of this full name; None if there is none."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute, None)


def signature(function: Any) -> str:
    parameters = inspect.signature(function).parameters.values()
    stars: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return ", ".join(
        f"{stars.get(each.kind, '')}{each.name}{'' if each.default is inspect.Parameter.empty else '='}"
        for each in parameters
    )


def change(name: str, expected: str) -> str:
    """What has changed about a function, in a sentence that says what to do; empty if nothing has."""
    function, advice = resolve(name), "adapt what advent_cli/local does with it, then the table in this test"
    if function is None:
        return f"MiniStack {metadata.version('ministack')} no longer has {name}: {advice}"
    actual = signature(function)
    return "" if actual == expected else f"{name} now takes ({actual}) instead of ({expected}): {advice}"


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module, not a package
        return False


def used_names(file: Path) -> set[str]:
    """The full names of MiniStack's objects that a file uses, of those that it imports or reads from a module."""
    nodes, modules, names = list(ast.walk(ast.parse(file.read_text(encoding="utf-8")))), dict[str, str](), set[str]()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ministack":
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if is_module(name):
                    modules[alias.asname or alias.name] = name
                else:
                    names.add(name)
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            names.add(f"{modules[node.value.id]}.{node.attr}")
    return names


def test_the_version_is_the_pinned_one() -> None:
    assert f'"ministack=={VERSION}"' in (ROOT / "setup.py").read_text(encoding="utf-8")
    assert metadata.version("ministack") == VERSION


def test_the_tables_list_each_name_that_is_used() -> None:
    used = set[str]().union(*map(used_names, LOCAL.glob("*.py")))
    assert used == {*SIGNATURES, *VALUES}
    text = "".join(file.read_text(encoding="utf-8") for file in LOCAL.glob("*.py"))
    assert "import ministack\n" not in text  # only `from ministack... import`, which `used_names` knows


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_function_has_the_signature_that_advent_relies_on(name: str) -> None:
    problem = change(name, SIGNATURES[name])
    assert not problem, problem


@pytest.mark.parametrize("name", VALUES)
def test_each_value_has_the_type_that_advent_relies_on(name: str) -> None:
    assert type(resolve(name)).__name__ == VALUES[name]


def test_a_change_is_one_sentence_with_the_name() -> None:
    gone = change("ministack.core.router.no_such_name", "headers")
    assert gone.startswith(f"MiniStack {VERSION} no longer has ministack.core.router.no_such_name: adapt ")
    changed = change("ministack.core.router.extract_access_key_id", "headers")
    expected = "ministack.core.router.extract_access_key_id now takes (headers, query_params=) instead of (headers): "
    assert changed.startswith(expected)


def test_the_attributes_that_advent_reads_are_there() -> None:
    from ministack.core import iam_evaluator, lambda_runtime, persistence

    assert signature(iam_evaluator.CredentialResolutionError) == "code, message"
    worker = lambda_runtime.Worker("f", {}, b"")
    assert (worker.in_use, worker.last_used > 0, worker._proc) == (False, True, None)
    bounded = "self, first_line_wait=, idle_confirm=, hard_cap="
    methods = {"_read_stderr": "self", "_drain_stderr": "self", "_drain_stderr_bounded": bounded}
    assert {name: signature(getattr(lambda_runtime.Worker, name)) for name in methods} == methods
    assert persistence.logger.name == "persistence"  # server.py reads the errors of saving from it


def test_the_replacements_take_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """`adapt` is undone afterwards: it sets each of these names."""
    replaced = [
        "ministack.core.iam_evaluator._is_root_key",
        "ministack.core.iam_evaluator.enforce",
        "ministack.core.iam_evaluator.is_root_access_key",
        "ministack.core.lambda_runtime.execution_credentials",
        "ministack.services.lambda_svc._acquire_execution_slot",
        "ministack.services.lambda_svc._execute_function_warm",
        "ministack.services.lambda_svc.execution_credentials",
        "ministack.services.lambda_svc.reap_idle_workers",
        "ministack.services.ssm._list_tags_for_resource",
        "ministack.services.sts.is_root_access_key",
    ]
    originals = {name: resolve(name) for name in replaced}
    for name, original in {**originals, "ministack.core.lambda_runtime.zipfile": zipfile}.items():
        monkeypatch.setattr(name, original)  # so that it is restored
    monkeypatch.setenv("LAMBDA_ACCOUNT_CONCURRENCY", str(workers.MAX_WORKERS))
    ministack.adapt()
    for name, original in originals.items():
        assert resolve(name) is not original, name
        required = [p for p in inspect.signature(original).parameters.values() if p.default is inspect.Parameter.empty]
        inspect.signature(resolve(name)).bind(*required)
