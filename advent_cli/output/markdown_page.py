"""Pure: what `plan` shows as a comment on a pull request, in Markdown. The same plan gives the same comment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from advent_cli.aws.redaction import HIDDEN, NAMED_SECRET, PLACES
from advent_cli.deploy import place
from advent_cli.deploy.decide import Action, Difference, Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import AdventError, UsesForeignError
from advent_cli.output.advice import with_options
from advent_cli.output.groups import Group, groups
from advent_cli.output.labels import LOST, kind_and_name, setting
from advent_cli.output.markdown import code, fitting, plain
from advent_cli.output.plan_page import Files, totals
from advent_cli.output.problem_lines import Present

MARK = "<!-- advent plan -->"
"""The first line, by which a workflow finds the comment again."""
WORDS = {
    Action.CREATE: "`+`&nbsp;create",
    Action.UPDATE: "`~`&nbsp;update",
    Action.DELETE: "`-`&nbsp;delete",
    Action.BLOCKED: "`!`&nbsp;blocked",
}
# A comment has at most 65,536 characters: the rest is for the headings.
ROOM_FOR_DATA, ROOM_FOR_ROWS, ROOM_FOR_NOTES, ROOM_FOR_ERRORS = 15_000, 40_000, 5_000, 20_000
ROOM_IN_A_CELL = 10_000
MADE_OF = 1000  # characters of what a group is made of


@dataclass(frozen=True)
class PlanComment:
    """Makes the comment; `present` makes an error presentable, and `every_resource` unfolds whole groups."""

    files: Files
    present: Present
    advice: str
    every_resource: bool = False

    def of(self, inspection: Inspection, steps: Sequence[Step]) -> str:
        """The comment: what will be lost, the totals, a row for each group that changes, the notes."""
        stack = inspection.stack.aws
        parts = [f"{MARK}\n### advent plan: {code(stack.stack)} on {code(place.target(stack))}"]
        if lost := [*_lost(steps)]:
            shown = fitting(lost, ROOM_FOR_DATA, "> - and {} more")
            loss = f"> [!CAUTION]\n> **Data will be lost for good:** {self._command('up --yes')} deletes"
            parts.append("\n".join([loss, *shown]))
        parts.append(f"**{totals(steps)}**")
        changing = [group for group in groups(steps) if any(step.action is not Action.NOTHING for step in group.steps)]
        if changing:
            more = f"| | and {{}} more, which do not fit in a comment | {self._command('plan')} shows them |"
            rows = fitting(map(self._row, changing), ROOM_FOR_ROWS, more)
            parts.append("\n".join(["| | group | change |", "|---|---|---|", *rows]))
        if notes := [f"- {code(with_options(note, self.advice), 1000)}" for note in inspection.plan_notes]:
            parts.append("\n".join(fitting(notes, ROOM_FOR_NOTES, "- and {} more")))
        return "\n\n".join(parts)

    def _command(self, words: str) -> str:
        """A command with the global options of this run."""
        return code(f"{self.advice} {words}", 1000)

    def _row(self, group: Group) -> str:
        made_of = group.subject(MADE_OF).removeprefix(group.name).removeprefix(" · ") if group.is_whole else ""
        waiting = [step for step in group.steps if isinstance(step.seen, UsesForeignError)]
        lines = [plain(made_of)] if made_of and not self.every_resource else []
        if self.every_resource or not group.is_whole:
            others = [step for step in group.steps if step.action is not Action.NOTHING and step not in waiting]
            lines += [line for step in others for line in self._lines(step)]
        if waiting:
            titles = ", ".join(code(step.title) for step in waiting)
            lines.append(f"blocked: {titles}, because {code(str(waiting[0].seen))}")
        cell = "<br>".join(fitting(lines, ROOM_IN_A_CELL, "and {} more"))
        return f"| {_word(group)} | {plain(group.title)} {code(group.name)} | {cell} |"

    def _lines(self, step: Step) -> Iterator[str]:
        kind, name = kind_and_name(step.key)
        yield f"`{step.action.value}` {plain(kind)} {code(name)}"
        is_new = step.action is Action.CREATE and self.every_resource
        for key, value in (step.want or {}).items() if is_new else ():
            yield f"{code(key)}: {_value(key, value)}"
        for difference in step.differences:
            yield self._difference(step, difference)
        if isinstance(step.seen, AdventError):
            yield _error(self.present(step.seen))

    def _difference(self, step: Step, difference: Difference) -> str:
        if difference.setting == "code":  # the hashes would say nothing
            files = ", ".join(code(file) for file in self.files.get(step.key, ()))
            return f"code to upload: {files or 'changed'}"
        name, now, want = difference.setting, difference.now, difference.want
        if isinstance(now, list) and isinstance(want, list):  # as the statements of a policy: most of them are the same
            changes = [f"removes {_value(name, one)}" for one in now if one not in want]
            changes += [f"adds {_value(name, one)}" for one in want if one not in now]
            return f"{code(name)}: {'<br>'.join(changes) or 'another order'}"
        return f"{code(name)}: {_value(name, now)} → {_value(name, want)}"


def failed(errors: Iterable[AdventError]) -> str:
    """The comment of a plan that could not be made; without errors, it is a bug."""
    shown = fitting([f"- {_error(error)}" for error in errors], ROOM_FOR_ERRORS, "- and {} more")
    reasons = "\n".join(shown) or "This is a bug in advent. The log of the workflow says more."
    return f"{MARK}\n### advent plan failed\n\n**It is not known what `advent up` would do.**\n\n{reasons}"


def _lost(steps: Iterable[Step]) -> Iterator[str]:
    """A line of a list for each resource that is deleted with data in it."""
    for step in steps:
        kind, _ = kind_and_name(step.key)
        if step.action is Action.DELETE and kind in LOST:
            yield f"> - {code(step.title)}, and with it {LOST[kind][0]}"


def _word(group: Group) -> str:
    """What happens to a group: `change`, unless the same happens to all of it or it is only updated."""
    actions = {step.action for step in group.steps if not isinstance(step.seen, UsesForeignError)}
    changes = actions - {Action.NOTHING} or {Action.BLOCKED}
    return WORDS[changes.pop()] if len(actions) <= 1 or changes == {Action.UPDATE} else "change"


def _value(name: str, value: object) -> str:
    """A setting; of what is a secret by its name, only that it is one. The repository may be public."""
    last = name.rpartition(".")[2]
    is_secret = value is not None and NAMED_SECRET.search(last) and not PLACES.search(last)
    return code(HIDDEN if is_secret else setting(value))


def _error(error: AdventError) -> str:
    what = code(f"{error.what}: {error.why}" if error.why else error.what, 2000)
    return f"{what}; try {code(error.hint, 1000)}" if error.hint else what
