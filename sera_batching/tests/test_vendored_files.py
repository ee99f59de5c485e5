"""The third-party files match their notices, and there are no others."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

LINE = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)


@pytest.mark.parametrize("folder", ["static/vendor", "e2e/vendor"])
def test_vendored_files_match_their_notice(folder: str) -> None:
    root: Path = settings.BASE_DIR / folder
    noticed = {path: digest for digest, path in LINE.findall((root / "NOTICE").read_text())}
    found = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name != "NOTICE"
    }
    assert found == noticed
    assert found
