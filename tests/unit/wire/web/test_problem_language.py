"""Problems in the language of who reads them: the one they chose, else the one they ask for; programs' tongues stay English."""

import json

import pytest
from starlette.routing import Route

from radiotheque.core.caller import Door
from radiotheque.core.errors import Conflict, Malformed, NotFound, RadiothequeError
from radiotheque.core.uid import parse_uid
from radiotheque.security import Account, Security, house_caller
from radiotheque.wire.web.answers import problem
from radiotheque.wire.web.gate import Gate
from radiotheque.wire.web.language import Language
from radiotheque.wire.web.services import Taste
from radiotheque.workbench import ChildWorkbench
from unit.wire.web.talk import Shelf, ask, door

PASSWORD = "correct horse battery"
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}


async def nothing_here(_request: object) -> None:
    raise NotFound("nothing was selected")


def told(error: RadiothequeError, language: Language) -> tuple[str, str]:
    said = json.loads(problem(error, "abc", language).body)
    return said["title"], said["detail"]


def test_title_and_detail_are_said_in_french_with_their_values() -> None:
    error = NotFound("there is no frame {number}: the instance has {count}", number=3, count=2)
    assert told(error, "en") == ("Not found", "there is no frame 3: the instance has 2")
    assert told(error, "fr") == ("Introuvable", "il n'y a pas d'image n° 3 : l'instance en a 2")


def test_values_are_said_as_they_are_whatever_signs_are_in_them() -> None:
    error = Conflict("there is an account {name} already; it stays as it was", name="{0.__class__} {name}")
    assert told(error, "fr")[1] == "il y a déjà un compte {0.__class__} {name} ; il reste tel quel"


def test_a_text_without_values_may_have_braces() -> None:
    assert str(NotFound("{}")) == told(NotFound("{}"), "fr")[1] == "{}"


def test_an_error_of_a_child_process_keeps_its_values() -> None:
    bench = ChildWorkbench(size=1, preload=())
    try:
        with pytest.raises(Malformed) as caught:
            bench.run(parse_uid, "1.x")
    finally:
        bench.close()
    assert told(caught.value, "fr")[1] == "n'est pas un UID d'au plus 64 chiffres et points : '1.x'"


@pytest.fixture
def web(security: Security, shelf: Shelf) -> Gate:
    security.accounts.add("lea", PASSWORD, Account(0, "lea", frozenset({"monitor"})), house_caller(Door.CLI))
    return door(security, shelf, [Route("/dicom-web/nothing", nothing_here)], tastes=lambda _account: Taste("fr"))


def signed_in(web: Gate) -> dict[str, str]:
    answer = ask(web, "POST", "/api/session", {}, given={"name": "lea", "password": PASSWORD})
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_a_refusal_is_said_in_the_language_that_the_browser_asks_for(web: Gate) -> None:
    answer = ask(web, "POST", "/api/session", FRENCH, given={"name": "lea", "password": "wrong wrong wrong"})
    assert answer.status == 401
    assert answer.json()["detail"] == "nom ou mot de passe incorrect"
    assert answer.headers["content-language"] == "fr"


def test_who_is_not_signed_in_is_told_so_in_their_language(web: Gate) -> None:
    answer = ask(web, "GET", "/api/session", FRENCH)
    assert answer.json()["detail"] == "identifiez-vous par un jeton, par HTTP Basic ou par une session"


def test_who_signed_in_is_answered_in_the_language_that_they_chose(web: Gate) -> None:
    answer = ask(web, "GET", "/api/nothing", signed_in(web) | {"Accept-Language": "en"})
    assert (answer.status, answer.json()["title"]) == (404, "Introuvable")


def test_what_is_wrong_with_a_request_is_said_in_french(web: Gate) -> None:
    answer = ask(web, "POST", "/api/session", FRENCH, given={"name": "", "more": 1})
    assert answer.json()["title"] == "La demande ne peut pas être comprise"
    details = answer.json()["detail"].split("; ")
    assert sorted(details) == [
        "body.more: n'est pas connu ici",
        "body.name: a au moins 1 caractères",
        "body.password: manque",
    ]


def test_the_tongues_of_programs_stay_english(web: Gate) -> None:
    answer = ask(web, "GET", "/dicom-web/nothing", signed_in(web) | FRENCH)
    assert (answer.json()["title"], answer.json()["detail"]) == ("Not found", "nothing was selected")
