"""``/submit``: the form of a job; and what it does: ``POST /jobs``.

The form's key is in its URL. So a double click, a reload, and the way back and once more are the
same submission, also where the bridge was killed in between.
"""

from collections.abc import Mapping

from flask import Response, jsonify, request

from dssr.access.scopes import Scope
from dssr.form.writing import INTERPRETER
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1.api import STATUSES
from dssr.http.v1.ownership import find_own, user_logged_in
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.form_files import Sent, inputs, sent_form
from dssr.http.web.form_keys import KEY, new_key
from dssr.http.web.form_preview import preview_of
from dssr.http.web.job_form import Filled, values_of
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import jobs_seen, part
from dssr.http.web.sending import RETURN, Order, carried, send
from dssr.http.web.template_origin import template_named
from dssr.http.web.template_pages import caller_key
from dssr.jobs.index import Wanted
from dssr.jobs.script import name_in
from dssr.record import Checked, JobRecord
from dssr.templates.shelves import Found, Shelves

_SUBMIT = Needs(
    scope=Scope.SUBMIT, body=None, is_submission=True, statuses=STATUSES, audit=("name",)
)
_NOTHING = Sent({})
_PAST = 20  # jobs that the form can be filled in from
# The fields that are shown when one of them is filled in.
_MORE = (
    *("gpus", "account", "qos", "tasks", "mail_type", "mail_user", "dependency", "modules"),
    *("working_directory", "arguments", "environment", "labels", "options", "files", "held"),
    "exclusive",
)
_AGAIN = "What you wrote is below: submit it again, and it is one job all the same."


def calls(web: WebCalls, pages: Pages, use_cases: UseCases, shelves: Shelves) -> Calls:
    """The form, and the submission."""
    calls, jobs = web.private("submission"), use_cases.jobs

    @calls.get("/submit", Needs(scope=Scope.READ))
    def show_form() -> Response:
        if not KEY.fullmatch(request.args.get("key", "")):
            query = carried(request.args, "from", RETURN) | {"key": new_key()}
            return pages.redirect("web-submission.show_form", **query)
        values: Mapping[str, str] = {}
        given = carried(request.args, "key", RETURN)
        if past := request.args.get("from", ""):
            job = find_own(jobs, past)
            if found := _origin(shelves, job):
                where = {"source": found.source, "name": found.name, "from": job.id}
                where |= carried(given, RETURN)
                return pages.redirect("web-templates.show_template", **where)
            values = values_of(job, jobs.script(job).decode("utf-8", "replace"))
            values = {**values, "from": job.id}
        return page_with(pages, use_cases, {**values, **given})

    @calls.post("/submit/preview", Needs(scope=Scope.READ, body=None))
    def show_preview() -> Response:
        view = part(use_cases.cluster.view).value
        return jsonify(preview_of(request.form, view).document())

    @calls.post("/jobs", _SUBMIT)
    def submit_form() -> Response:
        return _answer(pages, use_cases, sent_form())

    return calls


def _origin(shelves: Shelves, job: JobRecord) -> Found | None:
    """The template that a job came from, if its user still has it."""
    label = template_named(job.about.labels)
    return shelves.labelled(label, caller_key()) if label else None


def _answer(pages: Pages, use_cases: UseCases, sent: Sent) -> Response:
    """What the form's buttons do: submit, check, discard edits."""
    if "discard" in request.form:
        values = {name: text for name, text in sent.values.items() if name != "batch"}
        return _form(pages, use_cases, Filled(values), 200, sent=sent)
    filled = Filled(sent.values, sent.problems)
    asked = filled.request()
    filled.check_command()
    current().arguments = {"name": asked.name or name_in(asked.script)}

    def shown(
        status: int, message: str = "", *, checked: Checked | None = None, key: str = ""
    ) -> Response:
        form = Filled({**sent.values, "key": key}) if key else filled
        return _form(pages, use_cases, form, status, message=message, checked=checked, sent=sent)

    if filled.problems:
        return shown(400, "Nothing was submitted.")
    link = carried(request.form, RETURN)
    if sent.fixed:
        link["fixed"] = ", ".join(sent.fixed)
    return send(pages, use_cases, Order(asked, inputs, link, _AGAIN), shown)


def page_with(pages: Pages, use_cases: UseCases, values: Mapping[str, str]) -> Response:
    """The form with these values in its fields."""
    return _form(
        pages, use_cases, Filled({"key": new_key(), "script": f"{INTERPRETER}\n", **values}), 200
    )


def _form(
    pages: Pages,
    use_cases: UseCases,
    filled: Filled,
    status: int,
    *,
    message: str = "",
    checked: Checked | None = None,
    sent: Sent = _NOTHING,
) -> Response:
    view, values = part(use_cases.cluster.view), filled.values
    preview = preview_of(values, view.value)
    own = Wanted(user=user_logged_in(use_cases.bridge))
    past = part(lambda: jobs_seen(use_cases.jobs, own, _PAST).jobs)
    return pages.page(
        "submit.html",
        status,
        values=values,
        problems=filled.problems,
        message=message,
        checked=checked,
        preview=preview,
        batch=values["batch"] if filled.is_edited else preview.script,
        is_edited=filled.is_edited,
        fixed=[*sent.fixed, *preview.fixed],
        lost=sent.lost or values.get("lost", ""),
        more=any(values.get(name) or name in filled.problems for name in _MORE),
        view=view,
        past=past.value or (),
    )
