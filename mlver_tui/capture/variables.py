"""What must not be written down: secrets, told by the name they go under or by their shape.

A separate room because argv, URLs and texts from everywhere pass through it; it knows no file and no store. What was
hidden is shown as `[hidden]`, so that a reader sees that something stood there.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from ..records import Command

HIDDEN = "[hidden]"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A word that makes a name secret wherever it stands; "token", "key" and "pass" need company (see below).
_SECRET_WORDS = _words(
    """password passwd passphrase passcode pwd secret secrets apikey authkey secretkey accesskey privatekey credential
    credentials authorization authtoken accesstoken bearer"""
)
_BEFORE_TOKEN = _words(
    """auth access api app bearer bot deploy hf hub huggingface github gh gitlab wandb comet neptune clearml mlflow
    dagshub slack telegram discord refresh id session security secret personal private oauth jwt csrf aws azure google
    gcp openai anthropic registry pypi npm upload login user my service tracking lakefs"""
)
_BEFORE_KEY = _words(
    """api access secret private account auth encryption signing license subscription service master storage ssh wandb
    comet openai anthropic aws azure shared"""
)
_BEFORE_PASS = _words("user db database smtp mail ftp admin root login proxy")
# Names that are secret only when the value looks like one.
_WEAK_WORDS = _words("key token auth pat sig signature cookie session jwt pw pass dsn sas")
# `--password-file x`, `--secret-name y`: where it is, not what it is.
_ABOUT_A_SECRET = _words("file files path dir folder name env type length len size count manager provider")
_NO_SECRET = frozenset(("", "true", "false", "none", "null", "yes", "no"))

_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|hf_[A-Za-z0-9]{30,}"
    r"|sk-(?:proj|ant|or|svcacct|admin)-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{32,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}"
    r"|npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,}|dop_v1_[0-9a-f]{64}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r")",
    re.DOTALL,
)
# user:password@ of a URL, greedy up to the last @: a password may hold / or @. `host:8443/…@tag` is no password.
_USER_INFO = re.compile(r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@:]*:(?!\d+(?:/|$))[^\s]*@|[^\s/@]+@)")
_QUERY_PAIR = re.compile(r"([?&;#])([A-Za-z0-9_.%-]+)=([^&;#\s\"']*)")
_NAMED = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,80})(?P<between>[\"']?\s*[:=]\s*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:(?:Bearer|Basic|Token)\s+)?[^\s,;&\"'}\])]+)",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(r"\b((?:Bearer|Basic)\s+)(?=[A-Za-z0-9+/_=.-]*\d)[A-Za-z0-9+/_=.-]{16,}", re.IGNORECASE)
_WORD_BREAK = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RANDOM = re.compile(r"[A-Za-z0-9+/_=.~-]{20,}")
_OPTION = re.compile(r"--?[A-Za-z][A-Za-z0-9_.-]*$")


def read_command() -> Command:
    """How this process was started, scrubbed. A working folder that is gone is ""."""
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    return Command(tuple(scrub_argv(sys.orig_argv)), _readable(folder), _readable(sys.executable or ""))


def scrub_argv(argv: Sequence[str]) -> list[str]:
    """The same number of arguments, with secrets replaced by `[hidden]`."""
    scrubbed: list[str] = []
    before = ""
    for argument in argv:
        scrubbed.append(_after(before, argument) or scrub_text(_readable(argument)))
        before = argument
    return scrubbed


def scrub_text(text: str) -> str:
    """`text` with secrets replaced: by shape, in URLs, and after a name that says secret (`name=…`, `name: …`)."""
    text = _USER_INFO.sub(_hide_user, text)
    text = _QUERY_PAIR.sub(_hide_pair, text)
    text = _NAMED.sub(_hide_named, text)
    return _SHAPES.sub(HIDDEN, _AUTHORIZATION.sub(rf"\1{HIDDEN}", text))


def scrub_url(url: str) -> str:
    """`url` without user, password and tokens, fit to be used again.

    The user of an ssh URL stays: `git@host` is no secret.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return _SHAPES.sub(HIDDEN, url)
    bare = _USER_INFO.sub(r"\1", url)
    if scheme.lower().endswith("ssh") and (user := re.match(r"[A-Za-z0-9._-]{1,32}(?=[:@])", rest)) and bare != url:
        bare = bare.replace("://", f"://{user.group()}@", 1)
    return _SHAPES.sub(HIDDEN, _without_secret_pairs(bare))


