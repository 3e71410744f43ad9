"""Users' own templates."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dssr.access import private_directory
from dssr.errors import BadRequest, Conflict, NotFound
from dssr.templates.own import OwnTemplate, OwnTemplates, key_of
from dssr.templates.template import document_in
from tests.dssr.templates.examples import fit

ALICE, BOB = key_of("token/alice"), key_of("token/bob")
NEW = OwnTemplate(ALICE, "fit", "alice", False, "", fit())


@pytest.fixture
def own(tmp_path: Path) -> OwnTemplates:
    """A directory with a template of alice's."""
    found = OwnTemplates(tmp_path)
    found.save(NEW)
    return found


def test_what_is_saved_is_there(own: OwnTemplates) -> None:
    """A template is its user's alone until they share it."""
    assert own.get(ALICE, "fit").template == fit()
    assert [one.name for one in own.of(ALICE)] == ["fit"]
    assert (own.of(BOB), own.shared(but=BOB)) == ([], [])
    own.save(replace(NEW, is_shared=True, version=own.get(ALICE, "fit").version))
    assert [(one.owner, one.name) for one in own.shared(but=BOB)] == [("alice", "fit")]
    assert own.shared(but=ALICE) == []


def test_an_edit_of_what_has_changed_since_is_refused(own: OwnTemplates) -> None:
    """Of two edits of one text the second is refused, and the first one's stays."""
    before = own.get(ALICE, "fit")
    own.save(replace(NEW, version=before.version, template=replace(fit(), title="First")))
    with pytest.raises(Conflict, match="changed since"):
        own.save(replace(NEW, version=before.version, template=replace(fit(), title="Second")))
    with pytest.raises(Conflict, match="already"):
        own.save(NEW)
    kept = own.get(ALICE, "fit").template
    assert kept is not None
    assert kept.title == "First"


def test_of_two_edits_at_the_same_moment_one_is_refused(
    own: OwnTemplates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit that comes while another one is written is refused."""
    edit = replace(NEW, version=own.get(ALICE, "fit").version)
    write, outcomes = private_directory.write, list[str]()

    def save(title: str) -> None:
        try:
            own.save(replace(edit, template=replace(fit(), title=title)))
            outcomes.append("saved")
        except Conflict:
            outcomes.append("refused")

    second = threading.Thread(target=save, args=("Second",))

    def write_slowly(path: Path, data: bytes) -> None:
        if not second.ident:
            second.start()
            second.join(0.3)
        write(path, data)

    monkeypatch.setattr(private_directory, "write", write_slowly)
    save("First")
    second.join()
    assert sorted(outcomes) == ["refused", "saved"]


def test_a_text_is_read_once_until_it_changes(
    own: OwnTemplates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that lists the templates of all users reads the texts that have changed alone; with
    many and large texts, memory stays bounded."""
    texts: list[str] = []

    def read(text: str) -> Mapping[str, Any]:
        texts.append(text)
        return document_in(text)

    monkeypatch.setattr("dssr.templates.own.document_in", read)
    own.save(replace(NEW, name="other"))
    for _ in range(3):
        own.shared(but=BOB)
    assert len(texts) == 2
    edit = replace(NEW, is_shared=True, version=own.get(ALICE, "fit").version)
    own.save(replace(edit, template=replace(fit(), title="Edited")))
    [found] = own.shared(but=BOB)
    assert (found.template and found.template.title, len(texts)) == ("Edited", 3)
    monkeypatch.setattr("dssr.templates.own.MOST_KEPT", 1)
    own.delete(ALICE, "other")
    own.save(replace(NEW, name="new"))
    assert [one.name for one in own.of(ALICE)] == ["fit", "new"]
    assert len(own._known) == 1


def test_a_template_that_goes_away_breaks_no_list(own: OwnTemplates, tmp_path: Path) -> None:
    """The others are listed while one is deleted."""
    (tmp_path / "templates" / ALICE / "gone.yaml").symlink_to("nowhere")
    assert [one.name for one in own.of(ALICE)] == ["fit"]


def test_a_template_is_renamed(own: OwnTemplates) -> None:
    """Under its new name it is the same one, and a name that is taken is refused."""
    version = own.get(ALICE, "fit").version
    own.save(replace(NEW, name="other", version=""))
    with pytest.raises(Conflict, match="already"):
        own.save(replace(NEW, name="other", version=version), was="fit")
    own.save(replace(NEW, name="third", version=version), was="fit")
    assert [one.name for one in own.of(ALICE)] == ["other", "third"]


@pytest.mark.parametrize(
    ("name", "was"),
    [("", ""), ("A b", ""), ("../x", ""), ("fit", "../../instance"), ("fit", "a/b")],
)
def test_a_name_leads_to_no_other_file(own: OwnTemplates, name: str, was: str) -> None:
    """A name with other characters is refused, and changes nothing."""
    with pytest.raises(BadRequest):
        own.save(replace(NEW, name=name), was)
    with pytest.raises(NotFound):
        own.get(ALICE, was or name)


def test_one_that_is_broken_breaks_no_other(own: OwnTemplates, tmp_path: Path) -> None:
    """A text that someone has broken is listed with what is wrong, and can be replaced."""
    own.save(replace(NEW, name="other"))
    (tmp_path / "templates" / ALICE / "fit.yaml").write_text("title: [\n")
    broken, other = own.of(ALICE)
    assert broken.template is None
    assert "Line 2" in broken.problem
    assert other.template == fit()
    own.save(replace(NEW, version=broken.version))
    assert own.get(ALICE, "fit").template == fit()


def test_what_is_deleted_is_gone(own: OwnTemplates) -> None:
    """A template that was deleted is not found."""
    own.delete(ALICE, "fit")
    with pytest.raises(NotFound):
        own.delete(ALICE, "fit")


def test_no_other_user_of_the_machine_reads_them(own: OwnTemplates, tmp_path: Path) -> None:
    """The directories and texts are the bridge's own user's alone."""
    modes = {oct(path.stat().st_mode & 0o077) for path in (tmp_path / "templates").rglob("*")}
    assert modes == {"0o0"}
