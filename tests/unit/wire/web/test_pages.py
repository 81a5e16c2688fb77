"""The page of the web application and its files, for anyone, with the policy that they need and no other."""

import gzip
from pathlib import Path

import pytest
from starlette.routing import Router

from radiotheque.security import Security
from radiotheque.wire.web.gate import Gate
from radiotheque.wire.web.pages import page_routes
from unit.wire.web.talk import Answer, Shelf, ask, door

PAGE = b"<!doctype html><title>Radiotheque</title>"
SCRIPT = b"export {};\n" * 200
CODEC = b"\0asm\1\0\0\0"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    assets = tmp_path / "static" / "app" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "static" / "robots.txt").write_text("User-agent: *\n")
    (assets.parent / "index.html").write_bytes(PAGE)
    (assets / "main-1a2b.js").write_bytes(SCRIPT)
    (assets / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (assets / "codec-3c4d.wasm").write_bytes(CODEC)
    return tmp_path / "static"


def get(static: Path, path: str, method: str = "GET", **headers: str) -> Answer:
    return ask(Router(page_routes(static), redirect_slashes=False), method, path, headers)


@pytest.mark.parametrize(
    "path", ["/app", "/app/", "/app/studies/1.2.3", "/app/patients/a%2Fb", "/app/settings", "/app/x.js"]
)
def test_every_address_of_the_application_gives_the_page(static: Path, path: str) -> None:
    answer = get(static, path)
    assert (answer.status, answer.body) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_root_leads_to_the_application(static: Path) -> None:
    answer = get(static, "/")
    assert (answer.status, answer.headers["location"]) == (307, "/app/")


def test_the_page_may_run_its_own_scripts_and_codecs_and_load_nothing_from_elsewhere(static: Path) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in get(static, "/app/").headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == policy["font-src"] == "'self'"
    assert policy["worker-src"] == "'self' blob:"
    assert policy["img-src"] == "'self' blob: data:"
    assert (policy["media-src"], policy["frame-src"]) == ("'self' blob:", "'self'")
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"


def test_the_page_is_not_sent_again_while_it_is_the_same(static: Path) -> None:
    mark = get(static, "/app/").headers["etag"]
    again = get(static, "/app/", **{"If-None-Match": mark})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", mark)
    (static / "app" / "index.html").write_bytes(PAGE.replace(b"theque", b"THEQUE"))  # as long, another one
    assert get(static, "/app/", **{"If-None-Match": mark}).status == 200


def test_files_named_by_their_content_are_kept_for_ever_and_others_asked_for_again(static: Path) -> None:
    assert get(static, "/static/app/assets/main-1a2b.js").headers["cache-control"] == (
        "public, max-age=31536000, immutable"
    )
    assert get(static, "/static/app/index.html").headers["cache-control"] == "no-cache"


def test_a_codec_has_the_media_type_that_lets_it_compile_while_it_comes(static: Path) -> None:
    answer = get(static, "/static/app/assets/codec-3c4d.wasm")
    assert (answer.headers["content-type"], answer.body) == ("application/wasm", CODEC)


def test_a_worker_may_what_the_page_may_since_its_policy_is_that_of_its_file(static: Path) -> None:
    script = get(static, "/static/app/assets/main-1a2b.js")
    assert script.headers["content-security-policy"] == get(static, "/app/").headers["content-security-policy"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"


def test_a_browser_that_takes_gzip_gets_the_compressed_copy_and_another_the_file(static: Path) -> None:
    path = "/static/app/assets/main-1a2b.js"
    squeezed = get(static, path, **{"Accept-Encoding": "gzip, deflate, br"})
    assert (squeezed.headers["content-encoding"], squeezed.headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(squeezed.body) == SCRIPT
    assert squeezed.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = get(static, path)
    assert plain.body == SCRIPT
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != squeezed.headers["etag"]


def test_what_has_no_compressed_copy_is_given_as_it_is(static: Path) -> None:
    answer = get(static, "/static/app/assets/codec-3c4d.wasm", **{"Accept-Encoding": "gzip"})
    assert answer.body == CODEC
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/static/app/assets/none.js", "/static/app/assets/../../../x", "/static/app", "/static/a%00"]
)
def test_what_is_not_there_is_404(static: Path, path: str) -> None:
    with pytest.raises(Exception, match="404"):
        get(static, path)


def test_a_page_that_was_not_built_says_so_in_english_and_french(tmp_path: Path) -> None:
    answer = get(tmp_path, "/app/")
    assert answer.status == 503
    text = answer.body.decode()
    assert '<section lang="en"><h1>The web application is not here</h1>' in text
    assert '<section lang="fr"><h1>L’application web n’est pas là</h1>' in text
    assert answer.headers["cache-control"] == "no-store"


def test_the_gate_lets_anyone_have_the_page(security: Security, shelf: Shelf) -> None:
    web: Gate = door(security, shelf)
    assert ask(web, "GET", "/").status == 307
    assert ask(web, "GET", "/app/studies/1.2.3").status in (200, 503)  # 503 before the application was built
    assert ask(web, "POST", "/app/").status == 401
