"""The JSON API: what each route asks of the house, and how the house is answered."""

import asyncio

import pytest

from radiotheque.core import query as q
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Scope
from radiotheque.core.instance import Selection
from radiotheque.core.query import Key, Level, Page, Query, Range, Single, Wildcard
from radiotheque.core.uid import UID
from radiotheque.security import Security
from radiotheque.wire.web.api.changes import events
from unit.wire.web.conftest import Sign
from unit.wire.web.talk import STUDY, Event, Shelf, ask, basic, bearer, door

CHANGE = Event(4, "InstanceKept", {"study": "1.2.3"}, 5.0)


def test_studies_are_found_by_filters(security: Security, shelf: Shelf, sign: Sign) -> None:
    shelf.pages = [Page((STUDY,), 3, True, "cursor")]
    url = "/api/studies?patient_name=LE*&modality=DX&since=20240101&limit=1&after=here"
    answer = ask(door(security, shelf), "GET", url, sign("clinician"))
    keys = (
        Key("PatientName", Wildcard("LE*")),
        Key("ModalitiesInStudy", Single("DX")),
        Key("StudyDate", Range("20240101", "")),
    )
    assert shelf.asked == [Query(Level.STUDY, keys, limit=1, after="here")]
    assert answer.json() == {
        "matches": [
            {
                "StudyInstanceUID": "1.2.3",
                "PatientName": "LE-GOFF^Anne-Marie",
                "ModalitiesInStudy": ["CR", "DX"],
                "NumberOfStudyRelatedInstances": 2,
            }
        ],
        "next": "cursor",
        "remaining": 3,
        "at_least": True,
    }


