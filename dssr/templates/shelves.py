"""All templates that a user may use: the site's, their own, and what others share."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dssr.errors import Conflict, NotFound
from dssr.templates.own import OwnTemplates
from dssr.templates.site import SiteTemplates
from dssr.templates.template import Template

SITE, OWN = "site", "own"  # sources; any other is the key of a user who shares


@dataclass(frozen=True)
class Found:
    """A template that can be used. ``files``: that each job finds, by their names."""

    source: str
    name: str
    template: Template
    owner: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a job's label says about where it is from."""
        return f"{self.owner or self.source}/{self.name}"

    @property
    def version(self) -> str:
        """What changes with each edit of the template."""
        return hashlib.sha256(repr(self.template).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class Shelves:
    """Where the templates are."""

    site: SiteTemplates
    own: OwnTemplates

    def labelled(self, label: str, key: str) -> Found | None:
        """The template that a job's label names; ``None``: the user with that key has none such."""
        site = [Found(SITE, one.name, one.template, files=one.files) for one in self.site.all()]
        kept = [(OWN, one) for one in self.own.of(key)]
        kept += [(one.key, one) for one in self.own.shared(but=key)]
        of_users = [
            Found(source, one.name, one.template, one.owner)
            for source, one in kept
            if one.template is not None
        ]
        return next((found for found in [*site, *of_users] if found.label == label), None)

    def find(self, source: str, name: str, key: str) -> Found:
        """A template for the user with that key.

        Raises ``NotFound``, also for what another user does not share, and ``Conflict`` for one of
        the user's own that is broken.
        """
        if source == SITE:
            found = self.site.get(name)
            return Found(SITE, name, found.template, files=found.files)
        kept = self.own.get(key if source == OWN else source, name)
        if source != OWN and not (kept.is_shared and kept.template):
            raise NotFound(f"There is no template {name[:60]!r} that its owner shares.")
        if kept.template is None:
            raise Conflict(f"Your template {name!r} is broken: {kept.problem} Edit it first.")
        return Found(source, name, kept.template, kept.owner)
