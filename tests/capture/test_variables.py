"""Secrets are hidden and shown as hidden; what only looks like one stays."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.capture.variables import (
    HIDDEN,
    is_secret_name,
    read_command,
    scrub_argv,
    scrub_text,
    scrub_url,
    scrub_value,
)

SECRET = "hunter2Hunter2"


@pytest.mark.parametrize(
    "argv",
    [
        ["--api-key", SECRET],
        ["--api_key", SECRET],
        ["--apiKey", SECRET],
        [f"--token={SECRET}"],
        [f"--hf-token={SECRET}"],
        ["--password", SECRET],
        ["--password", f"-{SECRET}"],
        [f"--db.password={SECRET}"],
        [f"WANDB_API_KEY={SECRET}"],
        [f"+model.hub.access_token='{SECRET}'"],
        ["-u", f"bob:{SECRET}"],
        ["-H", f"Authorization: Bearer {SECRET}"],
        ["-H", f"Authorization: Bearer {SECRET}{SECRET}"],
        ["-H", f"X-Api-Key: {SECRET}"],
        ["--config", f'{{"lr": 1, "api_key": "{SECRET}"}}'],
        [f"https://bob:{SECRET}@example.com/x"],
        [f"https://bob:{SECRET}/@/{SECRET}@example.com/x"],
        [f"https://{SECRET}@example.com/x.git"],
        [f"postgres://u:{SECRET}@db/x"],
        [f"https://example.com/x?access_token={SECRET}&a=1"],
        [f"https://example.com/x?a=1&sig={SECRET}"],
        [f"sqlite:///x;AccountKey={SECRET}"],
    ],
)
def test_secrets_by_name(argv: list[str]) -> None:
    scrubbed = scrub_argv(argv)
    assert SECRET not in " ".join(scrubbed)
    assert HIDDEN in " ".join(scrubbed)
    assert len(scrubbed) == len(argv)


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 10,
        "glpat-" + "x1Y2" * 5,
        "hf_" + "aBcD" * 9,
        "sk-proj-" + "a1-B" * 8,
        "sk-" + "a1B2" * 12,
        "xoxb-123456789012-abcdef",
        "AIza" + "a1B2c" * 7,
        "npm_" + "a1B2" * 9,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123",
        "https://hooks.slack.com/services/T000/B000/abcdefghijklmnop",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_by_shape(secret: str) -> None:
    core = secret.removeprefix("https://")
    for text in (secret, f"x={secret}", f"say '{secret}' aloud"):
        assert core not in scrub_text(text)
        assert HIDDEN in scrub_text(text)


@pytest.mark.parametrize(
    "argv",
    [
        ["python", "-u", "train.py"],
        ["--use_cls_token=mean", "--tokenizer", "bert-base", "--max_tokens", "512", "--pad-token", "<pad>"],
        ["--num-tokens=1000000", "--token-dim", "64", "--tokens-per-step=4096"],
        ["--key", "val/loss", "--sort-key=accuracy", "--monkey", "see", "--keyboard=us"],
        ["--use-auth-token", "True", "--save-secret-file", "/etc/x"],
        ["--password-file", "/run/pw", "--token-path=/run/token"],
        ["--secret", "--verbose"],
        ["git+https://host:8443/repo.git@v1.2"],
        ["git+ssh://git@example.com/a/b.git", "git@example.com:a/b.git"],
        ["--data", "s3://bucket/key=1/part", "/data/2024/a@b.csv", "me@example.com"],
        ["--checkpoint", "runs/2024-01-01T00-00-00/epoch=3-step=1000.ckpt"],
        ["--passes", "3", "--bypass=1", "--compass", "north"],
        ["model.author=me", "--authority", "x", "lr=1e-3"],
        ["--hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ["--session-name", "first"],
    ],
)
def test_look_alikes_stay(argv: list[str]) -> None:
    assert scrub_argv(argv) == argv


def test_key_like_names_hide_what_looks_random() -> None:
    assert scrub_argv(["--key", "aB3dE5gH7jK9lM1nO3pQ5rS7"]) == ["--key", HIDDEN]
    assert scrub_value("session", "0123456789abcdef0123456789abcdef") == HIDDEN
    assert scrub_value("session", "monday") == "monday"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pw@h.example/x.git", "https://h.example/x.git"),
        ("https://token@h.example/x.git", "https://h.example/x.git"),
        ("ssh://git@h.example/x.git", "ssh://git@h.example/x.git"),
        ("ssh://git:pw@h.example/x.git", "ssh://git@h.example/x.git"),
        ("git@h.example:x.git", "git@h.example:x.git"),
        ("https://h.example/x?token=abcdefgh&v=1#egg=x", "https://h.example/x?v=1#egg=x"),
        ("https://h.example/x?v=1&sig=abcdefgh", "https://h.example/x?v=1"),
        ("https://h.example:8443/x@v1", "https://h.example:8443/x@v1"),
        ("file:///a/b@c", "file:///a/b@c"),
    ],
)
def test_urls_for_use(url: str, expected: str) -> None:
    assert scrub_url(url) == expected


@pytest.mark.parametrize("name", ["password", "DB_PASSWORD", "apiKey", "OPENAI_API_KEY", "clientSecret", "hub.token"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", "tokenizer", "cls_token", "key", "keys", "max_tokens", "secret_name", "monkey"])
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


def test_this_process() -> None:
    command = read_command()
    assert command.argv
    assert command.cwd
    assert command.executable


def test_bytes_that_are_no_text_can_be_stored() -> None:
    (argument,) = scrub_argv(["caf\udce9.csv"])
    assert argument == "caf\\xe9.csv"


secrets = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).filter(
    lambda text: any(c.isdigit() for c in text) and text.lower() != text
)
words = st.text(string.ascii_lowercase, min_size=1, max_size=8)


@given(secrets, st.sampled_from(["api-key", "password", "client_secret", "auth.token"]), st.lists(words, max_size=3))
def test_no_planted_secret_survives(secret: str, name: str, others: list[str]) -> None:
    for argv in ([*others, f"--{name}", secret], [f"{name}={secret}", *others], [f'{{"{name}": "{secret}"}}']):
        assert secret not in " ".join(scrub_argv(argv))


@given(st.text(max_size=200))
def test_any_text_is_read_and_hiding_twice_changes_nothing(text: str) -> None:
    once = scrub_text(text)
    assert scrub_text(once) == once
    scrub_url(text)
    scrub_argv([text, text])


@given(st.lists(st.text(string.ascii_lowercase + string.digits + "./_-", max_size=12), max_size=6))
def test_plain_words_stay(argv: list[str]) -> None:
    names = {word.strip("-./_").lower() for word in argv}
    if not any(is_secret_name(name) for name in names):
        assert scrub_argv(argv) == argv
