"""The types of values in config.yaml: what each may be, and how an error says so."""

from typing import Annotated, Any, Literal

from msgspec import Meta


def _value(allowed: str, **limits: Any) -> Meta:
    """A value that is `allowed`, in words that follow "must be"; the limits are msgspec's, and say the same.

    Editors with the YAML language server show `errorMessage` in place of a pattern that does not match.
    """
    return Meta(extra={"allowed": allowed}, extra_json_schema={"errorMessage": f"must be {allowed}"}, **limits)


def _name(pattern: str, longest: int, words: str, shortest: int = 1) -> Meta:
    allowed = f"a name of {shortest} to {longest} characters ({words})"
    return _value(allowed, pattern=rf"^{pattern}+\Z", min_length=shortest, max_length=longest)


# The limits are those of each service's API reference (CreateTable, CreateTopic, CreateRole, CreateFunction ...).
Name = Annotated[str, _name(r"[A-Za-z0-9_-]", 64, "letters, digits, _ and -")]
SecretName = Annotated[
    str,
    _value(
        "a name of at most 64 letters, digits, _ and -, starting with a letter",
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*\Z",
        max_length=64,
    ),
]
TableName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .", shortest=3)]
TopicName = Annotated[str, _name(r"[A-Za-z0-9_-]", 256, "letters, digits, _ and -")]
QueueName = Annotated[str, _name(r"[A-Za-z0-9_-]", 80, "letters, digits, _ and -")]
ApiName = Annotated[str, _name(r"[A-Za-z0-9_-]", 128, "letters, digits, _ and -")]
KeyName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .")]
RoleName = Annotated[str, _name(r"[A-Za-z0-9_+=,.@-]", 64, "letters, digits and _ + = , . @ -")]
Handler = Annotated[
    str,
    _value(
        "FILE.FUNCTION, such as app.handler, or FOLDER/FILE.FUNCTION",
        pattern=r"^([A-Za-z0-9_-]+/)?[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*\Z",
        max_length=128,
    ),
]
RouteKey = Annotated[
    str,
    _value(
        "METHOD /PATH, such as POST /aws_advent or GET /orders/{id}",
        pattern=r"^(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /"
        r"(([A-Za-z0-9_.~-]+|\{[A-Za-z0-9_]+\})(/([A-Za-z0-9_.~-]+|\{[A-Za-z0-9_]+\}))*(/\{[A-Za-z0-9_]+\+\})?)?\Z",
        max_length=200,
    ),
]
Prefix = Annotated[
    str,
    _value(
        "at most 30 letters, digits, _ and -, starting with a letter",
        pattern=r"^([A-Za-z][A-Za-z0-9_-]*)?\Z",
        max_length=30,
    ),
]
Concurrency = Annotated[int, _value("a whole number of concurrent executions from 0 to 10000", ge=0, le=10000)]
Variable = Annotated[
    str,
    _value("a name of at least two letters, digits and _, starting with a letter", pattern=r"^[A-Za-z][A-Za-z0-9_]+\Z"),
]
Runtime = Annotated[str, _value("a Python runtime of Lambda, such as python3.13", pattern=r"^python3\.[0-9]{1,2}\Z")]
Region = Annotated[str, _value("an AWS region, such as eu-west-1", pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}\Z")]
PolicyArn = Annotated[
    str,
    _value(
        "the ARN of a managed policy, such as arn:aws:iam::123456789012:policy/advent-boundary",
        pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}\Z",
        max_length=2048,
    ),
]
RoleNameOrArn = Annotated[
    str,
    _value(
        "the name of a role, such as LabRole, or its ARN, such as arn:aws:iam::123456789012:role/LabRole",
        pattern=r"^(arn:aws[a-z-]*:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]+/)*)?[A-Za-z0-9_+=,.@-]{1,64}\Z",
        max_length=2048,
    ),
]
Memory = Annotated[int, _value("a whole number of megabytes from 128 to 10240", ge=128, le=10240)]
Timeout = Annotated[int, _value("a whole number of seconds from 1 to 900", ge=1, le=900)]
Rate = Annotated[int, _value("a whole number from 1 to 5000", ge=1, le=5000)]
CONTROL = r"\x00-\x1f\x7f-\x9f"  # control characters, which a terminal would obey
Word = Annotated[
    str,
    _value(
        "one word of at most 100 characters without spaces or control characters",
        pattern=rf"^[^\s{CONTROL}]+\Z",
        max_length=100,
    ),
]
Line = Annotated[str, _value("one line of text without control characters", pattern=rf"^[^{CONTROL}]*\Z")]
Value = Annotated[
    str,
    _value("text without control characters", pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0\ufdd1]*\Z"),
]
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
Scope = Annotated[str, _value("attributes or body", pattern=r"^(attributes|body)\Z")]
