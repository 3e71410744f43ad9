"""Which templates a user may use."""

from dataclasses import replace
from pathlib import Path

import pytest

from dssr.errors import Conflict, NotFound
from dssr.templates.own import OwnTemplate, OwnTemplates, key_of
from dssr.templates.shelves import Shelves
from dssr.templates.site import SiteTemplates
from tests.dssr.templates.examples import FIT, fit
from tests.dssr.templates.test_site import write

ALICE, BOB = key_of("token/alice"), key_of("token/bob")
NEW = OwnTemplate(ALICE, "mine", "alice", False, "", fit())


@pytest.fixture
def shelves(tmp_path: Path) -> Shelves:
    """A template of the site's, and one of alice's."""
    (tmp_path / "site").mkdir()
    write(tmp_path / "site", "fit", FIT)
    found = Shelves(SiteTemplates(f"{tmp_path}/site/"), OwnTemplates(tmp_path))
    found.own.save(NEW)
    return found


def test_a_template_is_found_by_its_source(shelves: Shelves) -> None:
    """The site's is every user's, and an own one its user's."""
    assert shelves.find("site", "fit", BOB).label == "site/fit"
    assert shelves.find("own", "mine", ALICE).label == "alice/mine"


def test_what_is_not_shared_is_not_found(shelves: Shelves) -> None:
    """Another user's template is found only once it is shared."""
    for source in ("own", ALICE, "none"):
        with pytest.raises(NotFound):
            shelves.find(source, "mine", BOB)
    version = shelves.own.get(ALICE, "mine").version
    shelves.own.save(replace(NEW, is_shared=True, version=version))
    assert shelves.find(ALICE, "mine", BOB).template == fit()


def test_an_own_one_that_is_broken_says_so(shelves: Shelves, tmp_path: Path) -> None:
    """A user reads what is wrong with their own template."""
    (tmp_path / "templates" / ALICE / "mine.yaml").write_text("title: [\n")
    with pytest.raises(Conflict, match="Line 2"):
        shelves.find("own", "mine", ALICE)


def test_a_label_leads_back_to_its_template(shelves: Shelves) -> None:
    """A job's label names the site's template, the user's own, or one that is shared with them; of
    what a user may not use there is none."""
    sources = {
        (label, key): (found := shelves.labelled(label, key)) and found.source
        for label in ("site/fit", "alice/mine", "alice/none")
        for key in (ALICE, BOB)
    }
    assert {asked: source for asked, source in sources.items() if source} == {
        ("site/fit", ALICE): "site", ("site/fit", BOB): "site", ("alice/mine", ALICE): "own",
    }  # fmt: skip
    version = shelves.own.get(ALICE, "mine").version
    shelves.own.save(replace(NEW, is_shared=True, version=version))
    shared = shelves.labelled("alice/mine", BOB)
    assert shared is not None
    assert shared.source == ALICE
