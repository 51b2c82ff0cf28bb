"""Pure: the README.md of an export, with the commands that deploy the app and move it. Its text is in guide.md."""

import re
from pathlib import Path
from string import Template as Text

from advent_cli.export.template import Template

MARK = re.compile("<!--.*-->\n")  # between the parts
SET = 'read -rs value && aws ssm put-parameter --name {} --type SecureString --overwrite --value "$value"'


def text(template: Template, advent: str) -> str:
    """The whole text; `advent` is the command with the global options that select the stack."""
    stack, config = template.stack, template.stack.config
    name = config.stack.replace("_", "-")
    always, secrets, slack, rest = MARK.split(Path(__file__).with_name("guide.md").read_text(encoding="utf-8"))
    has_slack = config.slack and config.post_routes
    parts = (always, secrets if stack.secrets else "", slack if has_slack else "", rest)
    return Text("".join(parts)).safe_substitute(
        advent=advent,
        app=config.stack,
        code=f"{config.runtime} on {config.architecture}",
        region=f"; advent used {config.region}" if config.region else "",
        secrets="\n".join(SET.format(secret.name) for secret in stack.secrets.values()),
        set_secrets='Set the secrets again; see "Secrets". ' if stack.secrets else "",
        stack=name if name[0].isalpha() else f"app{name}",  # the names of CloudFormation's stacks begin with a letter
        table=template.main[stack.table.key].logical_id,
    )
