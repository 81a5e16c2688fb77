import pytest

from radiotheque.core.caller import Permission, Scope
from radiotheque.core.errors import Malformed
from radiotheque.core.peer import Service
from radiotheque.security import ROLES, scope_of
from radiotheque.security.rules import (
    SERVICES,
    address_allowed,
    check_name,
    check_password,
    check_roles,
    permissions_of,
    services_to_permissions,
)


def test_the_administrator_may_everything() -> None:
    assert ROLES["administrator"] == frozenset(Permission)


def test_every_permission_but_managing_users_is_held_by_another_role_too() -> None:
    others = permissions_of(role for role in ROLES if role != "administrator")
    assert frozenset(Permission) - others == {Permission.USER_MANAGE}


def test_a_clinician_may_look_and_draw_for_themselves_and_nothing_else() -> None:
    assert ROLES["clinician"] == {Permission.STUDY_FIND, Permission.STUDY_VIEW, Permission.ANNOTATION_WRITE}


def test_an_unknown_role_in_a_row_gives_no_permission() -> None:
    assert permissions_of(["retired-role"]) == frozenset()


def test_every_service_of_a_peer_has_its_permissions() -> None:
    assert SERVICES.keys() == set(Service)


def test_a_peer_that_may_only_store_may_not_find() -> None:
    assert services_to_permissions([Service.STORE, Service.ECHO]) == {Permission.STUDY_STORE}


@pytest.mark.parametrize(
    ("allow", "deny", "everything"), [((), (), True), (("ward-3",), (), False), ((), ("vip",), True)]
)
def test_an_account_sees_everything_unless_it_is_told_what_to_see(
    allow: tuple[str, ...], deny: tuple[str, ...], everything: bool
) -> None:
    assert scope_of(frozenset(allow), frozenset(deny)) == Scope(everything, frozenset(allow), frozenset(deny))


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("10.0.0.7", (), True),
        ("10.0.0.7", ("10.0.0.7",), True),
        ("10.0.0.8", ("10.0.0.7",), False),
        ("10.0.0.8", ("192.0.2.0/24", "10.0.0.0/8"), True),
        ("::ffff:10.0.0.8", ("10.0.0.0/8",), True),
        ("2001:db8::1", ("2001:db8::/32",), True),
        ("", ("10.0.0.0/8",), False),
        ("a-name", ("10.0.0.0/8",), False),
    ],
)
def test_a_peer_may_call_from_its_addresses_only(address: str, allowed: tuple[str, ...], may: bool) -> None:
    assert address_allowed(address, allowed) is may


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "new\nline"])
def test_a_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(Malformed):
        check_name(name)


@pytest.mark.parametrize("roles", [[], ["surgeon"], ["clinician", "surgeon"]])
def test_a_role_is_one_that_is_known(roles: list[str]) -> None:
    with pytest.raises(Malformed):
        check_roles(roles)


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_is_neither_short_nor_endless(password: str) -> None:
    with pytest.raises(Malformed):
        check_password(password)
