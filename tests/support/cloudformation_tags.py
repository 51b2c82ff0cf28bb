"""A `meet` of the proxy in whose answers everything with a certain tag has one of CloudFormation too.

CloudFormation puts `aws:cloudformation:stack-name`, `stack-id` and `logical-id` on what it creates ("CloudFormation
resource tagging" in its template reference) and on what it imports: the event of that resource is "Apply stack-level
tags to imported resource if applicable." Nobody else can set or remove a tag that begins with `aws:`, and the engine
does not put these on what it imports.
"""

import json
import re
from typing import Any

from tests.support.proxy import Handler

NAME = "aws:cloudformation:stack-name"


class CloudFormationTags:
    """Adds the tag with the name of this CloudFormation stack where there is a tag with the key `beside`."""

    def __init__(self, stack: str, beside: str = "advent:stack") -> None:
        self.tag, self.beside = {"Key": NAME, "Value": stack}, beside
        self.in_xml = re.compile(rf"(<member>\s*<Key>{beside}</Key>\s*<Value>[^<]*</Value>\s*</member>)")

    def meet(self, _: str, handler: Handler, body: bytes) -> None:
        """Pass the call on, and add the tag to its answer."""
        status, headers, content = handler.upstream(body)
        kept = {name: value for name, value in headers.items() if name.lower() != "x-amz-crc32"}
        handler.answer(status, kept, self._tagged(content))

    def _tagged(self, content: bytes) -> bytes:
        if self.beside.encode() not in content:
            return content
        text = content.decode()
        if text.startswith("<"):
            member = f"<member><Key>{self.tag['Key']}</Key><Value>{self.tag['Value']}</Value></member>"
            return self.in_xml.sub(rf"\1{member}", text).encode()
        document = json.loads(text)
        self._add(document)
        return json.dumps(document).encode()

    def _add(self, value: Any) -> None:
        if isinstance(value, list):
            for item in [*value]:
                self._add(item)
                if isinstance(item, dict) and item.get("Key") == self.beside:
                    value.append(self.tag)
        elif isinstance(value, dict):
            for item in [*value.values()]:
                self._add(item)
            if self.beside in value:
                value[self.tag["Key"]] = self.tag["Value"]
