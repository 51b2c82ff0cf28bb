"""Finds and runs uv, with the settings of the person that are about where packages come from, and no others."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from advent_cli.errors import ConfigError
from advent_cli.packaging.install_command import install_command

PACKAGE = "uv>=0.8"  # as in setup.py
BEST_MATCH = "unsafe-best-match"  # what uv calls pip's way to look into all indexes for the newest version
OF_INDEXES = re.compile(r"UV_((DEFAULT_|EXTRA_)?INDEX(_URL|_STRATEGY)?|NO_INDEX|FIND_LINKS|CONFIG_FILE|NO_CONFIG)\Z")
OF_CONNECTIONS = re.compile(
    r"UV_(INDEX_\w+_(USERNAME|PASSWORD)|INSECURE_HOST|KEYRING_PROVIDER|CREDENTIALS_DIR|HTTP_\w+|REQUEST_TIMEOUT"
    r"|NATIVE_TLS|SYSTEM_CERTS|OFFLINE|CACHE_DIR|NO_CACHE|CONCURRENT_\w+)\Z"
)


def find(file: Path) -> str:
    """The uv beside advent, else the one on the PATH; raises ConfigError, which names `file`, if there is none."""
    with suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin

        return str(find_uv_bin())
    if found := shutil.which("uv"):
        return found
    raise ConfigError(
        f"{file} names packages, but uv is not installed",
        hint=f"install it: `{install_command(PACKAGE)}`, or put a uv of your own on the PATH",
    )


@functools.cache
def version(uv: str) -> str:
    """What it says about its version."""
    return subprocess.run([uv, "--version"], capture_output=True, text=True).stdout  # noqa: S603


def run(words: Sequence[str], folder: Path, settings: Mapping[str, list[str]]) -> "subprocess.CompletedProcess[str]":
    """Run uv with pip's `settings`, in `folder`, where a uv.toml counts too.

    uv looks for a package in the first index that has it, the extra ones first, so that nobody can put a newer one of
    its name into another. Only if the wanted version is not there, it looks into all, as pip does.
    """
    strategies = ["first-index", BEST_MATCH] if "extra-index-url" in settings else []
    if "UV_INDEX_STRATEGY" in os.environ or not strategies:
        return _run(words, folder, settings)
    for strategy in strategies:
        done = _run([*words, "--index-strategy", strategy], folder, settings)
        if BEST_MATCH not in done.stderr:  # uv suggests it if another index has the version
            break
    return done


def _run(words: Sequence[str], folder: Path, settings: Mapping[str, list[str]]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 (uv, with the person's own requirements)
        words, cwd=folder, env=_environment(settings), capture_output=True, encoding="utf-8", errors="replace"
    )


def _environment(settings: Mapping[str, list[str]]) -> dict[str, str]:
    """The variables for uv: the person's, with pip's settings where they have none of uv's for the same."""
    kept = (name for name in os.environ if OF_INDEXES.match(name) or OF_CONNECTIONS.match(name))
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("UV_")},
        **{k: os.environ[k] for k in kept},
    }
    bundles = [*settings.get("cert", []), *map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))]
    defaults = {
        "SSL_CERT_FILE": next((bundle for bundle in bundles if bundle and Path(bundle).is_file()), ""),
        "ALL_PROXY": next(iter(settings.get("proxy", [])), ""),
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", [])),
    }
    if "UV_SYSTEM_CERTS" not in environment and "UV_NATIVE_TLS" not in environment:
        defaults |= {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # as pip does; the older name is for older uv
    set_here = {"NO_COLOR": "1", "COLUMNS": "10000"}  # errors in lines that are not broken
    return {**{name: value for name, value in defaults.items() if value}, **environment, **set_here}
