"""The web door over TLS, as curl sees it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.server import Running, start_radiotheque

pytestmark = [pytest.mark.peer("curl"), pytest.mark.peer("openssl")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def secured(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    key = certificate.with_name("key.pem")
    env = {"RADIOTHEQUE_HTTP_CERTIFICATE": str(certificate), "RADIOTHEQUE_HTTP_KEY": str(key)}
    running = start_radiotheque(tmp_path_factory.mktemp("secured"), env=env)
    yield running
    running.stop()


def curl(house: Running, path: str, *options: str | Path) -> tuple[int, str]:
    url = f"https://{house.http[0]}:{house.http[1]}{path}"
    done = subprocess.run(["curl", "-s", *options, "-w", "%{http_code}", url], capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("newest", ["1.2", "1.3"])
def test_tls_of_today_and_of_old_viewers_is_spoken(secured: Running, certificate: Path, newest: str) -> None:
    assert curl(secured, "/healthz", "--cacert", certificate, "--tls-max", newest) == (0, '{"status":"ok"}200')


def test_a_token_signs_in_over_tls(secured: Running, certificate: Path) -> None:
    code, said = curl(secured, "/api/me", "--cacert", certificate, "-H", f"Authorization: Bearer {secured.token}")
    assert (code, said[-3:]) == (0, "200")


def test_broken_versions_and_plain_http_are_turned_away(secured: Running, certificate: Path) -> None:
    assert curl(secured, "/healthz", "--cacert", certificate, "--tls-max", "1.1")[0] == 35  # no handshake
    plain = subprocess.run(["curl", "-s", f"http://{secured.http[0]}:{secured.http[1]}/healthz"], capture_output=True)
    assert plain.returncode != 0


def test_the_cookie_of_a_session_is_bound_to_https(secured: Running, certificate: Path) -> None:
    sign_in = f'{{"name": "admin", "password": "{secured.ready["first_sign_in"].removeprefix("admin ")}"}}'
    options = ["-i", "--cacert", certificate, "--json", sign_in]
    for version in ("--http1.1", "--http2"):
        code, said = curl(secured, "/api/session", version, *options)
        assert (code, said[-3:]) == (0, "200")
        cookie = next(line for line in said.splitlines() if line.lower().startswith("set-cookie:"))
        assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))
