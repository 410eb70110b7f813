"""Settings, read from the environment (and from the file ENV_FILE, default `.env`).

Production values are the defaults. What is missing or unsafe stops the process with a sentence
that says what to do; no message ever shows a key. `.env.example` lists every variable.
"""

from pathlib import Path
from ssl import CERT_REQUIRED

from csp.constants import NONE, SELF

from config import environment as env
from config import loggers, schedule
from config.guards import hosts, keys, languages, mail, stores, webex

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_file(env.text("ENV_FILE"), otherwise=BASE_DIR / ".env")

# --- Keys and mode ------------------------------------------------------------------------------

DEBUG = env.switch("DEBUG", default=False)
SECRET_KEY = keys.secret_key(env.text("SECRET_KEY"))
FIELD_ENCRYPTION_KEY = keys.encryption_keys(env.items("FIELD_ENCRYPTION_KEY"))

# --- Webex --------------------------------------------------------------------------------------

WEBEX_API_URL = webex.api_url(env.text("WEBEX_API_URL", "https://webexapis.com/v1"))
# Seconds, the whole of one call. A callback makes two of them while a browser waits.
WEBEX_TIMEOUT = env.number("WEBEX_TIMEOUT", 10, at_least=1, at_most=30)
WEBEX_PROXY = webex.proxy(env.text("WEBEX_PROXY"))
WEBEX_CA_FILE = webex.ca_file(env.text("WEBEX_CA_FILE"))
# RFC 9207: issuers seen in Webex's own answers; any other `iss` on the callback is refused.
WEBEX_ISSUERS = webex.issuers(
    env.items("WEBEX_ISSUERS", "https://idbroker.webex.com/idb,https://idbroker-b-us.webex.com/idb")
)
# Where a device login may send people, besides the origin of WEBEX_API_URL; `*` within one label.
WEBEX_VERIFICATION_HOSTS = webex.verification_hosts(
    env.items(
        "WEBEX_VERIFICATION_HOSTS", "oauth-helper-*.wbx2.com,login-*.wbx2.com,login-*.webex.com"
    )
)
# Days after which the tokens of somebody who lost the right to use Webex are ended.
WEBEX_RIGHT_LOST_DAYS = env.whole_number("WEBEX_RIGHT_LOST_DAYS", 30, at_least=0, at_most=3650)
# REST calls of jobs for each linked user; Webex allows about 300, and people click meanwhile.
WEBEX_JOB_CALLS_PER_MINUTE = env.whole_number(
    "WEBEX_JOB_CALLS_PER_MINUTE", 240, at_least=0, at_most=1_000_000
)
# Days after which files of bulk jobs, which are personal data, are deleted.
BULK_JOBS_KEPT_DAYS = env.whole_number("BULK_JOBS_KEPT_DAYS", 30, at_least=1, at_most=365)
webex.oauthlib_switches(WEBEX_API_URL)

# --- Webhooks to other systems ------------------------------------------------------------------

WEBHOOK_TIMEOUT = env.number("WEBHOOK_TIMEOUT", 10, at_least=1, at_most=30)  # seconds, in all
# For a demo and for tests: http://127.0.0.1 as well as https to others.
WEBHOOK_LOOPBACK = env.switch("WEBHOOK_LOOPBACK", default=False)

# Days after which deliveries are deleted: their bodies name people.
WEBHOOKS_KEPT_DAYS = env.whole_number("WEBHOOKS_KEPT_DAYS", 30, at_least=4, at_most=365)

# --- Single sign-on -----------------------------------------------------------------------------

# Seconds for everything that one page asks of an identity provider while a browser waits.
SSO_TIMEOUT = env.number("SSO_TIMEOUT", 5, at_least=1, at_most=15)
# Seconds after which whoever came through an identity provider signs in there again.
SSO_SESSION_AGE = env.whole_number("SSO_SESSION_AGE", 36_000, at_least=300, at_most=1_209_600)
# Providers that may be at private addresses; those on this machine also with plain http.
SSO_PRIVATE_HOSTS = hosts.private_hosts(env.items("SSO_PRIVATE_HOSTS"))

