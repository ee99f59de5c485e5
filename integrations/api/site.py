"""Assembles the API: its routers, its description, its URLs."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, re_path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from integrations.api import batches, feed, unbatched
from integrations.api.answers import KEY_HEADER
from integrations.api.auth import ApiTokenAuth
from integrations.api.description import describe
from integrations.api.problems import (
    KINDS,
    MEDIA_TYPE,
    answer_problem,
    api_view,
    nothing_here,
    problem_of,
)
from integrations.api.schemas import ProblemOut
from sera_batching import __version__

TITLE: Final = "Sera Batching API"
DESCRIPTION: Final = (
    "Send records, make batches, fetch their zips. Every request carries a token that an admin "
    "made on Settings → Tokens; every refusal is a problem (RFC 9457)."
)
KEY_PARAMETER: Final = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "description": "A request that is sent again with the same key isn't carried out twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
METHODS_THAT_CHANGE: Final = frozenset({"post"})


class Api(NinjaAPI):
    """The API with what django-ninja does not describe: problems, keys, headers."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description, each operation with the problems that it may return."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = ProblemOut.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schema["components"]["schemas"].update(
            schema["components"]["schemas"]["Problem"].pop("$defs", {})
        )
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                if method in METHODS_THAT_CHANGE:
                    operation["parameters"].append(KEY_PARAMETER)
                for kind in KINDS:
                    operation["responses"].setdefault(kind.status.value, _problem(kind.title))
        return schema


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _answer_error(request: HttpRequest, error: Exception | type[Exception]) -> Any:
    if isinstance(error, type):
        error = error()
    return answer_problem(request, problem_of(error))


api = Api(
    title=TITLE,
    version=__version__,
    description=DESCRIPTION,
    auth=ApiTokenAuth(),
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
)
for part in (feed, unbatched, batches):
    api.add_router("", part.router)
# django-ninja has its own handlers for the last three.
for error_type in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(error_type, _answer_error)


@login_not_required
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Show the description of the API as a page of this server, without scripts."""
    context = {
        "api": api,
        "operations": describe(api.get_openapi_schema()),
        "kinds": KINDS,
        "limit": settings.API_REQUESTS_A_MINUTE,
    }
    return render(request, "integrations/api_docs.html", context)


def _url_patterns() -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in api.urls[0]:
        assert isinstance(pattern, URLPattern)  # noqa: S101  django-ninja nests none
        is_root = pattern.name == "api-root"
        pattern.callback = nothing_here if is_root else api_view(pattern.callback)
        found.append(pattern)
    return [
        *found,
        path("docs/", documentation, name="docs"),
        # Not `<path:rest>`, which does not match a URL with a line break in it.
        re_path(r"^(?P<rest>[\s\S]+)$", nothing_here, name="nothing"),
    ]


urls = (_url_patterns(), "api", "api")
