"""The errors after a run: each names its resource, and what has one cause is said once."""

from advent_cli.aws.retry import AGAIN, GaveUpError
from advent_cli.deploy.causes import root_causes
from advent_cli.errors import AdventError, ForeignError, RefusedError, TargetError, UsesForeignError

ME = "User: arn:aws:iam::1:user/me is not authorized to perform:"


def denied(action: str, resource: str) -> AdventError:
    why = f"{ME} {action} on resource: {resource} because no identity-based policy allows the {action} action"
    return AdventError(f"access denied: {action.split(':')[1]}", why=why, hint="ask an administrator")


def whats(*errors: tuple[str, Exception]) -> list[str]:
    return [error.what if isinstance(error, AdventError) else repr(error) for error in root_causes(errors)]


def test_an_error_names_its_resource() -> None:
    (error,) = root_causes([("function/sns_logger", denied("lambda:CreateFunction", "arn:aws:lambda:::x"))])
    assert str(error).startswith(f"function sns_logger: access denied: CreateFunction: {ME}")
    assert isinstance(error, AdventError)
    assert error.hint == "ask an administrator"


def test_an_error_that_names_its_resource_stays_as_it_is() -> None:
    errors = [
        ("function/sns_logger", AdventError("Lambda could not set up sns_logger", why="the role")),
        ("table/words", ForeignError("table/words", "table words", "arn")),
        ("table/old", RefusedError("table old is no longer in config.yaml")),
    ]
    assert root_causes(errors) == [error for _, error in errors]
    assert whats(("table/words", GaveUpError("no swords", why="x"))) == ["table words: no swords"]


def test_what_only_the_resource_tells_apart_is_one_cause() -> None:
    names = ("one", "two", "three", "four")
    by_arn = [(f"role/{n}", denied("iam:DeleteRole", f"arn:aws:iam::1:role/advent/{n}")) for n in names]
    assert whats(*by_arn[:2]) == ["role one and role two: access denied: DeleteRole"]
    assert whats(*by_arn[:3]) == ["role one, role three and role two: access denied: DeleteRole"]
    assert whats(*by_arn) == ["4 resources: access denied: DeleteRole"]
    by_role = [(f"policy/{n}_writes", denied("iam:PutRolePolicy", f"role {n}_role")) for n in names[:2]]
    assert whats(*by_role) == ["policy one_writes and policy two_writes: access denied: PutRolePolicy"]


def test_what_differs_otherwise_is_another_cause() -> None:
    errors = [
        ("role/a", denied("iam:DeleteRole", "role a")),
        ("role/b", denied("iam:DetachRolePolicy", "role b")),
        ("queue/c", AdventError("AWS returned X for Y", why="too large")),
        ("queue/d", AdventError("AWS returned X for Y", why="too small")),
        ("queue/e", AdventError("AWS returned X for Y", why="too small", hint=AGAIN)),
    ]
    assert len(root_causes(errors)) == len(errors)


def test_an_unreachable_target_is_said_once_and_blames_no_resource() -> None:
    errors = [(f"table/{n}", TargetError("AWS cannot be reached", why="no route")) for n in "ab"]
    assert whats(*errors) == ["AWS cannot be reached"]


def test_what_only_needs_something_foreign_is_no_cause_and_a_bug_stays_a_bug() -> None:
    bug = ValueError("x")
    assert root_causes([("a/b", UsesForeignError("table t")), ("a/c", bug), ("a/d", ValueError("x"))]) == [bug]
