"""All calls of the portal."""

from collections.abc import Sequence

from dssr.http.call import Calls
from dssr.http.v1.use_cases import UseCases
from dssr.http.web import (
    account,
    assets,
    cluster_page,
    files_page,
    home,
    job_actions,
    job_list,
    job_page,
    login,
    operator_page,
    output_page,
    provider_login,
    results_page,
    services_page,
    submission,
    template_editing,
    template_pages,
    token_forms,
)
from dssr.http.web.api import WebCalls
from dssr.http.web.form_files import sizes
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages


def all_calls(portal: Portal, use_cases: UseCases) -> Sequence[Calls]:
    """The calls of a portal over these use cases."""
    unaccounted = cluster_page.unaccounted(use_cases.cluster)
    takes = sizes(portal.settings.max_body)
    pages = Pages(portal.site, ways=portal.ways, unaccounted=unaccounted, file_sizes=takes)
    web = WebCalls(pages, portal.site)
    return (
        home.calls(web, pages, use_cases),
        login.calls(web, pages, portal, use_cases),
        *provider_login.all_calls(web, pages, portal, use_cases),
        job_list.calls(web, pages, use_cases),
        job_page.calls(web, pages, use_cases),
        job_actions.calls(web, pages, use_cases),
        output_page.calls(web, pages, use_cases),
        output_page.feeds(web, use_cases),
        files_page.calls(web, pages, use_cases),
        results_page.calls(web, pages, use_cases),
        submission.calls(web, pages, use_cases, portal.shelves),
        template_pages.calls(web, pages, use_cases, portal.shelves),
        template_editing.calls(web, pages, use_cases, portal.shelves),
        services_page.calls(web, pages, use_cases),
        cluster_page.calls(web, pages, use_cases),
        account.calls(web, pages, portal),
        operator_page.calls(web, pages, portal, use_cases),
        token_forms.calls(web, pages, portal.settings.tokens_file),
        assets.calls(web),
        web.unknown(),
    )
