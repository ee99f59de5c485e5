from collections.abc import Mapping
from typing import Any

from integrations.services.webhooks import rotate_secrets
from sera_batching.commands import OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Re-encrypt the webhook secrets with SECRET_KEY, so that an old key can be dropped."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        count = rotate_secrets(origin=origin)
        if options["json"]:
            self.print_json({"rotated": count})
        else:
            self.stdout.write(f"{count} secrets are encrypted with the newest key.")
        return None
