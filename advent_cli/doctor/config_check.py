"""Checks config.yaml: which file is used, and whether it is valid."""

from advent_cli.config import config_file, search
from advent_cli.config.config_file import Config
from advent_cli.doctor.findings import Finding, State
from advent_cli.doctor.subject import Subject


def load(subject: Subject) -> Config:
    """The checked settings; raises AdventError if the file or an option is wrong."""
    return config_file.load(search.find(subject.config), config_file.check_stack(subject.stack))


def valid(subject: Subject, settings: Config) -> Finding:
    """The finding for a valid config.yaml."""
    text = f"{search.find(subject.config)} is valid; stack {settings.stack}"
    return Finding("config", State.NOTE if settings.notes else State.OK, text, details=settings.notes)
