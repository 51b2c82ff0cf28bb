"""Which stack a command acts on, and where: the words of the header and of each question."""

from pathlib import Path

from advent_cli.aws.account import Aws
from advent_cli.aws.custom_endpoints import in_words, only_endpoint
from advent_cli.deploy.inspection import CALLED
from advent_cli.stack.model import Stack


def target(aws: Aws) -> str:
    """Where the stack is, as in `the local engine, us-east-1` or `AWS account 123456789012, eu-west-1`."""
    if aws.endpoint:
        return f"the local engine, {aws.region}"
    account = f"account {aws.identity[0]}"
    if url := only_endpoint(aws, CALLED):
        return f"{account} at {url}, {aws.region}"
    elsewhere = in_words(aws, CALLED)
    return f"AWS {account}, {aws.region}" + (f", with {elsewhere}" if elsewhere else "")


def config_file(stack: Stack) -> str:
    """The path of config.yaml, from the current directory if it is in it."""
    try:
        file, here = stack.config.file.absolute(), Path.cwd()
    except FileNotFoundError:  # the current directory was deleted
        return str(stack.config.file)
    return f"./{file.relative_to(here)}" if file.is_relative_to(here) else str(file)


def in_question(stack: Stack) -> str:
    """The stack, its target and its file, as a question repeats them."""
    return f"stack {stack.aws.stack} of {config_file(stack)} on {target(stack.aws)}"
