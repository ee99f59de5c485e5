"""Settings → Webhooks: who receives events of batches, what was sent, the responses."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.forms import WebhookForm
from integrations.models import Webhook, WebhookDelivery
from integrations.services.webhooks import (
    MANAGE,
    change_webhook,
    make_webhook,
    redeliver,
    remove_webhook,
    renew_secret,
)
from sera_batching.exceptions import DomainError
from sera_batching.http import origin_of
from sera_batching.tables import page_of
from sera_batching.views.answers import carry_out


@require_safe
@permission_required(MANAGE, raise_exception=True)
def webhooks(request: HttpRequest) -> HttpResponse:
    """List every webhook with the state of its deliveries."""
    statuses = WebhookDelivery.Status
    found = Webhook.objects.annotate(
        pending_count=Count("deliveries", filter=Q(deliveries__status=statuses.PENDING)),
        failed_count=Count("deliveries", filter=Q(deliveries__status=statuses.FAILED)),
    )
    return render(request, "integrations/webhooks.html", {"webhooks": found})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MANAGE, raise_exception=True)
def webhook_add(request: HttpRequest) -> HttpResponse:
    """Make a webhook, and show its secret only in this response."""
    form = WebhookForm(request.POST or None, initial={"is_active": True})
    if form.is_valid():
        try:
            webhook, secret = make_webhook(values=form.values(), origin=origin_of(request))
        except DomainError as error:
            form.add_error("url", str(error))
        else:
            context = {"webhook": webhook, "secret": secret}
            return render(request, "integrations/webhook_secret.html", context)
    status = 422 if form.errors else 200
    return render(request, "integrations/webhook_add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MANAGE, raise_exception=True)
def webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Show a webhook with its log of deliveries, and change it."""
    found = find_webhook(webhook_id)
    form = WebhookForm(request.POST or None, initial=WebhookForm.initial_of(found))
    if form.is_valid():
        try:
            change_webhook(webhook_id=found.pk, values=form.values(), origin=origin_of(request))
        except DomainError as error:
            form.add_error("url", str(error))
        else:
            messages.success(request, "The webhook was saved.")
            return redirect("integrations:webhook", found.pk)
    deliveries = found.deliveries.prefetch_related("attempts")
    page, problem = page_of(deliveries, request.GET.get("page", ""))
    context = {
        "webhook": found,
        "form": form,
        "page": page,
        "problems": [problem] if problem else [],
    }
    status = 422 if form.errors else 200
    return render(request, "integrations/webhook.html", context, status=status)


@never_cache
@require_POST
@permission_required(MANAGE, raise_exception=True)
def webhook_secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Replace the signing secret, and show the new one only in this response."""
    find_webhook(webhook_id)
    webhook, secret = renew_secret(webhook_id=webhook_id, origin=origin_of(request))
    context = {"webhook": webhook, "secret": secret}
    return render(request, "integrations/webhook_secret.html", context)


@require_POST
@permission_required(MANAGE, raise_exception=True)
def webhook_remove(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Delete a webhook with its log."""
    find_webhook(webhook_id)
    remove_webhook(webhook_id=webhook_id, origin=origin_of(request))
    messages.success(request, "The webhook was removed.")
    return redirect("integrations:webhooks")


@require_POST
@permission_required(MANAGE, raise_exception=True)
def webhook_redeliver(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Send a delivery again."""
    delivery = WebhookDelivery.objects.filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    origin = origin_of(request)
    carry_out(
        request,
        lambda: redeliver(delivery_id=delivery_id, origin=origin),
        done="It is being sent again. Reload the page to see the response.",
    )
    return redirect("integrations:webhook", delivery.webhook_id)


def find_webhook(webhook_id: int) -> Webhook:
    """Return a webhook, or raise Http404."""
    found = Webhook.objects.filter(pk=webhook_id).first()
    if found is None:
        raise Http404("There is no such webhook.")
    return found
