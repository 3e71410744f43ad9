"""The form that a user had filled in when their session ended, after the login."""

from collections.abc import Mapping

from flask import Response

from dssr.http.v1.use_cases import UseCases
from dssr.http.web import services_page, submission, template_editing, template_pages
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages


def kept_form(
    pages: Pages, portal: Portal, use_cases: UseCases, kept: Mapping[str, str]
) -> Response:
    """The page with these values in its fields: that of a template, of a service, or of a job."""
    if "template" in kept:
        return template_pages.page_with(pages, portal.shelves, kept)
    if "was" in kept:
        return template_editing.page_with(pages, kept)
    if "service" in kept:
        return services_page.page_with(pages, use_cases, kept)
    return submission.page_with(pages, use_cases, kept)
