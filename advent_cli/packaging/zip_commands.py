"""How to build the zip of a function by hand."""

import shlex

from advent_cli.aws.calls import Line, Note, Zip
from advent_cli.packaging import installation
from advent_cli.packaging.bundle import Bundle, file_names


def zip_commands(bundle: Bundle, file: str) -> list[Line]:
    """The commands that build `file`, with the same bytes as the bundle's.

    They work in any folder; `file` is written there.
    """
    source = bundle.source
    folder, names = str(source.file.parent.absolute()), tuple(file_names(source))
    if (packages := bundle.packages) is None:
        return [Zip(file, folder, names)]
    command = shlex.join(installation.command(bundle.requirements, bundle.runtime, bundle.architecture))
    return [
        Note("the packages, which advent installed before with this command, and then the folder itself:"),
        Note(f"{command} --target {packages} -r {shlex.quote(str(bundle.requirements.absolute()))}"),
        Zip(file, folder, names, str(packages)),
    ]
