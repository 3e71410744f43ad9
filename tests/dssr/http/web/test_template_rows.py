"""The form in which a template is edited."""

from dssr.http.web.template_rows import (
    MOST_ROWS,
    document_of,
    fields_of_job,
    repeated,
    rows_of,
    rows_sent,
    with_spare,
)
from dssr.templates.template import Template, template_of
from tests.dssr.templates.examples import fit


def sent(template: Template) -> dict[str, str]:
    """What a browser sends of the form of a template, with lines as browsers end them."""
    form = {"title": template.title, "about": template.about, "script": template.script}
    for number, row in enumerate(with_spare(rows_of(template)), 1):
        form |= {f"row-{number}-{part}": text for part, text in row.items()}
        form.setdefault(f"row-{number}-name", "")
    return {name: text.replace("\n", "\r\n") for name, text in form.items()}


def test_a_template_that_is_sent_as_it_was_is_the_same() -> None:
    """The form has all that a template has, and empty rows are no fields."""
    assert template_of(document_of(sent(fit()))) == fit()
    assert len(with_spare(rows_of(fit()))) == len(fit().fields) + 2
    assert len(with_spare([{}] * MOST_ROWS)) == MOST_ROWS


def test_values_of_several_lines_stay_so() -> None:
    """A field of every job has its type, whatever the form says, so its lines are kept."""
    [row] = rows_sent({"row-1-name": "environment", "row-1-default": "A=1\r\nB=2"})
    assert (row["type"], row["default"]) == ("lines", "A=1\nB=2")


def test_a_name_that_is_there_twice_is_named() -> None:
    """Two rows with one name are found, so that neither is lost in silence."""
    form = sent(fit()) | {"row-9-name": "steps"}
    assert repeated(form) == ["steps"]
    assert repeated(sent(fit())) == []


def test_the_form_of_a_job_has_fields_with_defaults() -> None:
    """What is filled in becomes a field; the name and what is no field of a template do not."""
    values = {"name": "a", "script": "x", "key": "k", "nodes": "2", "exclusive": "on", "qos": " "}
    found = {field.name: field.default for field in fields_of_job(values)}
    assert found == {"nodes": "2", "exclusive": "true"}
    for labels, kept in {"a=1": ["labels"], "data=x sha256:1\ntemplate=site/fit": []}.items():
        assert [field.name for field in fields_of_job({"labels": labels})] == kept
