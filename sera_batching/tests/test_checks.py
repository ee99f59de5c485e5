"""Production refuses dangerous settings; the default configuration runs without any settings."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.db import connection

from sera_batching.checks import check_production

STRONG_KEY = "".join(chr(33 + number % 90) for number in range(64))
PRODUCTION = {
    "DATABASE_URL": "postgres://sera@127.0.0.1:1/sera",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": STRONG_KEY,
    "ALLOWED_HOSTS": "books.example.com",
    "HTTPS": "True",
}


def run_python(
    arguments: list[str], var_dir: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in this tree with these variables and no others of ours."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings as a careful company has them."""
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.SECRET_KEY_IS_GIVEN = True
    settings.SECRET_KEY = STRONG_KEY
    settings.SECRET_KEY_FALLBACKS = []
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["books.example.com"]
    return settings


def test_careful_production_is_clean(production: Any) -> None:
    assert check_production() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEBUG", True, "sera_batching.E001"),
        ("SECRET_KEY_IS_GIVEN", False, "sera_batching.E002"),
        ("SECRET_KEY", "short", "sera_batching.E003"),
        ("SECRET_KEY", "a" * 80, "sera_batching.E003"),
        ("SECRET_KEY", "django-insecure-" + STRONG_KEY, "sera_batching.E003"),
        ("SECRET_KEY_FALLBACKS", ["short"], "sera_batching.E003"),
        ("SECURE_SSL_REDIRECT", False, "sera_batching.E004"),
        ("SESSION_COOKIE_SECURE", False, "sera_batching.E004"),
        ("CSRF_COOKIE_SECURE", False, "sera_batching.E004"),
        ("SECURE_HSTS_SECONDS", 0, "sera_batching.E004"),
        ("ALLOWED_HOSTS", ["*"], "sera_batching.E005"),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], "sera_batching.E006"),
    ],
)
def test_a_dangerous_setting_is_named_with_a_way_out(
    production: Any, name: str, value: object, expected: str
) -> None:
    setattr(production, name, value)
    messages = check_production()
    assert [message.id for message in messages] == [expected]
    assert all(message.hint for message in messages)
    production.PRODUCTION = False
    assert check_production() == []


def test_production_passes_the_deployment_check(tmp_path: Path) -> None:
    arguments = ["manage.py", "check", "--deploy", "--fail-level", "INFO"]
    result = run_python(arguments, tmp_path, **PRODUCTION)
    assert (result.returncode, result.stdout, result.stderr) == (
        0,
        "System check identified no issues (2 silenced).\n",
        "",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"DEBUG": "True"}, "E001"), ({"SECRET_KEY": ""}, "E002"), ({"HTTPS": "False"}, "E004")],
)
def test_a_dangerous_server_does_not_start(
    tmp_path: Path, change: dict[str, str], expected: str
) -> None:
    arguments = ["-c", "import sera_batching.wsgi"]
    assert run_python(arguments, tmp_path, **PRODUCTION).returncode == 0
    result = run_python(arguments, tmp_path, **{**PRODUCTION, **change})
    assert result.returncode == 1
    assert f"(sera_batching.{expected})" in result.stderr
    assert result.stderr.count("HINT:") == 1


def test_the_embedded_default_needs_no_variable(tmp_path: Path) -> None:
    var_dir = tmp_path / "a folder" / "var"
    program = (
        "import sera_batching.wsgi; from django.conf import settings as s;"
        "print(s.DATABASES['default']['ENGINE'], s.CELERY_BROKER_URL, s.DEBUG, s.SECRET_KEY)"
    )
    first, second = (run_python(["-c", program], var_dir) for _ in range(2))
    assert first.returncode == 0, first.stderr
    words = first.stdout.split()
    assert words[:3] == ["django.db.backends.sqlite3", "filesystem://localhost", "False"]
    assert first.stdout == second.stdout
    key_file = var_dir / "secret_key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.read_text() == words[3]
    assert len(words[3]) == 50


def test_the_queue_is_bounded_whatever_redis_does(tmp_path: Path) -> None:
    program = (
        "from django.conf import settings as s;"
        "print(s.CELERY_BROKER_URL, s.CELERY_TASK_TIME_LIMIT, s.CELERY_BROKER_TRANSPORT_OPTIONS)"
    )
    arguments = ["manage.py", "shell", "--no-imports", "-c", program]
    result = run_python(arguments, tmp_path, **PRODUCTION)
    assert result.stdout == (
        "redis://127.0.0.1:1/0 600 {'visibility_timeout': 900, 'unacked_restore_interval': 10, "
        "'unacked_restore_throttle': 1, 'socket_connect_timeout': 2, 'socket_timeout': 5, "
        "'max_retries': 0}\n"
    )


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_set_up_for_writers_side_by_side() -> None:
    with connection.cursor() as cursor:
        values = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 1, 20_000]
    assert project_settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
