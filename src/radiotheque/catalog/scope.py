"""What a caller may see, as conditions on a study."""

from radiotheque.core.caller import Scope


def scope_condition(scope: Scope, study: str = "s") -> tuple[list[str], list[object]]:
    """Give conditions and the parameters of all, as `scope_conditions`."""
    conditions = scope_conditions(scope, study)
    return [sql for sql, _ in conditions], [token for _, tokens in conditions for token in tokens]


def scope_conditions(scope: Scope, study: str = "s") -> list[tuple[str, tuple[str, ...]]]:
    """Give conditions, each with its parameters: an allow token unless everything is seen, and no deny token.

    `study` is its name in the query.
    """
    conditions: list[tuple[str, tuple[str, ...]]] = []
    if not scope.everything:
        conditions.append((_bears(study, scope.allow) if scope.allow else "1 = 0", tuple(sorted(scope.allow))))
    if scope.deny:
        conditions.append((f"NOT {_bears(study, scope.deny)}", tuple(sorted(scope.deny))))
    return conditions


def _bears(study: str, tokens: frozenset[str]) -> str:
    marks = ", ".join("?" * len(tokens))
    return f"EXISTS (SELECT 1 FROM study_access t WHERE t.study_id = {study}.id AND t.token IN ({marks}))"
