"""What `aws cloudformation package` and `deploy` do, for the stand-in of the AWS CLI: more than one call each.

They do what the reference of the AWS CLI says, and take no option that the tests do not use.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

Client = Callable[[str], Any]
Given = dict[str, list[str]]


def package(client: Client, given: Given, folder: Path) -> None:
    """Upload the folder of each function as a zip named by its hash, and write the template with its place there."""
    template = yaml_parse((folder / _one(given, "template-file")).read_text(encoding="utf-8"))
    bucket = _one(given, "s3-bucket")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            data = zipped(folder / resource["Properties"]["Code"])
            key = hashlib.md5(data, usedforsecurity=False).hexdigest()
            client("s3").put_object(Bucket=bucket, Key=key, Body=data)
            resource["Properties"]["Code"] = {"S3Bucket": bucket, "S3Key": key}
    (folder / _one(given, "output-template-file")).write_text(json.dumps(template), encoding="utf-8")
    assert not given, f"not known here: {given}"


def deploy(client: Client, given: Given, folder: Path) -> None:
    """Create a change set for a new stack, or for the stack that is there, and execute it."""
    cloudformation, stack = client("cloudformation"), _one(given, "stack-name")
    body = (folder / _one(given, "template-file")).read_text(encoding="utf-8")
    names = [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]]
    kind, done = ("UPDATE", "stack_update_complete") if stack in names else ("CREATE", "stack_create_complete")
    change = {"StackName": stack, "ChangeSetName": "deploy"}
    capabilities = given.pop("capabilities")
    _one(given, "s3-bucket")
    assert not given, f"not known here: {given}"
    cloudformation.create_change_set(**change, ChangeSetType=kind, TemplateBody=body, Capabilities=capabilities)
    cloudformation.get_waiter("change_set_create_complete").wait(**change, WaiterConfig={"Delay": 0.1})
    cloudformation.execute_change_set(**change)
    cloudformation.get_waiter(done).wait(StackName=stack, WaiterConfig={"Delay": 0.1})


def zipped(folder: Path) -> bytes:
    """The zip of a folder, as zipfile writes it: with each file's mode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(folder))
    return buffer.getvalue()


def _one(given: Given, option: str) -> str:
    (word,) = given.pop(option)
    return word


COMMANDS = {("cloudformation", "package"): package, ("cloudformation", "deploy"): deploy}
