"""Files of other projects: a directory of them with a manifest of package, version and digest."""

import hashlib
import json
from pathlib import Path
from typing import Any


def changed(directory: Path) -> list[str]:
    """The names of files that are not as their package published them, or are misnamed."""
    return [
        file["name"]
        for package in _manifest(directory)
        for file in package["files"]
        if hashlib.sha256((directory / file["name"]).read_bytes()).hexdigest() != file["sha256"]
        or not file["name"].startswith(f"{package['npm']}-{package['version']}.")
    ]


def unlisted(directory: Path) -> set[str]:
    """The names of files that are in the directory or in the manifest, but not in both."""
    listed = {file["name"] for package in _manifest(directory) for file in package["files"]}
    return listed ^ ({path.name for path in directory.iterdir()} - {"manifest.json"})


def unlicensed(directory: Path) -> list[str]:
    """The packages without their licence beside them."""
    return [
        package["npm"]
        for package in _manifest(directory)
        if not any("LICENSE" in file["path"] for file in package["files"])
    ]


def _manifest(directory: Path) -> Any:
    return json.loads((directory / "manifest.json").read_text("utf-8"))
