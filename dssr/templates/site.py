"""The templates of a site: a directory of the operator's.

::

    NAME/template.yaml      the template; without a member 'script', the script is job.sh
    NAME/job.sh
    NAME/files/*            files that each job finds in its working directory

They are read anew for each page, so a change takes effect at once. One that is broken is left out
and reported, and breaks no other.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dssr.errors import NotFound
from dssr.templates.filling import stored_name
from dssr.templates.template import (
    LARGEST,
    BadTemplate,
    Template,
    document_in,
    no_chosen_directory,
    template_of,
)

log = logging.getLogger(__name__)
NAME = re.compile("[a-z0-9][a-z0-9_-]{0,62}")
FILE = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
LARGEST_FILES = 4 << 20  # bytes of all files of a template
_MOST = 200


@dataclass(frozen=True)
class SiteTemplate:
    """A template of a site. ``files``: that each job finds, by their names."""

    name: str
    template: Template
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class SiteTemplates:
    """The templates in a directory; an empty path: there are none."""

    path: str

    def all(self) -> Sequence[SiteTemplate]:
        """Those that can be used, by their names."""
        return [found for found in self._read() if isinstance(found, SiteTemplate)]

    def problems(self) -> Sequence[str]:
        """A sentence for each that is broken: where it is, and what is wrong."""
        return [found for found in self._read() if isinstance(found, str)]

    def get(self, name: str) -> SiteTemplate:
        """One of them. Raises ``NotFound``."""
        directory = Path(self.path) / name
        if self.path and NAME.fullmatch(name) and directory.is_dir():
            try:
                return _template(directory)
            except (BadTemplate, OSError) as error:
                log.warning("The template %s is broken: %s", directory, error)
                raise NotFound(
                    f"The site's template {name!r} is broken: its operator finds out why on the "
                    "page /operator and in the log."
                ) from error
        raise NotFound(f"The site has no template {name[:60]!r}.")

    def report(self) -> None:
        """Log what is broken."""
        for problem in self.problems():
            log.warning("%s", problem)

    def _read(self) -> Iterator[SiteTemplate | str]:
        if not self.path:
            return
        try:
            directories = sorted(path for path in Path(self.path).iterdir() if path.is_dir())
        except OSError as error:
            yield f"The site's templates {self.path} (JARVICE_WEB_TEMPLATES): {error.strerror}."
            return
        for directory in directories[:_MOST]:
            if directory.name.startswith("."):
                continue
            try:
                yield _template(directory)
            except BadTemplate as error:
                yield f"The template {directory} is left out: {error}"
            except OSError as error:
                yield f"The template {directory} is left out: {error.filename}: {error.strerror}."
        if len(directories) > _MOST:
            yield f"{self.path} has more than {_MOST} templates: the others are left out."


def _template(directory: Path) -> SiteTemplate:
    """Raises ``BadTemplate`` and ``OSError``."""
    if not NAME.fullmatch(directory.name):
        raise BadTemplate("Its name may have the characters a-z 0-9 _ - alone.")
    script = directory / "job.sh"
    template = _described(
        _text(directory / "template.yaml"), _text(script) if script.exists() else ""
    )
    files = _files(directory / "files")
    if files and (mistakes := [*no_chosen_directory(template), *_replaced(template, files)]):
        raise BadTemplate(*mistakes)
    return SiteTemplate(directory.name, template, files)


def _replaced(template: Template, names: Iterable[str]) -> Iterator[str]:
    """A sentence for each of the site's files that a user's file could replace."""
    for one in template.fields:
        for name in names:
            if one.type == "file" and stored_name(one, name) == name:
                yield (
                    f"The field '{one.name}': a user's file could replace files/{name}: rename the "
                    "field or that file."
                )


@lru_cache(maxsize=_MOST)
def _described(text: str, script: str) -> Template:
    """The template of these texts; YAML is read slowly. Raises ``BadTemplate``."""
    document = dict(document_in(text))
    if "script" in document and script:
        raise BadTemplate("It has two scripts: leave out 'script', or job.sh.")
    return template_of({"script": script} | document)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadTemplate(f"{path.name} is larger than {LARGEST >> 20} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTemplate(f"{path.name} is no text in UTF-8.") from error


def _files(directory: Path) -> Mapping[str, Path]:
    if not directory.is_dir():
        return {}
    paths = sorted(directory.iterdir())
    for path in paths:
        if not FILE.fullmatch(path.name) or not path.is_file():
            raise BadTemplate(
                f"files/{path.name}: it must be a file whose name has the characters A-Z a-z 0-9 "
                "_ . - alone."
            )
    if sum(path.stat().st_size for path in paths) > LARGEST_FILES:
        raise BadTemplate(f"Its files have more than {LARGEST_FILES >> 20} MB together.")
    return {path.name: path for path in paths}
