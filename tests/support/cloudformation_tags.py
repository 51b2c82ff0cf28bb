"""A `meet` of the proxy in whose answers everything with the tag of advent has those of CloudFormation too.

CloudFormation puts `aws:cloudformation:stack-name`, `stack-id` and `logical-id` on what it creates ("CloudFormation
resource tagging" in its template reference) and on what it imports: the event of that resource is "Apply stack-level
tags to imported resource if applicable." Nobody else can set or remove a tag that begins with `aws:`, and the engine
does not put these on what it imports.
"""

import json
import re
from typing import Any

from tests.support.proxy import Handler

OURS, NAME = "advent:stack", "aws:cloudformation:stack-name"
IN_XML = re.compile(rf"(<member>\s*<Key>{OURS}</Key>\s*<Value>[^<]*</Value>\s*</member>)")


class CloudFormationTags:
    """Adds the tag with the name of this CloudFormation stack beside each tag of advent."""

    def __init__(self, stack: str) -> None:
        self.tag = {"Key": NAME, "Value": stack}
        self.added: set[str] = set()
        """The names of the calls whose answers it changed."""

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Pass the call on, and add the tag to its answer."""
        status, headers, content = handler.upstream(body)
        changed = self._tagged(content)
        if changed == content:
            return handler.answer(status, headers, content)
        self.added.add(name)
        return handler.answer(status, {k: v for k, v in headers.items() if k.lower() != "x-amz-crc32"}, changed)

    def _tagged(self, content: bytes) -> bytes:
        if OURS.encode() not in content:
            return content
        text = content.decode()
        if text.startswith("<"):
            member = f"<member><Key>{self.tag['Key']}</Key><Value>{self.tag['Value']}</Value></member>"
            return IN_XML.sub(rf"\1{member}", text).encode()
        document = json.loads(text)
        self._add(document)
        return json.dumps(document).encode()

    def _add(self, value: Any) -> None:
        if isinstance(value, list):
            for item in [*value]:
                self._add(item)
                if isinstance(item, dict) and item.get("Key") == OURS:
                    value.append(self.tag)
        elif isinstance(value, dict):
            for item in [*value.values()]:
                self._add(item)
            if OURS in value:
                value[self.tag["Key"]] = self.tag["Value"]
