"""Settings: everything by environment variables, with defaults that just run.

Without any variable the application keeps all it writes (database, message queue, batch files,
secret key) under VAR_DIR and needs no service: the *embedded default*. DATABASE_URL and REDIS_URL
move it to PostgreSQL and Redis. `docs/operations.md` describes each variable.
"""

import contextlib
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.contrib.messages import constants as message_levels
from django.core.management.utils import get_random_secret_key

# Lets classes such as ModelForm[Invoice] name their model at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def read_or_make_secret_key(folder: Path) -> str:
    """Return the key kept in `folder`, making it once, readable by this user only."""
    path = folder / "secret_key"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix="secret_key.") as file:
            file.write(get_random_secret_key())
            file.flush()
            # A link either makes the whole file or finds that another process was first.
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()


def sqlite_options() -> dict[str, Any]:
    """Return what makes SQLite safe for a web server and a worker that write together."""
    return {
        # DEFERRED transactions fail with "database is locked" when two of them read, then write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
    }


# Where this application writes
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

# Database
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(VAR_DIR / "db.sqlite3")}
}
USES_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if USES_SQLITE:
    DATABASES["default"]["OPTIONS"] = sqlite_options()
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Compiling a query of Unbatched takes several times as long as running it (performance.md).
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")
if test_database_name := env.str("TEST_DATABASE_NAME", default=""):
    DATABASES["default"]["TEST"] = {"NAME": test_database_name}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Message queue
REDIS_URL = env.str("REDIS_URL", default="")

# Security
PRODUCTION = env.bool("PRODUCTION", default=not USES_SQLITE or bool(REDIS_URL))
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SECRET_KEY_IS_GIVEN = bool(env.str("SECRET_KEY", default=""))
SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_make_secret_key(VAR_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

HTTPS = env.bool("HTTPS", default=False)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and the browsers' preload list are the domain owner's decision, not ours.
    "security.W005",
    "security.W021",
]

AUTH_USER_MODEL = "sera_batching.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Ten wrong passwords for a name from one address: a quarter of an hour without a look at the next
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_CLIENT_IP_CALLABLE = "sera_batching.http.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# The application
PROJECT_APPS = [
    "sera_batching",
    "invoices",
    "payments",
    "accounting",
    "feed",
    "backoffice",
    "integrations",
    "demo",
]
INSTALLED_APPS = [
    *PROJECT_APPS,
    "sera_batching.admin_app.SeraAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "django.forms",
]
MIDDLEWARE = [
    "sera_batching.http.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "sera_batching.http.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "sera_batching.http.CompanyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "sera_batching.urls"
WSGI_APPLICATION = "sera_batching.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sera_batching.context_processors.shell",
            ],
        },
    },
]

# Widgets of ours live in templates/, beside the pages
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Bootstrap's names for the levels
MESSAGE_TAGS = {message_levels.DEBUG: "secondary", message_levels.ERROR: "danger"}

# Language and time: stored in UTC, shown in the company's zone
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Static files: served by WhiteNoise straight from the tree, so there is no collecting step
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300

# An upload is streamed; a form has a handful of fields, never one a row
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# The API, uploads, webhooks
API_REQUESTS_A_MINUTE = env.int("API_REQUESTS_A_MINUTE", default=120)
FEED_MOST_BYTES = env.int("FEED_MOST_MB", default=250) * 1_000_000
UPLOADS_LAST_DAYS = env.int("UPLOADS_LAST_DAYS", default=30)
# Without this a webhook cannot be made to knock at the doors of the server's own network.
WEBHOOKS_MAY_BE_PRIVATE = env.bool("WEBHOOKS_MAY_BE_PRIVATE", default=not PRODUCTION)
# Where people reach the server, for the links in e-mail and webhooks
SITE_URL = env.str("SITE_URL", default="").rstrip("/")

# E-mail: by default one file a message under VAR_DIR, so that it just runs
EMAIL = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
vars().update(EMAIL)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Sera Batching <batching@localhost>")

# Celery: the message is only a hint, the batch row is the truth
CELERY_TIMEZONE = "UTC"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# Processes that share the parts of a large zip: the worker and helpers that it starts for it.
EXPORT_PROCESSES = env.int("EXPORT_PROCESSES", default=min(os.cpu_count() or 1, 4))
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-batches": {"task": "accounting.tasks.sweep_batches", "schedule": 60.0},
    "seal-audit": {"task": "sera_batching.tasks.seal_audit", "schedule": 60.0},
    "sweep-integrations": {"task": "integrations.tasks.sweep", "schedule": 60.0},
}
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        # Longer than the hard time limit, so that no task is delivered while it runs.
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # Without these a publish waits for ever on a Redis that accepts and never answers.
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        # A click does not wait for a Redis that is down: the sweeper sends what was not sent. The
        # worker goes on trying to connect, by a setting of its own.
        "max_retries": 0,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost"
    broker_folder = VAR_DIR / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # In and out are one folder: web and worker are ends of the same queue.
        "data_folder_in": str(broker_folder / "messages"),
        "data_folder_out": str(broker_folder / "messages"),
        "control_folder": str(broker_folder / "control"),
        "processed_folder": str(broker_folder / "processed"),
        "store_processed": False,
        # Seconds between looks into the folder: a whole one, the default, would be half of a click.
        "polling_interval": 0.2,
    }
    for name in ("messages", "control", "processed"):
        (broker_folder / name).mkdir(parents=True, exist_ok=True)
    # Remote control has no use here, and its replies would pile up as files.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

# Logs: plain lines to stderr, each with the id of its request
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "sera_batching.logs.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        },
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
