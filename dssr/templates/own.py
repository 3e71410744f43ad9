"""The templates of the portal's users: a text for each, in the portal's directory.

::

    templates/KEY/NAME.yaml     KEY: of the user
"""

import hashlib
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dssr.access import private_directory
from dssr.errors import BadRequest, Conflict, NotFound
from dssr.templates.template import (
    LARGEST,
    BadTemplate,
    Template,
    document_in,
    template_of,
    text_of,
)

NAME = re.compile("[a-z0-9][a-z0-9_-]{0,62}")
_KEY = re.compile("[0-9a-f]{24}")
_MOST = 200  # of one user
MOST_KEPT = 16 << 20  # bytes of the texts whose templates are kept in memory
_Identity = tuple[int, int, int]  # of a file: another one when the text is replaced
_OF_OWNER = ("owner", "shared")  # members of a text that are no part of the template
_NEW = ""


@dataclass(frozen=True)
class OwnTemplate:
    """A user's template. ``key``: of the user; ``version``: changes with each edit. ``template``:
    ``None`` where the text is broken, as ``problem`` says."""

    key: str
    name: str
    owner: str
    is_shared: bool
    version: str
    template: Template | None
    problem: str = ""


def key_of(caller: str) -> str:
    """What names a user in paths."""
    return hashlib.sha256(caller.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class OwnTemplates:
    """All users' templates. A text is written as a whole or not at all, so an edit that fails
    leaves the one before it. All methods may be called from many threads."""

    def __init__(self, directory: Path) -> None:
        """``directory``: the portal's."""
        self._directory = directory / "templates"
        self._saving, self._keeping = threading.Lock(), threading.Lock()
        self._known: dict[Path, tuple[_Identity, OwnTemplate]] = {}
        self._known_bytes = 0

    def of(self, key: str) -> Sequence[OwnTemplate]:
        """A user's own, by their names."""
        found = []
        for path in sorted((self._directory / key).glob("[!.]*.yaml")):
            with suppress(FileNotFoundError):  # it is deleted at this moment
                found.append(self._read(path))
        return found

    def shared(self, but: str) -> Sequence[OwnTemplate]:
        """What other users share and can be used. ``but``: the key of the one who looks."""
        others = (path.name for path in sorted(self._directory.glob("*")) if path.name != but)
        found = (one for key in others for one in self.of(key))
        return [one for one in found if one.is_shared and one.template]

    def get(self, key: str, name: str) -> OwnTemplate:
        """One of them, which may be broken. Raises ``NotFound``."""
        if not _KEY.fullmatch(key) or not NAME.fullmatch(name):
            raise _unknown(name)
        try:
            return self._read(self._path(key, name))
        except FileNotFoundError as error:
            raise _unknown(name) from error

    def save(self, kept: OwnTemplate, was: str = "") -> None:
        """Write a template, whose ``version`` is that of the text which it replaces, or empty for
        a new one. ``was``: the name that it had, if another.

        Raises ``Conflict`` where the text has changed since, and ``BadRequest`` for a name that no
        template can have; then nothing is changed.
        """
        if not NAME.fullmatch(kept.name) or (was and not NAME.fullmatch(was)):
            raise BadRequest(
                f"{kept.name[:60]!r} cannot be a template's name: use the characters a-z 0-9 _ - "
                "and begin with a letter or digit."
            )
        assert kept.template is not None, "only a template that is right is saved"
        text = text_of(
            kept.template, owner=kept.owner, shared="true" if kept.is_shared else ""
        ).encode("utf-8", "surrogatepass")
        if len(text) > LARGEST:
            raise BadRequest(f"The template is larger than {LARGEST >> 20} MB: shorten its script.")
        with self._saving:
            self._replace(kept, was or kept.name, text)

    def delete(self, key: str, name: str) -> None:
        """Delete one. Raises ``NotFound``."""
        self.get(key, name)
        self._path(key, name).unlink(missing_ok=True)

    def _replace(self, kept: OwnTemplate, old: str, text: bytes) -> None:
        self._check_version(kept, old)
        path = self._path(kept.key, kept.name)
        if old != kept.name and path.exists():
            raise Conflict(f"You have a template {kept.name!r} already: choose another name.")
        for directory in (self._directory, path.parent):
            directory.mkdir(mode=0o700, exist_ok=True)
        if kept.version == _NEW and len(list(path.parent.glob("*.yaml"))) >= _MOST:
            raise Conflict(f"You have {_MOST} templates, and no more are kept: delete one first.")
        private_directory.write(path, text)
        if old != kept.name:
            self._path(kept.key, old).unlink(missing_ok=True)

    def _check_version(self, kept: OwnTemplate, old: str) -> None:
        path = self._path(kept.key, old)
        now = _version(path.read_bytes()) if path.exists() else _NEW
        if now == kept.version:
            return
        if kept.version == _NEW:
            raise Conflict(f"You have a template {old!r} already: choose another name.")
        raise Conflict(
            f"The template {old!r} has been changed since you opened it, or deleted. Yours is "
            "below: save it once more to replace what is there now."
        )

    def _read(self, path: Path) -> OwnTemplate:
        """The template of a file, which is read once as long as it stays as it is: to read YAML is
        slow, and a page lists the templates of all users. Raises ``FileNotFoundError``."""
        about = path.stat()
        identity = about.st_ino, about.st_mtime_ns, about.st_size
        if (known := self._known.get(path)) and known[0] == identity:
            return known[1]
        found = _read(path)
        with self._keeping:
            if self._known_bytes + about.st_size > MOST_KEPT:
                self._known, self._known_bytes = {}, 0
            self._known[path] = identity, found
            self._known_bytes += about.st_size
        return found

    def _path(self, key: str, name: str) -> Path:
        return self._directory / key / f"{name}.yaml"


def _read(path: Path) -> OwnTemplate:
    data, name, key = path.read_bytes(), path.stem, path.parent.name
    try:
        document = dict(document_in(data.decode("utf-8")))
        owner, shared = (str(document.pop(member, "")) for member in _OF_OWNER)
        return OwnTemplate(
            key, name, owner, shared == "true", _version(data), template_of(document)
        )
    except (BadTemplate, UnicodeDecodeError) as error:
        return OwnTemplate(key, name, "", False, _version(data), None, str(error))


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no template {name[:60]!r}: it may have been renamed or deleted.")
