"""The SQLite that an index may stand on."""

from pathlib import Path

import pysqlite3
import pytest
import sqlcipher3

from radiotheque.core.errors import Unsupported
from radiotheque.database.sqlite import sqlite_engine


@pytest.mark.parametrize(("module", "key"), [(pysqlite3.dbapi2, None), (sqlcipher3.dbapi2, bytes(32))])
def test_an_sqlite_older_than_3_51_3_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, key: bytes | None
) -> None:
    monkeypatch.setattr(module, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(Unsupported, match=r"too old, 3\.51\.3 is needed"):
        sqlite_engine(tmp_path / "index.db", key)
    assert not (tmp_path / "index.db").exists()
    monkeypatch.setattr(module, "sqlite_version_info", (3, 51, 3))
    sqlite_engine(tmp_path / "index.db", key)
