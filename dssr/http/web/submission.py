"""``/submit``: the form of a job; and what it does: ``POST /jobs``.

The form's key is in its URL. So a double click, a reload, and the way back and once more are the
same submission, also where the bridge was killed in between.
"""

import re
import secrets
from collections.abc import Mapping

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import Conflict, DssrError, Unavailable
from dssr.http.call import Calls, Needs
from dssr.http.errors import status_of
from dssr.http.request import current
from dssr.http.v1.api import STATUSES
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.job_form import Filled, values_of
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import part
from dssr.jobs.one_script import one_script
from dssr.jobs.request import JobRequest, Origin
from dssr.record import Checked

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SUBMIT = Needs(
    scope=Scope.SUBMIT, body=None, is_submission=True, statuses=STATUSES, audit=("name",)
)
_NO_KEY = ""
_LONGEST = 1000  # characters of what a link carries on
# The fields that are shown when one of them is filled in.
_MORE = (
    *("gpus", "account", "qos", "tasks", "mail_type", "mail_user", "dependency", "modules"),
    *("working_directory", "arguments", "environment", "labels", "options", "held", "exclusive"),
)
_CHANGED = (
    "This form has submitted a job before, and is different now. Press Submit once more to submit "
    "it as another job."
)


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The form, and the submission."""
    calls, jobs = web.private("submission"), use_cases.jobs

    @calls.get("/submit", Needs(scope=Scope.READ))
    def show_form() -> Response:
        if not _KEY.fullmatch(request.args.get("key", "")):
            query = _of(request.args, "from", "return_to") | {"key": _new_key()}
            return pages.redirect("web-submission.show_form", **query)
        values: Mapping[str, str] = {}
        if past := request.args.get("from", ""):
            job = find_own(jobs, past)
            values = values_of(job, jobs.script(job).decode("utf-8", "replace"))
        return page_with(pages, use_cases, {**values, **_of(request.args, "key", "return_to")})

    @calls.post("/jobs", _SUBMIT)
    def submit_form() -> Response:
        filled = Filled(request.form)
        asked = filled.request()
        current().arguments = {"name": asked.name}
        if filled.problems:
            return _form(pages, use_cases, filled, 400, message="Nothing was submitted.")
        try:
            if "check" in request.form:
                found = jobs.check(asked, _origin(use_cases, _NO_KEY))
                script = one_script(asked) or ""
                return _form(pages, use_cases, filled, 200, checked=found, script=script)
            return _submit(pages, use_cases, asked)
        except Conflict:
            again = Filled({**request.form, "key": _new_key()})
            return _form(pages, use_cases, again, 409, message=_CHANGED)
        except DssrError as error:
            return _refused(pages, use_cases, filled, error)

    return calls


def page_with(pages: Pages, use_cases: UseCases, values: Mapping[str, str]) -> Response:
    """The form with these values in its fields."""
    return _form(pages, use_cases, Filled({"key": _new_key(), **values}), 200)


def _submit(pages: Pages, use_cases: UseCases, asked: JobRequest) -> Response:
    job, _ = use_cases.jobs.submit(asked, _origin(use_cases, request.form.get("key", "")))
    current().native_id = job.ref.native_id
    return pages.redirect("web-job.show_job_page", id=job.id, **_of(request.form, "return_to"))


def _refused(pages: Pages, use_cases: UseCases, filled: Filled, error: DssrError) -> Response:
    now = current()
    now.failure, now.kind = error.message, type(error)
    message = error.message
    if isinstance(error, Unavailable):
        message += " What you wrote is below: submit it again, and it is one job all the same."
    response = _form(pages, use_cases, filled, status_of(error, now.call), message=message)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _form(
    pages: Pages,
    use_cases: UseCases,
    filled: Filled,
    status: int,
    message: str = "",
    checked: Checked | None = None,
    script: str = "",
) -> Response:
    view = part(use_cases.cluster.view)
    return pages.page(
        "submit.html",
        status,
        values=filled.values,
        problems=filled.problems,
        message=message,
        checked=checked,
        script=script,
        more=any(filled.values.get(name) for name in _MORE),
        partitions=view.value.partitions if view.value else (),
        view=view,
    )


def _origin(use_cases: UseCases, key: str) -> Origin:
    """Who submits, and by which form."""
    now = current()
    now.owner = use_cases.bridge.owner("")
    caller = f"{now.caller.by}/{now.caller.name}" if now.caller else ""
    known_by = f"form-{key}" if _KEY.fullmatch(key) else ""
    return Origin(caller=caller, key=known_by, owner=now.owner)


def _of(given: Mapping[str, str], *names: str) -> dict[str, str]:
    """These fields, as far as they are given and short enough for a link. All others of a query
    stay behind: some names have a meaning for what makes links."""
    return {name: given[name] for name in names if 0 < len(given.get(name, "")) <= _LONGEST}


def _new_key() -> str:
    return secrets.token_urlsafe(18)
