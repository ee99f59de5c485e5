"""The flow of every action on a document: form, preview of the next batch, done once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from backoffice.actions.consequences import Consequence, digest_of
from backoffice.actions.perform import (
    Operation,
    SubmittedForm,
    perform_previewed_action,
    preview_action,
    version_of,
)
from invoices.models import Invoice
from payments.models import Payment
from sera_batching.exceptions import Conflict, DomainError, NotAllowed
from sera_batching.http import origin_of
from sera_batching.origin import Origin
from sera_batching.sent_forms import AlreadySent, require_unsent

DO: Final = "do"
"""What the button sends that carries out; every other one only looks."""
UNPROCESSABLE: Final = 422
CONFLICT: Final = 409

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ActionPage:
    """The page of one action on one document."""

    document: Invoice | Payment | None
    heading: str
    verb: str
    """The label of the button that carries it out."""
    done: str
    form: Callable[[QueryDict | None], forms.Form]
    act: Callable[[Values, Origin], Operation]
    assumed: Values | None = None
    """Values for an immediate preview; None if the preview depends on the input."""
    explanation: str = ""
    is_final: bool = False
    """Whether it cannot be undone."""
    back: str
    template: str = "backoffice/actions/act.html"
    extra: dict[str, Any] = field(default_factory=dict)


def url_of(document: Invoice | Payment) -> str:
    """Return the URL of the document's own page."""
    app = "invoices" if isinstance(document, Invoice) else "payments"
    return reverse(f"{app}:detail", args=[document.pk])


def carry_out(request: HttpRequest, page: ActionPage) -> HttpResponse:
    """Show the form; sent, show what it would do; agreed to, do it and go to the document."""
    if request.method != "POST":
        return show(request, page, page.form(None))
    form = page.form(request.POST)
    try:
        require_unsent(read_token(request))
        if not form.is_valid():
            return show(request, page, form, status=UNPROCESSABLE)
        return send(request, page, form)
    except AlreadySent as sent:
        messages.info(request, str(sent))
        return redirect(sent.url)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except Conflict as error:
        return show_refused(request, page, form, error, CONFLICT)
    except DomainError as error:
        return show_refused(request, page, form, error, UNPROCESSABLE)


def send(request: HttpRequest, page: ActionPage, form: forms.Form) -> HttpResponse:
    """Carry out a complete form, or only preview it."""
    origin = origin_of(request)
    act = page.act(form.cleaned_data, origin)
    version = request.POST.get("version", "")
    if request.POST.get("step") != DO:
        seen = preview_action(act=act, document=page.document, version=version)
        return show(request, page, form, seen=seen)
    sent = SubmittedForm(
        token=read_token(request), version=version, agreed=request.POST.get("agreed", "")
    )
    url = perform_previewed_action(
        act=act, document=page.document, sent=sent, url_of=url_of, origin=origin
    )
    messages.success(request, page.done)
    return redirect(url)


def show_refused(
    request: HttpRequest, page: ActionPage, form: forms.Form, error: DomainError, status: int
) -> HttpResponse:
    """Show the form again with its input and why it was refused; recalculate the preview."""
    values = form.cleaned_data if status == CONFLICT else None
    seen, _ = look(request, page, values)
    form.add_error(None, str(error))
    return show(request, page, form, seen=seen or [], status=status)


def show(
    request: HttpRequest,
    page: ActionPage,
    form: forms.Form,
    *,
    seen: list[Consequence] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form, with a preview of the next batch if there is one."""
    refusal = ""
    if seen is None:
        seen, refusal = look(request, page, page.assumed)
    if page.document is not None:
        page.document.refresh_from_db()
    context = {
        "page": page,
        "form": form,
        "consequences": seen,
        "agreed": digest_of(seen) if seen else "",
        "refusal": refusal,
        "version": version_of(page.document),
        "token": read_token(request),
        "is_looked_at": request.method == "POST" and bool(seen) and not form.errors,
        **page.extra,
    }
    return render(request, page.template, context, status=status)


def look(
    request: HttpRequest, page: ActionPage, values: Values | None
) -> tuple[list[Consequence] | None, str]:
    """Return what the action would do with these values now, or why it is refused."""
    if values is None:
        return None, ""
    if page.document is not None:
        page.document.refresh_from_db()
    act = page.act(values, origin_of(request))
    try:
        return preview_action(
            act=act, document=page.document, version=version_of(page.document)
        ), ""
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        return None, str(error)


def read_token(request: HttpRequest) -> UUID:
    """Return the token of the submitted form, or a new one."""
    token: UUID | None = getattr(request, "form_token", None)
    if token is None:
        try:
            token = UUID(request.POST.get("token", ""))
        except ValueError:
            token = uuid4()
        request.form_token = token  # type: ignore[attr-defined]
    return token
