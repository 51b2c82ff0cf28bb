"""How a person makes the zip of a function by hand."""

from advent_cli.aws.calls import Line, Note, Run, Zip
from advent_cli.packaging import requirements
from advent_cli.packaging.bundle import REQUIREMENTS, Bundle, names


def packing(bundle: Bundle, file: str) -> list[Line]:
    """Makes `file`: with the very bytes of the bundle, but where it has packages in it with others."""
    folder = bundle.source.file.parent
    if not bundle.source.is_folder or not (folder / REQUIREMENTS).is_file():
        return [Zip(file, str(folder), tuple(names(bundle.source)))]
    target = f"{file.removesuffix('.zip')}.code"
    install = requirements.command(folder / REQUIREMENTS, bundle.runtime, bundle.architecture, target)
    return [
        Note(f"the packages of {folder / REQUIREMENTS}, and above them the folder; `advent` packs the same files into"),
        Note("other bytes, and so `advent plan` will want to update the code once"),
        Run(tuple(install)),
        Run(("cp", "-R", f"{folder}/.", target)),
        Run(("python3", "-m", "zipfile", "-c", file, f"{target}/.")),
    ]