# --- Hosts --------------------------------------------------------------------------------------

BRANDED_URL_TEMPLATE = hosts.branded_url_template(
    env.text("BRANDED_URL_TEMPLATE", "https://{hostname}")
)
PORTAL_HOSTS = hosts.portal_hosts(env.items("PORTAL_HOSTS"), BRANDED_URL_TEMPLATE)
# Other front ends of the same site that may read how their user stands (integrations/api/cors.py).
CORS_ORIGINS = hosts.cors_origins(env.items("CORS_ORIGINS"))
# Branded hostnames live in the database, so BrandMiddleware refuses unknown hosts, not Django.
ALLOWED_HOSTS = ["*"]
BEHIND_TLS_PROXY = env.switch("BEHIND_TLS_PROXY", default=False)
# How many of ours add the address they were asked from to X-Forwarded-For.
TRUSTED_PROXIES = env.whole_number("TRUSTED_PROXIES", int(BEHIND_TLS_PROXY), at_least=0, at_most=10)
HTTPS = BRANDED_URL_TEMPLATE.startswith("https://")

# --- Django -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.SettingsAdminConfig",  # django.contrib.admin with our own start page
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # third party
    "csp",
    "encrypted_model_fields",
    # ours
    "accounts",
    "integrations",
    "config.demo",
]

MIDDLEWARE = [
    "integrations.middleware.ActorMiddleware",  # first: every answer has its request ID
    "config.access_log.AccessLogMiddleware",
    "config.language.LanguageMiddleware",  # what the next one refuses is read by people
    "integrations.api.cors.CorsMiddleware",
    "integrations.api.middleware.ProblemMiddleware",
    "integrations.middleware.BrandMiddleware",  # nothing else runs for an unknown host
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "integrations.middleware.NoStoreMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "integrations.middleware.WrongMethodMiddleware",
    "integrations.middleware.KeyCanaryMiddleware",
    "integrations.portal_session.PortalSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.SessionUserMiddleware",
    "integrations.sso_session.SsoSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.sign_in.SignInMiddleware",
]

ROOT_URLCONF = "config.urls"
FORCE_SCRIPT_NAME = ""  # whatever a header says: the portal is at the root of its hosts
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.url_tag"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.csrf.csrf_token",
            ],
        },
    },
]

DATABASES = {"default": stores.database(env.text("DATABASE_URL"), BASE_DIR)}
CACHES = stores.CACHES
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "integrations.sign_in_rule.RuledBackend",
    "accounts.sign_in.LimitedBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"

# Failures in ten minutes with one name from one network; five times as many with one or the other.
SIGN_IN_FAILURE_LIMIT = env.whole_number("SIGN_IN_FAILURE_LIMIT", 20, at_least=1, at_most=1000)
# Whether administrators must set up a second factor before anything else; they may in any case.
SECOND_FACTOR_REQUIRED = env.switch("SECOND_FACTOR_REQUIRED", default=False)

