"""Settings → Tokens: the tokens with which other systems use the API."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.forms import TokenForm
from integrations.models import ApiToken
from integrations.services.tokens import MANAGE, make_token, revoke_token
from sera_batching.exceptions import DomainError
from sera_batching.http import company_of, origin_of


@require_safe
@permission_required(MANAGE, raise_exception=True)
def tokens(request: HttpRequest) -> HttpResponse:
    """List every token, newest first."""
    found = ApiToken.objects.select_related("owner", "created_by")
    return render(request, "integrations/tokens.html", {"tokens": found})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MANAGE, raise_exception=True)
def token_add(request: HttpRequest) -> HttpResponse:
    """Make a token, and show its secret only in this response."""
    form = TokenForm(request.POST or None, initial={"owner": request.user.get_username()})
    if form.is_valid():
        try:
            token, secret = make_token(
                name=form.cleaned_data["name"],
                owner=form.cleaned_data["owner"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(company_of(request).zone),
                origin=origin_of(request),
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            context = {"token": token, "secret": secret}
            return render(request, "integrations/token_made.html", context)
    status = 422 if form.errors else 200
    return render(request, "integrations/token_add.html", {"form": form}, status=status)


@require_POST
@permission_required(MANAGE, raise_exception=True)
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token immediately."""
    if not ApiToken.objects.filter(pk=token_id).exists():
        raise Http404("There is no such token.")
    token = revoke_token(token_id=token_id, origin=origin_of(request))
    messages.success(request, f"The token {token.name} was revoked.")
    return redirect("integrations:tokens")
