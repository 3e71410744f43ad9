"""``/jobs/N``: one job, and first of all why it is in its state."""

from typing import Any

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.form.writing import FAULTS
from dssr.http.call import Calls, Needs
from dssr.http.v1.ownership import find_own, locate_own
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.as_commands import Commands, commands_of
from dssr.http.web.kept_scripts import KeptScripts
from dssr.http.web.rendering import Pages
from dssr.http.web.return_links import ReturnLinks
from dssr.http.web.seen import SeenJob, own_job_seen, part
from dssr.http.web.sending import RETURN
from dssr.jobs.advice import Used, advice


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page of a job, and the text of its script."""
    calls, jobs = web.private("job"), use_cases.jobs
    scripts = KeptScripts(jobs)
    links = ReturnLinks(use_cases.bridge.settings.web_return_to)

    @calls.get("/jobs/<id>", Needs(scope=Scope.READ))
    def show_job_page(id: str) -> Response:
        job, age, problem = own_job_seen(jobs, id)
        why = part(lambda: jobs.why(find_own(jobs, job.record.id)))
        script = part(lambda: scripts.script(locate_own(jobs, job.record.id)))
        commands = _commands(pages, job, script.value)
        return_to = request.args.get(RETURN, "")
        back = links.link(return_to, job.record.id, job.state)
        values: dict[str, Any] = {"why": why, "script": script, "commands": commands}
        values |= {"back": back, "return_to": return_to}
        given = request.args.get("fixed", "").split(", ")
        values |= {"used": Used.of(job.record), "advice": advice(job.record)}
        values["fixed"] = [words for words in FAULTS if words in given]
        return pages.page("job.html", job=job, age=age, problem=problem, **values)

    return calls


def _commands(pages: Pages, job: SeenJob, script: str | None) -> Commands | None:
    return None if script is None else commands_of(job.record, script, pages.root())
