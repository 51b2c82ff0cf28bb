"""What each exit code means, as --help shows it, and which codes a kind of command can end with."""

from advent_cli.errors import DIFFERENT, DONE, FAILED, INTERRUPTED, REFUSED, UNREACHABLE, USAGE

MEANINGS = {
    DONE: "success",
    FAILED: "a step or a call to AWS failed",
    USAGE: "wrong usage, or an error in config.yaml",
    UNREACHABLE: "the target cannot be reached, or rejects the credentials",
    REFUSED: "blocked by a resource that belongs to someone else, or not confirmed",
    DIFFERENT: "something differs from config.yaml",
    INTERRUPTED: "interrupted; run the same command again to finish",
}
OFFLINE_CODES = (DONE, USAGE, INTERRUPTED)  # of a command that makes no calls
AWS_CODES = (*OFFLINE_CODES, FAILED, UNREACHABLE)  # of a command that calls AWS
STACK_CODES = (*AWS_CODES, REFUSED)  # of a command that may meet foreign resources, or ask for confirmation
