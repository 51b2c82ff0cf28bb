"""A `meet` of the proxy that refuses policies which are too long for IAM; the engine takes any.

"IAM and AWS STS quotas": all inline policies of a user together may have 2,048 characters and a managed policy 6,144,
white space not counted. IAM's answer: danvk/mapsnap #483.
"""

import re
import urllib.parse

from tests.support.proxy import Handler, pass_on, refuse

LONGEST = {"iam:PutUserPolicy": ("user", 2048), "iam:CreatePolicy": ("policy", 6144)}


def meet(name: str, handler: Handler, body: bytes) -> None:
    """Pass a call on, unless it creates a policy that is too long."""
    if name in LONGEST:
        what, longest = LONGEST[name]
        given = {key: values[0] for key, values in urllib.parse.parse_qs(body.decode()).items()}
        if len(re.sub(r"\s", "", given["PolicyDocument"])) > longest:
            whose = f"{what} {given.get('UserName', given['PolicyName'])}"
            text = f"Maximum policy size of {longest} bytes exceeded for {whose}"
            return refuse(handler, 409, "LimitExceeded", text)
    return pass_on(handler, body)
