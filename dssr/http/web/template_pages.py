"""``/templates``: the site's, the user's own and shared ones; and the form of each."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1.api import STATUSES
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.file_views import printable
from dssr.http.web.form_files import name_of, too_large
from dssr.http.web.form_keys import KEY, new_key
from dssr.http.web.job_form import Filled, values_of
from dssr.http.web.rendering import Pages
from dssr.http.web.sending import RETURN, Order, carried, send
from dssr.http.web.template_origin import LABEL, fields_of, files_named, not_kept
from dssr.jobs.request import JobRequest
from dssr.record import Checked
from dssr.templates.filling import FilledTemplate, stored_name
from dssr.templates.own import key_of
from dssr.templates.shelves import OWN, Found, Shelves

_SUBMIT = Needs(
    scope=Scope.SUBMIT, body=None, is_submission=True, statuses=STATUSES, audit=("source", "name")
)
# How the names of a template's fields begin in its form, and those of the boxes that it has: a
# browser sends nothing for one that is not ticked.
_FIELD, _BOX = "field-", "box-"
_AGAIN = "Send the form again, with its files, and it is one job all the same."
_EDITED = (
    "The template has changed since you opened it: look at its script and its fields, and submit "
    "once more."
)
_EMPTY = "The file is empty: choose another one."
_ELSEWHERE = "choose a smaller one, or upload it to the cluster first"
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
            where = {"source": source, "name": name, "key": new_key()}
            where |= carried(request.args, "from", RETURN)
            return pages.redirect("web-templates.show_template", **where)
        return _begun(pages, use_cases, found)

    @calls.post("/templates/<source>/<name>", _SUBMIT)
    def submit_template(source: str, name: str) -> Response:
        found = shelves.find(source, name, caller_key())
        return _submitted(pages, use_cases, found)

    return calls


@dataclass(frozen=True)
class _Form:
    """The form of a template. ``lost``: the files that are to be chosen again; ``not_kept``: the
    fields that are not as the past job had them; ``script``: with the values, once it is checked.
    """

    pages: Pages
    found: Found
    filled: FilledTemplate
    key: str
    return_to: str
    lost: str = ""
    not_kept: Sequence[str] = ()
    script: str = ""

    def page(
        self,
        status: int = 200,
        message: str = "",
        *,
        checked: Checked | None = None,
        key: str = "",
    ) -> Response:
        """The page. ``key``: another one than it had."""
        return self.pages.page(
            "template.html",
            status,
            found=self.found,
            values=self.filled.values(),
            problems=self.filled.problems,
            key=key or self.key,
            return_to=self.return_to,
            message=message,
            checked=checked,
            script=self.script if checked else self.found.template.script,
            lost=self.lost,
            not_kept=self.not_kept,
        )


def _begun(pages: Pages, use_cases: UseCases, found: Found) -> Response:
    """The form to be filled in: with its defaults, or as a past job has its fields."""
    key, return_to = request.args["key"], request.args.get(RETURN, "")
    past = request.args.get("from", "")
    if not past:
        return _Form(pages, found, FilledTemplate(found.template, {}), key, return_to).page()
    job = find_own(use_cases.jobs, past)
    script = use_cases.jobs.script(job).decode("utf-8", "replace")
    given = fields_of(found.template, values_of(job, script), script)
    lost, others = files_named(found.template, job.about.labels), not_kept(found.template)
    filled = FilledTemplate(found.template, given)
    return _Form(pages, found, filled, key, return_to, lost, others).page()


def page_with(pages: Pages, shelves: Shelves, kept: Mapping[str, str]) -> Response:
    """The form of a template with what a user had filled in before the session ended."""
    source, _, name = kept["template"].partition("/")
    found = shelves.find(source, name, caller_key())
    filled = FilledTemplate(found.template, _given(found, kept))
    form = _Form(pages, found, filled, new_key(), kept.get(RETURN, ""), kept.get("lost", ""))
    return form.page(message=_changed(found, kept))


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
    files, names, faults = _sent_files(found)
    filled = FilledTemplate(found.template, {**_given(found, request.form), **names})
    filled.check()
    filled.problems |= faults
    asked = _request(found, filled, files)
    key, return_to = request.form.get("key", ""), request.form.get(RETURN, "")
    form = _Form(pages, found, filled, key, return_to)
    if message := _changed(found, request.form):
        return form.page(409, message)
    if filled.problems or asked is None:
        return form.page(400, "Nothing was submitted.")
    current().arguments = {"source": found.source, "name": asked.name}
    link = carried(request.form, RETURN)
    order = Order(asked, lambda: _inputs(found, files, names), link, _AGAIN)
    return send(pages, use_cases, order, replace(form, script=asked.script).page)


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


def _sent_files(
    found: Found,
) -> tuple[Mapping[str, bytes], Mapping[str, str], Mapping[str, str]]:
    """The content and the name of each file that was sent for a field of the template, and what is
    wrong with it."""
    fields = {
        _FIELD + field.name: field.name for field in found.template.fields if field.type == "file"
    }
    chosen = {fields[name]: file for name, file in request.files.items() if name in fields}
    chosen = {name: file for name, file in chosen.items() if file.filename}
    names = {name: printable(name_of(file)) for name, file in chosen.items()}
    sizes = {name: too_large(file, _ELSEWHERE) for name, file in chosen.items()}
    files = {name: file.read() for name, file in chosen.items()}
    empty = {name: _EMPTY for name, data in files.items() if not data}
    return files, names, empty | {name: sentence for name, sentence in sizes.items() if sentence}


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