def scrub_value(name: str, value: str) -> str:
    """One named value, such as a parameter or a variable."""
    return HIDDEN if _hides(name, value) else scrub_text(value)


def is_secret_name(name: str) -> bool:
    """True if what stands under this name is a secret whatever it looks like."""
    words = [word.lower() for word in _WORD_BREAK.split(name) if word]
    if not words:
        return False
    if words[-1] in _ABOUT_A_SECRET:
        return False
    if _SECRET_WORDS.intersection(words) or words == ["token"]:
        return True
    last = len(words) - 1
    return any(_is_secret_pair(words[at - 1], words[at], at == last) for at in range(1, len(words)))


def _is_secret_pair(first: str, second: str, last: bool) -> bool:
    if second == "token":
        return last and first in _BEFORE_TOKEN
    if second == "key":
        return first in _BEFORE_KEY
    return second == "pass" and first in _BEFORE_PASS


def _hides(name: str, value: str) -> bool:
    bare = value.strip("\"'").lower()
    if bare in _NO_SECRET or bare == HIDDEN:
        return False
    if is_secret_name(name):
        return True
    words = {word.lower() for word in _WORD_BREAK.split(name)}
    return bool(words & _WEAK_WORDS) and _looks_random(value.strip("\"'"))


def _looks_random(value: str) -> bool:
    """Long, of one alphabet, letters and digits mixed as no name or path is."""
    if not _RANDOM.fullmatch(value):
        return False
    digits = sum(character.isdigit() for character in value)
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", value):
        return True
    return digits >= 2 and value.count("/") <= 2 and value.lower() != value and value.upper() != value


def _after(option: str, value: str) -> str:
    """What to write for the argument after `option`; "" if it is no secret of that option."""
    if not _OPTION.match(option) or value.startswith("--") or re.fullmatch(r"-[A-Za-z]", value):
        return ""
    if option in ("-u", "--user") and (pair := re.fullmatch(r"([^:/\s]+):[^\s/:]+", value)):
        return f"{pair.group(1)}:{HIDDEN}"
    return HIDDEN if _hides(option.lstrip("-"), value) else ""


def _hide_user(match: re.Match[str]) -> str:
    scheme, rest = match.group(1), match.group()[len(match.group(1)) :]
    if scheme.lower().endswith("ssh://") and re.fullmatch(r"[A-Za-z0-9._-]{1,32}@", rest):
        return match.group()  # the account on the other side, as in `git@host`
    return f"{scheme}{HIDDEN}@"


def _hide_pair(match: re.Match[str]) -> str:
    mark, name, value = match.groups()
    return f"{mark}{name}={HIDDEN}" if _is_secret_parameter(name, value) else match.group()


def _hide_named(match: re.Match[str]) -> str:
    value = match["value"]
    if not _hides(match["name"], value):
        return match.group()
    quote = value[0] if value[0] in "\"'" else ""
    return f"{match['name']}{match['between']}{quote}{HIDDEN}{quote}"


def _is_secret_parameter(name: str, value: str) -> bool:
    words = {word.lower() for word in _WORD_BREAK.split(name)}
    return _hides(name, value) or (len(value) >= 8 and bool(words & {"token", "sig", "signature", "key", "credential"}))


def _without_secret_pairs(url: str) -> str:
    found = _QUERY_PAIR.search(url)
    if not found:
        return url
    head, tail = url[: found.start()], url[found.start() :]
    kept = [m.group() for m in _QUERY_PAIR.finditer(tail) if not _is_secret_parameter(m.group(2), m.group(3))]
    rest = "".join(kept)
    return head + (f"?{rest[1:]}" if tail.startswith("?") and rest.startswith("&") else rest)


def _readable(text: str) -> str:
    """Bytes that are no UTF-8 (lone surrogates) written out as `\\xff`, so that the record can be stored."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if not text.isascii() else text
