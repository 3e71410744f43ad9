"""A job that came from a template."""

import html
import re
from typing import Any

from dssr.http.web.job_form import Filled
from dssr.http.web.template_origin import (
    fields_of,
    files_named,
    not_kept,
    template_named,
    without_origin,
)
from dssr.templates.filling import FilledTemplate
from dssr.templates.template import template_of
from tests.dssr.http.web.browsing import Browser, text_of
from tests.dssr.http.web.test_template_pages import HOSTILE, Site, alice, send, site

__all__ = ["alice", "site"]

DIGEST = "sha256:0123456789abcdef"
LABELS = [("template", "site/fit"), ("data", f"my peaks.csv {DIGEST}"), ("run", "7")]
TEMPLATE = template_of(
    {
        "title": "Fit",
        "script": "#!/bin/bash\nexport FIELD_NOTE=mine\n",
        "fields": {
            "data": {"type": "file"},
            "note": {},
            "fast": {"type": "flag", "default": "true"},
            "nodes": {"max": "4", "default": "1"},
            "cores": {"default": "2", "locked": "true"},
            "qos": {"default": "normal"},
        },
    }
)


def test_labels_of_a_template_are_told_from_a_user_s_own() -> None:
    """The template and its files are in labels of a job that came from one; labels of any other
    job are all its user's."""
    assert template_named(LABELS) == "site/fit"
    assert files_named(TEMPLATE, LABELS) == "my peaks.csv"
    assert list(without_origin(LABELS)) == [("run", "7")]
    own = [("template", "mine"), ("input", f"a {DIGEST}")]
    assert template_named(own) == ""
    assert list(without_origin(own)) == own


def test_the_fields_are_those_of_the_script_and_of_the_job() -> None:
    """Own fields are read byte for byte from the script that the form made, and the others from
    the job; a value that the template no longer allows is left out."""
    note = 'it\'s $HOME \\ "x"'
    script = FilledTemplate(TEMPLATE, {"note": note, "fast": ""}).script()
    values = {"nodes": "3", "cores": "64", "qos": "", "account": "lab"}
    assert fields_of(TEMPLATE, values, script) == {"note": note, "fast": "", "nodes": "3"}
    assert "nodes" not in fields_of(TEMPLATE, {"nodes": "5"}, script)
    assert fields_of(TEMPLATE, {}, "export FIELD_NOTE='\n") == {}


def test_a_job_is_submitted_again_by_its_template(alice: Browser) -> None:
    """A job of a template leads back to its form, with the job's fields, and the page says which
    files are to be chosen again."""
    sent = send(alice, "/templates/site/fit", {"method": "robust", "steps": "12", "note": HOSTILE})
    job = sent.url.rpartition("/")[2]
    page = alice.open(f"/submit?from={job}")
    assert page.url.startswith(f"{alice.root}/templates/site/fit?")
    assert '<option value="robust" selected>' in page.text
    assert 'name="field-steps" value="12"' in page.text
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page.text
    assert not re.search(r'name="box-verbose"[^>]*checked|field-verbose"[^>]*checked', page.text)
    assert "choose my peaks.csv again" in text_of(page)


def test_modules_are_those_that_the_form_has_loaded() -> None:
    """The modules of a job are in its template's form again, also where the template's script loads
    some of its own."""
    own = "#!/bin/bash\n#SBATCH --nodes=1\n\nmodule load gcc/13.2\ntrue\n"
    for more in ((), ("note",)):
        fields: dict[str, Any] = {name: {} for name in ("modules", *more)}
        template = template_of({"title": "Fit", "script": own, "fields": fields})
        script = FilledTemplate(template, {}).script()
        asked = Filled({"script": script, "modules": "openmpi/5 py~3"}).request()
        assert fields_of(template, {}, asked.script)["modules"] == "openmpi/5 py~3"
        assert "modules" not in fields_of(template, {}, script)


def test_what_no_job_keeps_is_named(alice: Browser, site: Site) -> None:
    """Both forms say which of their fields are not as the past job had them, and no others do; a
    field that is locked is as it was."""
    fields = {"arguments": {"default": "-n 3"}, "environment": {"locked": "true"}, "nodes": {}}
    template = template_of({"title": "Fit", "script": "true\n", "fields": fields})
    assert not_kept(template) == ["Arguments"]
    (site.templates / "words").mkdir()
    text = "title: Words\nfields: {arguments: {label: Words}}\n"
    (site.templates / "words/template.yaml").write_text(text)
    (site.templates / "words/job.sh").write_text("#!/bin/bash\ntrue\n")
    job = send(alice, "/templates/site/words", {"arguments": "1 2"}).url.rpartition("/")[2]
    said = "Not kept of the past job, and as the template has them: Words."
    assert said in text_of(alice.open(f"/submit?from={job}"))
    assert said not in text_of(alice.open("/templates/site/words"))
    plain = alice.submit().rpartition("/")[2]
    assert "are not kept: fill in yours" in text_of(alice.open(f"/submit?from={plain}"))
    assert "not kept" not in text_of(alice.open("/submit"))


def test_a_job_whose_template_is_gone_has_the_plain_form(alice: Browser, site: Site) -> None:
    """Where there is no such template any more, the form of a job has its script, without labels
    of a template and of files that it would not have."""
    job = send(alice, "/templates/site/fit", {"steps": "13"}).url.rpartition("/")[2]
    away = (site.templates / "fit").rename(site.templates / "other")
    try:
        page = alice.open(f"/submit?from={job}")
    finally:
        away.rename(site.templates / "fit")
    assert page.url.startswith(f"{alice.root}/submit?")
    assert "export FIELD_STEPS=13" in page.text
    assert "template=" not in page.text
    assert "sha256:" not in page.text
