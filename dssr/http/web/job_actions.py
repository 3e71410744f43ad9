"""What the buttons of a job do: cancel, hold, release; and cancel several after a look at them."""

from collections.abc import Callable, Mapping, Sequence

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import BadRequest, DssrError
from dssr.http.call import Calls, Needs
from dssr.http.errors import status_of
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.refused_forms import refused
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import SeenJob
from dssr.jobs import Jobs
from dssr.record import JobRecord

_ORDER = Needs(scope=Scope.SUBMIT, audit=("id",))
MOST = 50  # jobs that are cancelled at once: a page of the table


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The buttons."""
    calls, jobs = web.private("orders"), use_cases.jobs

    def order(id: str, give: Callable[[JobRecord], JobRecord]) -> Response:
        job = find_own(jobs, id)
        give(job)
        return pages.redirect("web-job.show_job_page", id=job.id)

    @calls.post("/jobs/<id>/cancel", _ORDER)
    def cancel_from_page(id: str) -> Response:
        job = find_own(jobs, id)
        if "confirmed" in request.form or job.is_final:
            return order(id, jobs.cancel)
        return _chosen_page(pages, jobs, [job], {}, job.id)

    @calls.post("/jobs/<id>/hold", _ORDER)
    def hold_from_page(id: str) -> Response:
        return order(id, jobs.hold)

    @calls.post("/jobs/<id>/release", _ORDER)
    def release_from_page(id: str) -> Response:
        return order(id, jobs.release)

    @calls.post("/jobs/cancel", _ORDER)
    def cancel_several() -> Response:
        chosen = [find_own(jobs, id) for id in dict.fromkeys(request.form.getlist("id"))]
        if not chosen or len(chosen) > MOST:
            return _none_chosen(pages)
        if "confirmed" not in request.form:
            return _chosen_page(pages, jobs, chosen, {})
        if failed := _cancel_each(jobs, chosen):
            return _chosen_page(pages, jobs, chosen, failed)
        return pages.redirect("web-jobs.show_jobs")

    return calls


def _cancel_each(jobs: Jobs, chosen: Sequence[JobRecord]) -> Mapping[str, DssrError]:
    """Cancel all of them that can be; what was wrong with each of the others, by its id."""
    failed: dict[str, DssrError] = {}
    for job in chosen:
        try:
            jobs.cancel(job)
        except DssrError as error:
            failed[job.id] = error
    return failed


def _chosen_page(
    pages: Pages,
    jobs: Jobs,
    chosen: Sequence[JobRecord],
    failed: Mapping[str, DssrError],
    only: str = "",
) -> Response:
    """The jobs that are about to be cancelled; after that, those that could not be. ``only``: the
    job whose page asks, to which it leads back."""
    left = [job for job in chosen if not failed or job.id in failed]
    several = pages.url("web-orders.cancel_several"), pages.url("web-jobs.show_jobs")
    one = (
        pages.url("web-orders.cancel_from_page", id=only),
        pages.url("web-job.show_job_page", id=only),
    )
    action, back = one if only else several
    return pages.page(
        "cancel.html",
        status_of(next(iter(failed.values()))) if failed else 200,
        jobs=[SeenJob(job, jobs.summary(job)) for job in left],
        done=len(chosen) - len(left),
        problems=list(dict.fromkeys(error.message for error in failed.values())),
        action=action,
        back=back,
    )


def _none_chosen(pages: Pages) -> Response:
    """What a user does first, where they have chosen no jobs, or too many."""
    back = pages.url("web-jobs.show_jobs")
    return refused(
        BadRequest(f"Choose 1 to {MOST} jobs in the table first."),
        lambda status, words: pages.page(
            "cancel.html", status, jobs=(), problems=[words], back=back
        ),
    )
