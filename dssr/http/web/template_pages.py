"""``/templates``: the site's, the user's own and shared ones; and the form of each."""

import hashlib
from collections.abc import Mapping

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import Conflict, DssrError
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1.api import STATUSES
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.file_views import printable
from dssr.http.web.form_keys import KEY, new_key, origin_of
from dssr.http.web.job_form import Filled, values_of
from dssr.http.web.job_inputs import give_files, with_files
from dssr.http.web.refused_forms import CHANGED, refused
from dssr.http.web.rendering import Pages
from dssr.http.web.template_origin import LABEL, fields_of, files_named
from dssr.jobs.request import JobRequest
from dssr.record import Checked
from dssr.seams import PART
from dssr.templates.filling import FilledTemplate, stored_name
from dssr.templates.own import key_of
from dssr.templates.shelves import OWN, Found, Shelves

_FORM = 256 * 1024  # bytes of a form around its files
_SUBMIT = Needs(
    scope=Scope.SUBMIT,
    body=PART + _FORM,
    too_large="choose files of at most 8 MB together, or upload larger ones to the cluster first",
    is_submission=True,
    statuses=STATUSES,
    audit=("source", "name"),
)
# How the names of a template's fields begin in its form, and those of the boxes that it has: a
# browser sends nothing for one that is not ticked.
_FIELD, _BOX = "field-", "box-"
_AGAIN = "Send the form again, with its files, and it is one job all the same."
_EDITED = (
    "The template has changed since you opened it: look at its script and its fields, and submit "
    "once more."
)
_LABEL_LENGTH = 160


def calls(web: WebCalls, pages: Pages, use_cases: UseCases, shelves: Shelves) -> Calls:
    """The list, the form of a template, and what it does."""
    calls = web.private("templates")

    @calls.get("/templates", Needs(scope=Scope.READ))
    def show_templates() -> Response:
        key = caller_key()
        return pages.page(
            "templates.html",
            site=shelves.site.all(),
            own=shelves.own.of(key),
            shared=shelves.own.shared(but=key),
            source_of_own=OWN,
        )

    @calls.get("/templates/<source>/<name>", Needs(scope=Scope.READ))
    def show_template(source: str, name: str) -> Response:
        found = shelves.find(source, name, caller_key())
        if not KEY.fullmatch(request.args.get("key", "")):
            past = {"from": request.args["from"]} if request.args.get("from") else {}
            where = {"source": source, "name": name, "key": new_key(), **past}
            return pages.redirect("web-templates.show_template", **where)
        return _begun(pages, use_cases, found)

    @calls.post("/templates/<source>/<name>", _SUBMIT)
    def submit_template(source: str, name: str) -> Response:
        found = shelves.find(source, name, caller_key())
        return _submitted(pages, use_cases, found)

    return calls


def _begun(pages: Pages, use_cases: UseCases, found: Found) -> Response:
    """The form to be filled in: with its defaults, or as a past job has its fields."""
    given: Mapping[str, str] = {}
    lost = ""
    if past := request.args.get("from", ""):
        job = find_own(use_cases.jobs, past)
        script = use_cases.jobs.script(job).decode("utf-8", "replace")
        given = fields_of(found.template, values_of(job, script), script)
        lost = files_named(found.template, job.about.labels)
    return _form(
        pages, found, FilledTemplate(found.template, given), request.args["key"], lost=lost
    )


def page_with(pages: Pages, shelves: Shelves, kept: Mapping[str, str]) -> Response:
    """The form of a template with what a user had filled in before the session ended."""
    source, _, name = kept["template"].partition("/")
    found = shelves.find(source, name, caller_key())
    filled, message = FilledTemplate(found.template, _given(found, kept)), _changed(found, kept)
    return _form(pages, found, filled, new_key(), message=message, lost=kept.get("lost", ""))


def caller_key() -> str:
    """The key of the user whose session it is, which this request may have begun."""
    session = current().session
    caller = session.caller if session else None
    return key_of(f"{caller.by}/{caller.name}" if caller else "")


def _changed(found: Found, form: Mapping[str, str]) -> str:
    """What to say where the template is no longer the one that the form has shown: its owner may
    have edited the script meanwhile."""
    return "" if form.get("version", found.version) == found.version else _EDITED


