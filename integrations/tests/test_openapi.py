"""The API against its own description: requests that schemathesis generates from it."""

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pytest_django.live_server_helper import LiveServer
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from accounting.tests.factories import make_batch
from integrations.tests.factories import make_token
from invoices.tests.factories import make_invoice

EXAMPLES: Final = 8
"""Valid and as many invalid requests per operation."""


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def as_lines(ctx: Any, value: Any) -> bytes:
    """Send a feed as plain text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.exhaustive
def test_every_answer_is_as_described(live_server: LiveServer, settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 1_000_000
    make_invoice()
    make_batch()
    make_invoice()
    _, secret = make_token()
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        send_examples(operation, GenerationMode.POSITIVE, live_server.url, secret)
        # Any text is a feed: its bad lines are refused one by one, in a successful response.
        if operation.path != "/api/v1/feed":
            send_examples(operation, GenerationMode.NEGATIVE, live_server.url, secret)


def send_examples(operation: Any, mode: GenerationMode, url: str, secret: str) -> None:
    """Send generated requests for one operation; check each response against the description."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        case.call_and_validate(
            base_url=url,
            headers={"Authorization": f"Bearer {secret}"},
            # A valid request may still be refused by a business rule.
            excluded_checks=[positive_data_acceptance],
        )

    send()
