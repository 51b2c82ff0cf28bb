"""MiniStack as advent runs it: its application, with some of its private functions replaced.

MiniStack has no settings for any of this. So setup.py pins its exact version, and tests/local/test_ministack.py lists
the names that this file, signatures.py and workers.py use, with their signatures.
"""

import secrets
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from advent_cli.local.asgi import App
from advent_cli.local.request_signatures import SIGNER, is_root_key
from advent_cli.local.worker_logs import keep_all_lines
from advent_cli.local.workers import end_idle_workers, limit_workers, log_failed_workers


def adapt() -> None:
    """Make all replacements; call it once, before the first request."""
    limit_workers()
    end_idle_workers()
    log_failed_workers()
    keep_all_lines()
    accept_one_root_key()
    salt_credentials()
    answer_for_parameters()
    keep_file_modes()


def application() -> App:
    """The ASGI application."""
    from ministack import app

    return app.app  # type: ignore[no-any-return]


def accept_one_root_key() -> None:
    """Make the key in the environment the only one of root, and check its signature like every other.

    MiniStack takes `test`, any twelve digits and a missing key for root, and does not check root's signature.
    """
    from ministack.core import iam_evaluator
    from ministack.services import sts

    original = iam_evaluator.enforce

    def enforce(access_key_id: str, iam_action: str, *args: Any, **more: Any) -> Any:
        """Allow anonymous calls of an API, as before, and nothing else without a checked signature."""
        if iam_action == "execute-api:Invoke" and not access_key_id:
            return None
        if access_key_id != SIGNER.get():  # not the key whose signature was checked
            return iam_evaluator.AuthError("UnrecognizedClientException", "The security token is invalid.")
        return original(access_key_id, iam_action, *args, **more)

    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root_key
    iam_evaluator._is_root_key = lambda _: False  # MiniStack calls it only to skip the check of a signature
    iam_evaluator.enforce = enforce


def salt_credentials() -> None:
    """Give functions credentials that nobody can compute: MiniStack derives them from ARNs, which are not secret."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    salt, original = secrets.token_hex(), lambda_runtime.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        credentials: dict[str, str] = original({**config, "FunctionArn": f"{config['FunctionArn']}:{salt}"})
        return credentials

    # Two modules hold a reference to it.
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials


def answer_for_parameters() -> None:
    """Answer for the tags of parameters as AWS does: InvalidResourceId if one does not exist, and in GetResources.

    MiniStack answers that it has no tags, and does not return parameters.
    """
    from ministack.core.responses import error_response_json
    from ministack.services import ssm, tagging

    original = ssm._list_tags_for_resource

    def list_tags_for_resource(data: dict[str, Any]) -> Any:
        _, parameter = ssm._lookup_parameter(data.get("ResourceId", ""), flexible_name=True)
        if data.get("ResourceType") == "Parameter" and not parameter:
            return error_response_json("InvalidResourceId", "The resource ID is not valid.", 400)
        return original(data)

    ssm._list_tags_for_resource = list_tags_for_resource
    tagging._COLLECTORS["ssm"] = tagging._collect_ssm


def keep_file_modes() -> None:
    """Unpack the code of a function with the modes of its files, as Lambda does: a program can be run."""
    from ministack.core import lambda_runtime

    class WithModes(zipfile.ZipFile):
        def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
            super().extractall(path, members, pwd)
            for entry in self.infolist():
                if mode := entry.external_attr >> 16 & 0o777:
                    Path(path or ".", entry.filename).chmod(mode)

    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": WithModes})
