"""The form that a user had filled in when their session ended, after the login."""

from collections.abc import Mapping

from flask import Response

from dssr.errors import DssrError
from dssr.http.call import Failure
from dssr.http.errors import status_of
from dssr.http.request import current
from dssr.http.v1.use_cases import UseCases
from dssr.http.web import services_page, submission, template_editing, template_pages
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages


def kept_form(
    pages: Pages, portal: Portal, use_cases: UseCases, kept: Mapping[str, str]
) -> Response:
    """The page with these values in its fields; where there is no such form any more, the page of
    the error, and the login is good all the same."""
    try:
        return _filled_in(pages, portal, use_cases, kept)
    except DssrError as error:
        now, status = current(), status_of(error)
        now.failure, now.kind = error.message, type(error)
        page, kind = pages.error(Failure(status, error.message, type(error)))
        return Response(page, status, content_type=kind)


def _filled_in(
    pages: Pages, portal: Portal, use_cases: UseCases, kept: Mapping[str, str]
) -> Response:
    """That of a template, of a service, or of a job."""
    if "template" in kept:
        return template_pages.page_with(pages, portal.shelves, kept)
    if "was" in kept:
        return template_editing.page_with(pages, kept)
    if "service" in kept:
        return services_page.page_with(pages, use_cases, kept)
    return submission.page_with(pages, use_cases, kept)