def test_a_free_search_tries_numbers_first_and_names_with_typing_errors_last(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    ask(door(security, shelf), "GET", "/api/studies?q=A-12", sign("clinician"))
    asked = [(query.keys[0].attribute, query.fuzzy) for query in shelf.asked]
    assert asked == [("AccessionNumber", False), ("PatientID", False), ("PatientName", True)]


def test_a_free_search_for_a_name_asks_once(security: Security, shelf: Shelf, sign: Sign) -> None:
    ask(door(security, shelf), "GET", "/api/studies?q=legoff", sign("clinician"))
    assert [query.keys for query in shelf.asked] == [(Key("PatientName", Single("legoff")),)]


def test_a_study_is_shown_with_its_series(security: Security, shelf: Shelf, sign: Sign) -> None:
    shelf.pages = [Page((STUDY,)), Page((q.Found(Level.SERIES, {"Modality": ("DX",)}),))]
    answer = ask(door(security, shelf), "GET", "/api/studies/1.2.3", sign("clinician"))
    assert answer.json()["series"] == [{"Modality": "DX"}]


def test_a_study_that_is_not_there_is_404_and_a_wrong_uid_400(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("clinician")
    assert ask(web, "GET", "/api/studies/1.2.9", signed).status == 404
    assert ask(web, "GET", "/api/studies/abc", signed).status == 400


def test_what_is_wrong_with_a_request_is_told_without_repeating_it(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    answer = ask(door(security, shelf), "GET", "/api/studies?since=DUPONT&limit=0", sign("clinician"))
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "query.limit" in answer.json()["detail"]
    assert "DUPONT" not in answer.body.decode()


def test_the_feed_is_read_from_a_position(security: Security, shelf: Shelf, sign: Sign) -> None:
    shelf.feed = [CHANGE]
    web, signed = door(security, shelf), sign("integration")
    body = ask(web, "GET", "/api/changes", signed).json()
    assert body["next"] == 4
    assert body["changes"] == [{"position": 4, "kind": "InstanceKept", "at": 5.0, "study": "1.2.3"}]
    assert ask(web, "GET", "/api/changes?after=4", signed).json() == {"changes": [], "next": 4}


def test_the_feed_as_server_sent_events_can_be_resumed_by_id(shelf: Shelf) -> None:
    shelf.feed = [CHANGE]

    async def first_two() -> list[bytes]:
        stream = events(lambda after, limit: shelf.changes(after, limit, Scope(everything=True)), 0)
        said = [await anext(stream), await anext(stream)]
        await stream.aclose()  # type: ignore[attr-defined]
        return said

    said = asyncio.run(first_two())
    assert said[1].startswith(b"id: 4\nevent: InstanceKept\ndata: {")
    assert said[1].endswith(b"}\n\n")


def test_a_reader_behind_what_is_kept_is_told_from_where_to_go_on(security: Security, shelf: Shelf, sign: Sign) -> None:
    """RFC 9110 15.5.11 (410) with a problem type of its own (RFC 9457 3.1.1): no reader misses changes in silence."""
    shelf.feed, shelf.forgotten = [CHANGE], 3
    web, signed = door(security, shelf), sign("integration")
    for headers in (signed, signed | {"Accept": "text/event-stream", "Last-Event-ID": "2"}):
        answer = ask(web, "GET", "/api/changes?after=2", headers)
        assert answer.status == 410
        said = answer.json()
        assert (said["type"], said["resume_after"]) == ("urn:radiotheque:problem:changes-forgotten", 3)
        assert "after=3" in said["detail"]
    assert ask(web, "GET", "/api/changes?after=3", signed).json()["next"] == 4
    assert ask(web, "GET", "/api/changes", signed).json()["next"] == 4
    shelf.feed = []
    assert ask(web, "GET", "/api/changes", signed).json() == {"changes": [], "next": 3}


def test_the_feed_is_read_within_the_callers_scope(security: Security, shelf: Shelf, sign: Sign) -> None:
    ask(door(security, shelf), "GET", "/api/changes", sign("integration", allow=("ward-3",)))
    assert shelf.scopes == [Scope(False, frozenset({"ward-3"}))]


def test_quarantine_is_listed_shown_released_and_discarded(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    assert ask(web, "GET", "/api/quarantine", signed).json()["cases"][0]["reason"] == "policy"
    assert ask(web, "GET", "/api/quarantine/7", signed).json()["study"] == "1.2.3"
    assert ask(web, "GET", "/api/quarantine/8", signed).status == 404
    assert ask(web, "POST", "/api/quarantine/7/release", signed).status == 200
    assert ask(web, "POST", "/api/quarantine/7/discard", signed).status == 200
    assert shelf.asked == [
        ("open", 0, 100),
        ("release", 7, "pacs-administrator"),
        ("discard", 7, "pacs-administrator"),
    ]
    security.audit.flush()
    assert "quarantine.show" in [entry.kind for entry in security.audit.entries(study="1.2.3")]


def test_who_sees_only_some_studies_does_not_see_the_quarantine(security: Security, shelf: Shelf, sign: Sign) -> None:
    signed = sign("pacs-administrator", allow=("ward-3",))
    assert ask(door(security, shelf), "GET", "/api/quarantine", signed).status == 403


def test_a_study_a_series_or_an_instance_is_rejected_and_restored(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("radiologist")
    assert ask(web, "POST", "/api/rejections", signed, given={"study": "1.2"}).json() == {"instances": 2}
    given = {"study": "1.2", "series": "1.3", "instance": "1.4"}
    ask(web, "POST", "/api/rejections", signed, given=given | {"code": "113039"})
    ask(web, "POST", "/api/rejections/restore", signed, given=given)
    one = Selection(Level.IMAGE, "", (UID("1.2"),), (UID("1.3"),), (UID("1.4"),))
    assert shelf.asked == [(Selection(Level.STUDY, "", (UID("1.2"),)), "113001"), (one, "113039"), one]
    assert ask(web, "POST", "/api/rejections", signed, given={"study": "1.2", "instance": "1.4"}).status == 400


@pytest.mark.parametrize("code", ["foobar12", "", "113000"])
def test_a_reason_that_is_no_code_of_the_context_group_rejects_nothing(
    security: Security, shelf: Shelf, sign: Sign, code: str
) -> None:
    given = {"study": "1.2", "code": code}
    answer = ask(door(security, shelf), "POST", "/api/rejections", sign("radiologist"), given=given)
    assert (answer.status, shelf.asked) == (400, [])
    assert "113039 (Data Retention Policy Expired)" in answer.json()["detail"]  # PS3.16 CID 7011


def test_an_amendment_takes_values_by_keyword_and_a_reason(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    shelf.pages = [Page((STUDY,))] * 3
    given = {"study": "1.2", "values": {"PatientName": ["DUPOND^Lea"]}, "reason": "married"}
    assert ask(web, "POST", "/api/amendments", signed, given=given).json() == {"version": 3}
    assert shelf.asked[-1] == ("1.2", {"PatientName": ("DUPOND^Lea",)}, "married")
    assert ask(web, "GET", "/api/amendments/1.2", signed).json()["amendments"][0]["was"] == ["DUPONT^Lea"]
    assert ask(web, "POST", "/api/amendments/1.2/3/undo", signed).json() == {"version": 4}


def test_a_study_out_of_scope_is_not_amended(security: Security, shelf: Shelf, sign: Sign) -> None:
    given = {"study": "1.2", "values": {"PatientName": ["DUPOND^Lea"]}, "reason": "married"}
    answer = ask(door(security, shelf), "POST", "/api/amendments", sign("pacs-administrator"), given=given)
    assert answer.status == 404
    assert [type(asked) for asked in shelf.asked] == [Query]


def test_a_peer_is_put_shown_asked_and_removed(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    given = {"host": "viewer.example", "port": 104, "may": ["echo", "find"], "destinations": ["PRINTER"]}
    put = ask(web, "PUT", "/api/peers/VIEWER", signed, given=given)
    assert (put.status, put.json()["may"]) == (200, ["echo", "find"])
    assert security.peers.get(AETitle("VIEWER")).destinations == {"PRINTER"}
    assert ask(web, "GET", "/api/peers/VIEWER", signed).json()["host"] == "viewer.example"
    assert ask(web, "POST", "/api/peers/VIEWER/echo", signed).json() == {"ms": 1.5}
    assert ask(web, "DELETE", "/api/peers/VIEWER", signed).status == 204
    assert ask(web, "GET", "/api/peers/VIEWER", signed).status == 404


def test_a_peer_that_does_not_answer_is_503(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    ask(web, "PUT", "/api/peers/AWAY", signed, given={"host": "away.example", "port": 104})
    assert ask(web, "POST", "/api/peers/AWAY/echo", signed).status == 503


def test_a_study_is_queued_for_a_known_peer_only(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    assert ask(web, "POST", "/api/send", signed, given={"study": "1.2", "peer": "VIEWER"}).status == 404
    ask(web, "PUT", "/api/peers/VIEWER", signed, given={"host": "viewer.example", "port": 104})
    answer = ask(web, "POST", "/api/send", signed, given={"study": "1.2", "peer": "VIEWER"})
    assert (answer.status, answer.json()) == (202, {"queued": 2})


def test_an_account_made_here_can_sign_in_and_is_closed_here(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("administrator")
    given = {"name": "lea", "password": "correct horse battery", "roles": ["clinician"]}
    made = ask(web, "POST", "/api/users", signed, given=given)
    assert made.status == 201
    assert "battery" not in made.body.decode()
    assert ask(web, "GET", "/api/me", basic("lea", "correct horse battery")).json()["roles"] == ["clinician"]
    assert ask(web, "POST", "/api/users", signed, given=given).status == 409
    assert ask(web, "PATCH", "/api/users/lea", signed, given={"active": False}).status == 200
    assert ask(web, "GET", "/api/me", basic("lea", "correct horse battery")).status == 401
    assert [user["name"] for user in ask(web, "GET", "/api/users", signed).json()["users"]] == ["lea"]


def test_nobody_closes_their_own_account(security: Security, shelf: Shelf) -> None:
    secret = security.first_administrator()
    assert secret is not None
    answer = ask(door(security, shelf), "PATCH", "/api/users/admin", basic("admin", secret), given={"active": False})
    assert answer.status == 403


def test_a_token_made_here_shows_its_secret_once_and_is_revoked_here(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web, signed = door(security, shelf), sign("administrator")
    made = ask(web, "POST", "/api/tokens", signed, given={"name": "script", "roles": ["integration"]}).json()
    assert ask(web, "GET", "/api/me", bearer(made["secret"])).json()["name"] == "script"
    listed = ask(web, "GET", "/api/tokens", signed)
    assert made["secret"] not in listed.body.decode()
    assert ask(web, "DELETE", f"/api/tokens/{made['token_id']}", signed).status == 204
    assert ask(web, "GET", "/api/me", bearer(made["secret"])).status == 401


def test_the_audit_trail_is_read_by_who_may(security: Security, shelf: Shelf, sign: Sign) -> None:
    web = door(security, shelf)
    kinds = [entry["kind"] for entry in ask(web, "GET", "/api/audit", sign("auditor")).json()["entries"]]
    assert kinds == ["token.create"]


def test_the_outbox_is_seen_and_revived(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    assert ask(web, "GET", "/api/outbox", signed).json() == {"waiting": {"send": 2}}
    assert ask(web, "GET", "/api/outbox/dead", signed).json() == {"dead": []}
    assert ask(web, "POST", "/api/outbox/dead/retry", signed, given={"jobs": [4, 5]}).json() == {"revived": 2}


def test_jobs_that_wait_are_listed_with_peer_study_tries_and_the_next_try(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web = door(security, shelf)
    answer = ask(web, "GET", "/api/outbox/waiting?kind=send&peer=VIEWER&after=2&limit=5", sign("pacs-administrator"))
    (job,) = answer.json()["waiting"]
    assert shelf.asked[-1] == ("waiting", 5, 2, "send", "VIEWER")
    assert (job["kind"], job["peer"], job["studies"], job["state"]) == ("send", "VIEWER", ["1.2"], "waiting")
    assert (job["attempts"], job["next_at"], job["error"]) == (1, 35.0, "Unavailable: no answer")
    assert ask(web, "GET", "/api/outbox/waiting", sign("clinician")).status == 403


def test_a_peer_is_held_and_released_by_who_administers_peers(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("pacs-administrator")
    assert ask(web, "POST", "/api/peers/VIEWER/hold", signed).json() == {"held": 2}
    assert (shelf.asked[-1][0], shelf.asked[-1][2]) == ("VIEWER", True)
    assert ask(web, "POST", "/api/peers/VIEWER/release", signed).json() == {"released": 2}
    assert (shelf.asked[-1][0], shelf.asked[-1][2]) == ("VIEWER", False)
    for verb in ("hold", "release"):
        assert ask(web, "POST", f"/api/peers/VIEWER/{verb}", sign("radiologist")).status == 403
    assert len(shelf.asked) == 2


def test_the_status_has_every_check(security: Security, shelf: Shelf, sign: Sign) -> None:
    from radiotheque.ops import Check

    web = door(security, shelf, checks=[Check("index", True), Check("images", False, "read-only")])
    body = ask(web, "GET", "/api/status", sign("monitor")).json()
    assert body["healthy"] is False
    assert [check["name"] for check in body["checks"]] == ["index", "images"]
    assert body["overdue_commitments"] == 3


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_long_is_refused_before_it_is_read(
    security: Security, shelf: Shelf, sign: Sign, announced: bool
) -> None:
    web = door(security, shelf, max_json_bytes=1000)
    headers = sign("administrator") | {"Content-Type": "application/json"}
    headers |= {"Content-Length": "1200"} if announced else {}
    answer = ask(web, "POST", "/api/tokens", headers, body=[b" " * 400] * 3)
    assert answer.status == 413


def test_chores_are_shown_and_run_by_who_may(security: Security, shelf: Shelf, sign: Sign) -> None:
    web = door(security, shelf)
    answer = ask(web, "GET", "/api/chores", sign("administrator"))
    assert answer.json()["chores"][0]["name"] == "sweep"
    assert ask(web, "POST", "/api/chores/sweep/run", sign("administrator")).status == 202
    assert shelf.asked[-1][:2] == ("run", "sweep")
    assert ask(web, "POST", "/api/chores/dance/run", sign("administrator")).status == 404
    assert ask(web, "POST", "/api/chores/sweep/run", sign("clinician")).status == 403


def test_a_peer_is_asked_to_commit_and_what_came_of_it_is_listed(security: Security, shelf: Shelf, sign: Sign) -> None:
    web = door(security, shelf)
    given = {"study": "1.2.3", "peer": "PACS"}
    assert ask(web, "POST", "/api/commitments", sign("administrator"), given=given).json() == {"transaction": "2.25.1"}
    (listed,) = ask(web, "GET", "/api/commitments", sign("administrator")).json()["commitments"]
    assert (listed["state"], listed["failed"]) == ("failed", [{"instance": "1.2.3.4.5", "reason": 0x0112}])


def test_what_is_overdue_is_listed_and_asked_again_by_who_sees_everything(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web, signed = door(security, shelf), sign("administrator")
    assert ask(web, "GET", "/api/commitments?state=overdue", signed).status == 200
    assert shelf.asked[-1] == ("overdue", 0, 100)
    assert ask(web, "GET", "/api/commitments?state=late", signed).status == 400
    answer = ask(web, "POST", "/api/commitments/2.25.1/ask-again", signed)
    assert (answer.status, answer.json()) == (202, {"transaction": "2.25.2"})
    assert shelf.asked[-1][:2] == ("again", "2.25.1")
    assert ask(web, "POST", "/api/commitments/abc/ask-again", signed).status == 400
    narrow = sign("administrator", allow=("ward-3",))
    assert ask(web, "POST", "/api/commitments/2.25.1/ask-again", narrow).status == 403


def test_rejections_are_listed_within_the_callers_scope(security: Security, shelf: Shelf, sign: Sign) -> None:
    web = door(security, shelf)
    (listed,) = ask(web, "GET", "/api/rejections", sign("administrator")).json()["rejections"]
    assert (listed["study"], listed["code"], listed["by"]) == ("1.2.3", "113001", "lea")
    assert shelf.scopes[-1].everything


def test_all_studies_of_a_patient_are_amended_at_once(security: Security, shelf: Shelf, sign: Sign) -> None:
    given = {"patient_id": "P1", "values": {"PatientName": ["DUPOND^Lea"]}, "reason": "married"}
    answer = ask(door(security, shelf), "POST", "/api/amendments/patient", sign("administrator"), given=given)
    assert answer.json() == {"studies": 2}
    assert shelf.asked[-1] == ("P1", "", {"PatientName": ("DUPOND^Lea",)}, "married")


def test_patients_are_found_at_their_own_level(security: Security, shelf: Shelf, sign: Sign) -> None:
    answer = ask(door(security, shelf), "GET", "/api/patients?patient_id=P1", sign("administrator"))
    assert answer.status == 200
    assert shelf.asked[-1].level == "PATIENT"


def test_jobs_that_were_given_up_are_dropped(security: Security, shelf: Shelf, sign: Sign) -> None:
    answer = ask(door(security, shelf), "POST", "/api/outbox/dead/drop", sign("administrator"), given={"jobs": [3, 4]})
    assert answer.json() == {"dropped": 2}
    assert shelf.asked[-1] == ("drop", [3, 4])
