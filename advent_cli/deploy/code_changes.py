"""Which files `up` would change in the code of functions, found by downloading what is deployed."""

import zipfile
from collections.abc import Iterable
from urllib.parse import urlsplit

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.decide import Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.packaging import zip_changes
from advent_cli.resources import aws_lambda
from advent_cli.resources.function import Function

TIMEOUT = 30  # seconds


def changed_files(inspection: Inspection, steps: Iterable[Step]) -> dict[str, list[str]]:
    """What changes in each function's files, as in `app.py (changed)`, by the key of its step.

    A function whose code cannot be downloaded is left out: the change itself is known without it.
    """
    different = [step.key for step in steps if any(one.setting == "code" for one in step.differences)]
    functions = [r for key in different if isinstance(r := inspection.stack.resources[key], Function)]
    with inspection.stack.aws.caching(inspection.answers):
        found = in_parallel(*[lambda f=f: _changes(inspection.stack.aws, f) for f in functions])
    return {f.key: each for f, each in zip(functions, found, strict=True) if each}


def _changes(aws: Aws, function: Function) -> list[str]:
    try:
        deployed = _download(aws, function.name)
        return zip_changes.changes(deployed, function.bundle.data) if deployed and function.bundle else []
    except zipfile.BadZipFile:
        return []
    except Exception as error:
        if explain(error) is None:
            raise
        return []


def _download(aws: Aws, name: str) -> bytes | None:
    """The zip of a deployed function, from the URL that GetFunction returns; that is signed for ten minutes on AWS."""
    answer = aws_lambda.get_function(aws, name)
    url = answer["Code"].get("Location") if answer else None
    if not url:
        return None
    headers = {}
    if aws.endpoint:  # the engine signs no URL, and answers only its owner
        url = f"{aws.endpoint.url}{urlsplit(url).path}"
        headers = aws.signed_headers("GET", url, "lambda")
    response = aws.http.request("GET", url, b"", headers, TIMEOUT)
    return response.content if response.status == 200 else None
