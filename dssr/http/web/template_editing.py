"""A user's own templates: made from a form, a job or another template; edited, deleted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import BadRequest, Conflict, DssrError
from dssr.http.call import MEGABYTE, Calls, Needs
from dssr.http.errors import status_of
from dssr.http.request import current
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.job_form import Filled, values_of
from dssr.http.web.rendering import Pages
from dssr.http.web.template_pages import caller_key
from dssr.http.web.template_rows import (
    Row,
    document_of,
    fields_of_job,
    repeated,
    rows_of,
    rows_sent,
    with_spare,
)
from dssr.templates.field import OWN_TYPES
from dssr.templates.own import OwnTemplate
from dssr.templates.shelves import OWN, Shelves
from dssr.templates.template import BadTemplate, Template, template_of

_EDIT = Needs(
    scope=Scope.SUBMIT,
    body=4 * MEGABYTE,
    too_large="shorten the script to at most 1 MB",
    audit=("name",),
)
_NO_SCRIPT = "#!/bin/bash\n"


@dataclass(frozen=True)
class Draft:
    """What the form shows. ``was`` and ``version``: of the template that it is about to replace;
    empty: it is a new one."""

    name: str = ""
    title: str = ""
    about: str = ""
    script: str = _NO_SCRIPT
    rows: Sequence[Row] = ()
    is_shared: bool = False
    was: str = ""
    version: str = ""


def calls(web: WebCalls, pages: Pages, use_cases: UseCases, shelves: Shelves) -> Calls:
    """The form, and what it does."""
    calls = web.private("template-editing")

    @calls.get("/templates/new", Needs(scope=Scope.SUBMIT))
    def new_template() -> Response:
        return _form(pages, _begun(use_cases, shelves))

    @calls.post("/templates/new", _EDIT)
    def template_from_form() -> Response:
        return _form(pages, _draft_of_form(Filled(request.form).said()))

    @calls.get("/templates/own/<name>/edit", Needs(scope=Scope.SUBMIT))
    def edit_template(name: str) -> Response:
        kept = shelves.own.get(caller_key(), name)
        message = f"It is broken: {kept.problem}" if kept.problem else ""
        return _form(pages, _draft_of(kept), message=message)

    @calls.post("/templates/save", _EDIT)
    def save_template() -> Response:
        current().arguments = {"name": request.form.get("name", "")}
        return _saved(pages, shelves)

    @calls.post("/templates/own/<name>/delete", _EDIT)
    def delete_template(name: str) -> Response:
        kept = shelves.own.get(caller_key(), name)
        if "confirmed" not in request.form:
            return pages.page("template_delete.html", kept=kept)
        shelves.own.delete(caller_key(), name)
        return pages.redirect("web-templates.show_templates")

    return calls


def _begun(use_cases: UseCases, shelves: Shelves) -> Draft:
    """A template to begin with: of a past job, of another template, or empty."""
    if past := request.args.get("from", ""):
        job = find_own(use_cases.jobs, past)
        script = use_cases.jobs.script(job).decode("utf-8", "replace")
        return _draft_of_form(values_of(job, script))
    other = request.args.get("template", "")
    return _copy(shelves, other) if other else Draft()


def page_with(pages: Pages, kept: Mapping[str, str]) -> Response:
    """The form with what a user had filled in before the session ended."""
    return _form(pages, _draft_sent(kept))


def _saved(pages: Pages, shelves: Shelves) -> Response:
    """Save what the form has, or show it again with what is wrong."""
    form = request.form
    try:
        if twice := repeated(form):
            raise BadTemplate(f"Two fields are called {', '.join(twice)}: rename one.")
        template = template_of(document_of(form))
        caller = current().caller
        kept = OwnTemplate(
            key=caller_key(),
            name=form.get("name", "").strip(),
            owner=caller.name if caller else "",
            is_shared="shared" in form,
            version=form.get("version", ""),
            template=template,
        )
        shelves.own.save(kept, form.get("was", ""))
    except BadTemplate as error:
        return _form(pages, _draft_sent(form), 400, "Nothing was saved.", error.sentences)
    except Conflict as error:
        return _form(pages, _renewed(shelves, _draft_sent(form)), status_of(error), error.message)
    except BadRequest as error:
        return _form(pages, _draft_sent(form), 400, error.message)
    return pages.redirect("web-templates.show_template", source=OWN, name=kept.name)


def _form(
    pages: Pages, draft: Draft, status: int = 200, message: str = "", mistakes: Sequence[str] = ()
) -> Response:
    if message and status != 200:
        current().failure = " ".join([message, *mistakes])
    return pages.page(
        "template_edit.html",
        status,
        draft=draft,
        rows=with_spare(draft.rows),
        types=OWN_TYPES,
        message=message,
        mistakes=mistakes,
    )


def _draft_of(kept: OwnTemplate) -> Draft:
    found = kept.template or Template(title="", script=_NO_SCRIPT)
    return Draft(
        kept.name,
        found.title,
        found.about,
        found.script,
        rows_of(found),
        kept.is_shared,
        kept.name,
        kept.version,
    )


def _draft_of_form(values: Mapping[str, str]) -> Draft:
    """Of the form of a job, as it is filled in."""
    title = values.get("name", "")
    found = Template(title=title, script=values.get("script", ""), fields=fields_of_job(values))
    return Draft(_name_of(title), title, "", found.script, rows_of(found))


def _draft_sent(form: Mapping[str, str]) -> Draft:
    """Of the form of a template, as it was sent."""
    return Draft(
        form.get("name", ""),
        form.get("title", ""),
        form.get("about", ""),
        form.get("script", ""),
        rows_sent(form),
        "shared" in form,
        form.get("was", ""),
        form.get("version", ""),
    )


def _renewed(shelves: Shelves, draft: Draft) -> Draft:
    """The same, which replaces what is there now when it is saved once more."""
    if not draft.was:
        return draft
    try:
        version = shelves.own.get(caller_key(), draft.was).version
        was = draft.was
    except DssrError:
        version, was = "", ""
    return replace(draft, version=version, was=was)


def _copy(shelves: Shelves, other: str) -> Draft:
    """Raises ``NotFound`` and ``BadRequest``."""
    source, _, name = other.partition("/")
    found = shelves.find(source, name, caller_key())
    if found.files:
        raise BadRequest(
            f"The site's template {name!r} has files of its own, which a copy would not have."
        )
    template = found.template
    return Draft(
        f"{name}-copy"[:63],
        template.title,
        template.about,
        template.script,
        rows_of(template),
    )


def _name_of(title: str) -> str:
    return re.sub("[^a-z0-9_-]+", "-", title.lower()).strip("-_")[:63]
