"""What the buttons of a form do that asks for a job, with the files that it needs: check it, or
submit it and lead to its page. The form of a job and those of templates share it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from flask import Response, request

from dssr.errors import Conflict, DssrError
from dssr.http.request import current
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.form_keys import new_key, origin_of
from dssr.http.web.job_inputs import give_files, with_files
from dssr.http.web.refused_forms import CHANGED, refused
from dssr.http.web.rendering import Pages
from dssr.jobs.request import JobRequest
from dssr.record import Checked

RETURN = "return_to"  # where a user came from, in a link and in a form
_LONGEST = 1000  # characters of what a link carries on


class Shown(Protocol):
    """Shows the form again as it is filled in. ``key``: by which it is another submission; empty:
    its own."""

    def __call__(
        self, status: int, message: str = "", *, checked: Checked | None = None, key: str = ""
    ) -> Response: ...


@dataclass(frozen=True)
class Order:
    """``files``: reads those that the job gets, by the names that they have there. ``link``: what
    the link to the job's page carries. ``again``: a sentence for a user who may send the form once
    more, because the cluster does not answer now."""

    asked: JobRequest
    files: Callable[[], Mapping[str, bytes]]
    link: Mapping[str, str]
    again: str


def send(pages: Pages, use_cases: UseCases, order: Order, shown: Shown) -> Response:
    """Do what the button of this request says; what is refused is shown in the form."""
    jobs, asked = use_cases.jobs, order.asked
    try:
        if "check" in request.form:
            return shown(200, checked=jobs.check(asked, origin_of(use_cases, "")))
        files = order.files()
        origin = origin_of(use_cases, request.form.get("key", ""))
        job, is_again = jobs.submit(with_files(asked, files), origin)
        current().native_id = job.ref.native_id
    except Conflict:
        return shown(409, CHANGED, key=new_key())
    except DssrError as error:
        return refused(error, shown, order.again)
    try:
        if files:
            give_files(use_cases, job, asked, files, is_again=is_again)
    except DssrError as error:
        return refused(error, shown, order.again)
    return pages.redirect("web-job.show_job_page", id=job.id, **order.link)


def carried(given: Mapping[str, str], *names: str) -> dict[str, str]:
    """These fields, as far as they are given and short enough for a link. All others of a query
    stay behind: some names have a meaning for what makes links."""
    return {name: given[name] for name in names if 0 < len(given.get(name, "")) <= _LONGEST}
