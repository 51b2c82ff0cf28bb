"""How to build the zip of a function by hand."""

from advent_cli.aws.calls import Line, Note, Run, Zip
from advent_cli.packaging import requirements
from advent_cli.packaging.bundle import REQUIREMENTS, Bundle, file_names


def zip_commands(bundle: Bundle, file: str) -> list[Line]:
    """The commands that build `file`: the same bytes as the bundle's, unless it contains installed packages.

    They work in any folder; `file` is written there.
    """
    folder = bundle.source.file.parent.absolute()
    if not bundle.source.is_folder or not (folder / REQUIREMENTS).is_file():
        return [Zip(file, str(folder), tuple(file_names(bundle.source)))]
    target = f"{file.removesuffix('.zip')}.code"
    install = requirements.command(folder / REQUIREMENTS, bundle.runtime, bundle.architecture, target)
    return [
        Note(f"the packages in {folder / REQUIREMENTS}, then the folder itself; the zip that `advent` builds has the"),
        Note("same files but other bytes, so `advent plan` will show one update of the code"),
        Run(tuple(install)),
        Run(("cp", "-R", f"{folder}/.", target)),
        Run(("python3", "-m", "zipfile", "-c", file, f"{target}/.")),
    ]