def _submitted(pages: Pages, use_cases: UseCases, found: Found) -> Response:
    """Check or submit what the request has."""
    key = request.form.get("key", "")
    files, names = _sent_files(found)
    filled = FilledTemplate(found.template, {**_given(found, request.form), **names})
    filled.check()
    filled.problems |= {
        one: "The file is empty: choose another one." for one, data in files.items() if not data
    }
    asked = _request(found, filled, files)
    if message := _changed(found, request.form):
        return _form(pages, found, filled, key, 409, message=message)
    if filled.problems or asked is None:
        return _form(pages, found, filled, key, 400, message="Nothing was submitted.")
    current().arguments = {"source": found.source, "name": asked.name}
    try:
        if "check" in request.form:
            checked = use_cases.jobs.check(asked, origin_of(use_cases, ""))
            return _form(pages, found, filled, key, checked=checked, script=asked.script)
        inputs = _inputs(found, files, names)
        job, is_again = use_cases.jobs.submit(with_files(asked, inputs), origin_of(use_cases, key))
        current().native_id = job.ref.native_id
    except Conflict:
        return _form(pages, found, filled, new_key(), 409, message=CHANGED)
    except DssrError as error:
        return _refused(pages, found, filled, key, error)
    try:
        if inputs:
            give_files(use_cases, job, asked, inputs, is_again=is_again)
    except DssrError as error:
        return _refused(pages, found, filled, key, error)
    return pages.redirect("web-job.show_job_page", id=job.id)


def _inputs(
    found: Found, files: Mapping[str, bytes], names: Mapping[str, str]
) -> Mapping[str, bytes]:
    """The files that the job needs, by the names that they have there: the template's, and those
    that were sent."""
    sent = {
        stored_name(field, names[field.name]): files[field.name]
        for field in found.template.fields
        if field.name in files
    }
    return {name: path.read_bytes() for name, path in found.files.items()} | sent


def _given(found: Found, form: Mapping[str, str]) -> Mapping[str, str]:
    """The fields that a form has sent. Files are no texts."""
    boxes = {name.removeprefix(_BOX): "" for name in form if name.startswith(_BOX)}
    texts = {name.removeprefix(_FIELD): form[name] for name in form if name.startswith(_FIELD)}
    files = {field.name for field in found.template.fields if field.type == "file"}
    return {name: text for name, text in {**boxes, **texts}.items() if name not in files}


def _sent_files(found: Found) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
    """The content and the name of each file that was sent for a field of the template."""
    fields = [field.name for field in found.template.fields if field.type == "file"]
    sent = {name: request.files[_FIELD + name] for name in fields if _FIELD + name in request.files}
    chosen = {name: file for name, file in sent.items() if file.filename}
    names = {
        name: printable((file.filename or "").replace("\\", "/").rpartition("/")[2])
        for name, file in chosen.items()
    }
    return {name: file.read() for name, file in chosen.items()}, names


def _request(found: Found, filled: FilledTemplate, files: Mapping[str, bytes]) -> JobRequest | None:
    """What is submitted; ``None`` where a field is wrong."""
    if filled.problems:
        return None
    values = {"name": found.name} | filled.job_values()
    labels = {}
    for name, data in files.items():
        digest = hashlib.sha256(data).hexdigest()[:16]
        labels[name] = f"{filled.given[name][:_LABEL_LENGTH]} sha256:{digest}"
    labels[LABEL] = found.label  # also where a field has that name
    lines = [f"{name}={value}" for name, value in labels.items()]
    values["labels"] = "\n".join([*values.get("labels", "").splitlines(), *lines])
    form = Filled(values)
    asked = form.request()
    filled.problems |= form.problems
    return None if form.problems else asked


def _refused(
    pages: Pages, found: Found, filled: FilledTemplate, key: str, error: DssrError
) -> Response:
    def form(status: int, message: str) -> Response:
        return _form(pages, found, filled, key, status, message=message)

    return refused(error, form, _AGAIN)


def _form(
    pages: Pages,
    found: Found,
    filled: FilledTemplate,
    key: str,
    status: int = 200,
    message: str = "",
    checked: Checked | None = None,
    script: str = "",
    lost: str = "",
) -> Response:
    return pages.page(
        "template.html",
        status,
        found=found,
        values=filled.values(),
        problems=filled.problems,
        key=key,
        message=message,
        checked=checked,
        script=script or found.template.script,
        lost=lost,
    )
