"""Which permission a route asks for, as a dependency that the tests can see."""

from dataclasses import dataclass

from starlette.requests import Request

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotPermitted
from radiotheque.core.ports import Act, AuditTrail
from radiotheque.wire.web.identify import caller_of


@dataclass(frozen=True, slots=True)
class Needs:
    """Lets a caller with the permission through; audits and refuses any other."""

    permission: Permission
    audit: AuditTrail

    def __call__(self, request: Request) -> Caller:
        """Give the caller. Raises `NotPermitted`."""
        caller = caller_of(request)
        if self.permission not in caller.permissions:
            self.audit.read(Act(caller, self.permission, outcome="refused"))
            raise NotPermitted(
                "{name} may not do this ({permission}); ask an administrator for the role",
                name=caller.name,
                permission=self.permission,
            )
        return caller

    def __hash__(self) -> int:
        return hash(self.permission)


def signed_in(request: Request) -> Caller:
    """Give the caller, whoever it is."""
    return caller_of(request)
