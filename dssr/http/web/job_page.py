"""``/jobs/N``: one job, and first of all why it is in its state."""

from flask import Response

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.v1.ownership import find_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import job_seen, part


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page of a job, and the text of its script."""
    calls, jobs = web.private("job"), use_cases.jobs

    @calls.get("/jobs/<id>", Needs(scope=Scope.READ))
    def show_job_page(id: str) -> Response:
        job, age, problem = job_seen(jobs, id)
        why = part(lambda: jobs.why(find_own(jobs, job.record.id)))
        script = part(lambda: jobs.script(find_own(jobs, job.record.id)).decode("utf-8", "replace"))
        return pages.page("job.html", job=job, age=age, problem=problem, why=why, script=script)

    return calls