# A folder with further languages, laid out as config/locale: its words win over ours.
LOCALE_PATHS = [*env.items("LOCALE_DIR"), str(BASE_DIR / "config" / "locale")]
LANGUAGES = languages.offered(LOCALE_PATHS)
# For commands, mails to operators, and whoever's browser asks for none of them.
LANGUAGE_CODE = languages.usual(env.text("LANGUAGE_CODE", "en").lower(), LANGUAGES)
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_FINDERS = [
    "config.static_files.BundleFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security -----------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|readyz/background|metrics)/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0  # two years
# W005, W021: HSTS for subdomains and preload lists is not ours to promise: the hostnames belong
# to customers.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"  # with no-referrer Chromium posts `Origin: null`
X_FRAME_OPTIONS = "DENY"

SESSION_ENGINE = "integrations.portal_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
# Lax, not Strict: a Strict session would be missing on the return from Webex.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "accounts.message_storage.HostCookieStorage"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Celery: each line answers a fault that was tried (kills, dead brokers, silent brokers) -----

CELERY_BROKER_URL = stores.broker(env.text("REDIS_URL", "redis://127.0.0.1:6379/0"))
# Kombu's own default takes any certificate, and sends it the password.
CELERY_BROKER_USE_SSL = CELERY_BROKER_URL.startswith("rediss:") and {"ssl_cert_reqs": CERT_REQUIRED}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # a primary that became a replica ends no worker
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_IMPORTS = [
    "integrations.tasks.bulk_jobs",
    "integrations.tasks.device_polling",
    "integrations.tasks.following",
    "integrations.tasks.webhooks",
]  # autodiscovery finds integrations.tasks
CELERY_TIMEZONE = "UTC"

# Seconds between sweeps; seconds of work of one drain; drains that a sweep wakes per integration.
REFRESH_SWEEP_EVERY = env.number("REFRESH_SWEEP_EVERY", 60, at_least=1, at_most=3600)
REFRESH_TIME_BOX = env.number("REFRESH_TIME_BOX", 20, at_least=1, at_most=300)
REFRESH_DRAINS_PER_APP = env.whole_number("REFRESH_DRAINS_PER_APP", 2, at_least=1, at_most=100)
# Calls under way at once in one drain; grants it claims at once, at most.
REFRESH_CONCURRENCY = env.whole_number("REFRESH_CONCURRENCY", 8, at_least=1, at_most=512)
REFRESH_BATCH = env.whole_number("REFRESH_BATCH", 256, at_least=1, at_most=10_000)
# Per integration, all workers together; 0 is unlimited. Webex publishes no figure for this call.
REFRESH_CALLS_PER_MINUTE = env.whole_number(
    "REFRESH_CALLS_PER_MINUTE", 300, at_least=0, at_most=1_000_000
)
# SIGQUIT, which some deployments send, first lets the calls under way end as SIGTERM does.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = REFRESH_TIME_BOX + WEBEX_TIMEOUT + 3
# Seconds. A claim outlives its call, or two workers could send the same refresh token; one that ran
# out is taken over first (renewal/outcomes.py).
REFRESH_CLAIM = env.number(
    "REFRESH_CLAIM", WEBEX_TIMEOUT + 20, at_least=WEBEX_TIMEOUT + 2, at_most=300
)

CELERY_BEAT_SCHEDULER = "config.beat.Scheduler"
CELERY_BEAT_SCHEDULE = schedule.of(sweep_every=REFRESH_SWEEP_EVERY)

# Days for which it stays readable what happened: events of grants, incidents, the admin's own log.
HISTORY_DAYS = env.whole_number("HISTORY_DAYS", 400, at_least=30, at_most=3650)

# Days after which rows of the audit trail are deleted.
AUDIT_DAYS = env.whole_number("AUDIT_DAYS", 730, at_least=1, at_most=36_500)
# Requests of one API key, all processes together; 0 is unlimited.
API_REQUESTS_PER_MINUTE = env.whole_number(
    "API_REQUESTS_PER_MINUTE", 6_000, at_least=0, at_most=1_000_000
)
METRICS_TOKEN = keys.metrics_token(env.text("METRICS_TOKEN"))  # empty: no /metrics/

# --- Mail and logs ------------------------------------------------------------------------------

vars().update(mail.email_settings(env.text("EMAIL_URL", "smtp://127.0.0.1:25")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = mail.sender(env.text("FROM_EMAIL", "portal@localhost"))
ADMINS = mail.admins(env.items("ADMINS"))
EMAIL_SUBJECT_PREFIX = "[Webex portal] "  # of mails to them
DEFAULT_EXCEPTION_REPORTER = "config.log.QuietExceptionReporter"

LOG_LEVEL = env.log_level("LOG_LEVEL", "INFO")
LOG_FORMAT = env.log_format("LOG_FORMAT", "line")
LOGGING = loggers.configuration(LOG_LEVEL, LOG_FORMAT)
