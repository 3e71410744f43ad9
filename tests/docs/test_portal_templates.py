"""The handbook's section on templates: its example works, and its tables are complete."""

import re
from pathlib import Path

from dssr.templates.field import JOB_FIELDS, OWN_TYPES
from dssr.templates.site import SiteTemplates
from dssr.templates.template import MEMBERS_OF_FIELD
from tests.deploy.test_fit import EXAMPLES
from tests.docs.markdown import handbook

PAGE = handbook("portal")


def _section() -> str:
    return PAGE.text.partition("\n## Templates\n")[2].partition("\n## ")[0]


def test_the_example_is_a_template(tmp_path: Path) -> None:
    """The handbook's files are a template that a site can use, with the script of the bridge's own
    example."""
    (tmp_path / "fit").mkdir()
    for name in ("template.yaml", "job.sh"):
        (tmp_path / "fit" / name).write_text(PAGE.block(f"file: {name}"))
    site = SiteTemplates(f"{tmp_path}/")
    assert site.problems() == []
    shipped = SiteTemplates(f"{EXAMPLES}/").get("fit").template
    found = site.get("fit").template
    assert found.script == shipped.script
    assert {field.name for field in found.fields} <= {field.name for field in shipped.fields}


def test_the_fields_of_a_job_are_named() -> None:
    """The handbook names each field of the form of a job that a template may have."""
    listed = _section().partition("is that field:")[2].partition("Any other")[0]
    assert re.findall("`([a-z_]+)`", listed) == sorted(
        JOB_FIELDS, key=lambda name: listed.index(f"`{name}`")
    )


def test_the_members_and_types_are_named() -> None:
    """The handbook's table has all members of a field, and all types."""
    rows = re.findall(r"^\| (`.*?) \|(.*)$", _section(), re.MULTILINE)
    named = [name for first, _ in rows for name in re.findall("`([a-z]+)`", first)]
    assert sorted(named) == sorted(MEMBERS_OF_FIELD)
    types = next(text for first, text in rows if first == "`type`")
    assert [name for name in OWN_TYPES if f"`{name}`" not in types] == []
