"""Every knob once: where its value comes from, and what is refused at start."""

import ast
from pathlib import Path

import pytest

from radiotheque import settings
from radiotheque.cli.serving import remember
from radiotheque.core.errors import Malformed
from radiotheque.settings import Settings, host_port, inherited, lines, load, shown


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("RADIOTHEQUE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RADIOTHEQUE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RADIOTHEQUE_KEYS", str(tmp_path / "keys"))


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "data" / "radiotheque.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_the_defaults_are_loopback_and_the_three_known_ports() -> None:
    given = load().settings
    assert (given.http, given.dicom, given.dicom_tls) == ("127.0.0.1:8080", "127.0.0.1:11112", "127.0.0.1:2762")
    assert given.aets == ("RADIOTHEQUE",)
    assert given.sealing is True


def test_an_option_goes_before_the_environment_that_before_the_file_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, 'artim_s = 1.0\nidle_s = 1.0\nsettle_s = 1.0\naets = ["FROM_FILE"]\n')
    monkeypatch.setenv("RADIOTHEQUE_ARTIM_S", "2")
    monkeypatch.setenv("RADIOTHEQUE_IDLE_S", "2")
    loaded = load({"artim_s": 3.0, "settle_s": None})
    given, sources = loaded.settings, loaded.sources
    assert (given.artim_s, given.idle_s, given.settle_s, given.aets) == (3.0, 2.0, 1.0, ("FROM_FILE",))
    assert [sources[name] for name in ("artim_s", "idle_s", "settle_s", "log_level")] == [
        "option",
        "environment",
        str(file),
        "default",
    ]


def test_a_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text("artim_s = 7.0\n")
    monkeypatch.setenv("RADIOTHEQUE_CONFIG", str(tmp_path / "other.toml"))
    assert load().settings.artim_s == 7.0
    monkeypatch.setenv("RADIOTHEQUE_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(Malformed, match=r"none\.toml"):
        load()


def test_lists_are_written_with_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOTHEQUE_AETS", "ONE, TWO")
    monkeypatch.setenv("RADIOTHEQUE_TRUSTED_PROXIES", "10.0.0.1,192.0.2.0/24")
    given = load().settings
    assert given.aets == ("ONE", "TWO")
    assert given.trusted_proxies == ("10.0.0.1/32", "192.0.2.0/24")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"http": "8080"}, "http"),
        ({"dicom": "localhost:99999"}, "dicom"),
        ({"aets": ("A TITLE THAT IS FAR TOO LONG",)}, "aets"),
        ({"aets": ()}, "AE title"),
        ({"only": "dimse"}, "PostgreSQL"),
        ({"only": "dimse", "database": "sqlite:///x.db"}, "PostgreSQL"),
        ({"artim_s": 0}, "artim_s"),
        ({"log_level": "loud"}, "log_level"),
        ({"trusted_proxies": ("anywhere",)}, "trusted_proxies"),
        ({"http_certificate": Path("cert.pem")}, "together"),
        ({"no_such_setting": 1}, "no_such_setting: there is no such setting"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(options: dict[str, object], word: str) -> None:
    with pytest.raises(Malformed, match=word):
        load(options)


def test_a_misspelt_name_in_the_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "artims = 3\n")
    with pytest.raises(Malformed, match="artims: there is no such setting"):
        load()


def test_a_file_that_is_not_toml_is_refused_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "artim_s : 3\n")
    with pytest.raises(Malformed, match=r"radiotheque\.toml"):
        load()


def test_a_misspelt_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOTHEQUE_ARTIM", "3")
    assert load().unknown == ("RADIOTHEQUE_ARTIM",)


def test_the_data_folder_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RADIOTHEQUE_DATA")
    with pytest.raises(Malformed, match="--data"):
        load()


def test_keys_inside_the_data_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="must not lie inside"):
        load({"keys": tmp_path / "data" / "keys"})


def test_the_second_folder_of_keys_lies_beside_the_first(tmp_path: Path) -> None:
    assert load().settings.second_keys == tmp_path / "keys-copy"
    assert load({"keys_copy": tmp_path / "usb"}).settings.second_keys == tmp_path / "usb"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().settings.artim_s = 4.0  # type: ignore[misc]


def test_secrets_and_passwords_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOTHEQUE_BLOBS_SECRET_ACCESS_KEY", "hush-hush")
    loaded = load({"database": "postgresql://radio:hush-hush@db.example/archive"})
    text = "\n".join(str(line) for line in lines(loaded))
    assert "hush-hush" not in text
    assert "hush-hush" not in repr(loaded.settings.blobs_secret_access_key)
    assert "postgresql://radio:********@db.example/archive" in text


def test_every_setting_has_a_sentence_and_its_unit_in_its_name() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        if field.annotation is float:
            assert name.endswith(("_s", "_percent")), name


@pytest.mark.parametrize(
    ("text", "pair"), [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:104", ("::1", 104)), ("pacs:0", ("pacs", 0))]
)
def test_an_address_is_a_host_and_a_port(text: str, pair: tuple[str, int]) -> None:
    assert host_port(text) == pair


def test_what_the_first_start_was_told_is_found_by_the_commands_beside_it(tmp_path: Path) -> None:
    options = {"sealing": "off", "aets": ("RADIO",), "http": "127.0.0.1:1234", "database": None, "demo_keys": True}
    remember(load(options), options)
    later = load()
    assert (later.settings.sealing, later.settings.aets, later.settings.demo_keys) == (False, ("RADIO",), True)
    assert later.settings.http == "127.0.0.1:8080"
    file = tmp_path / "data" / "radiotheque.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    remember(load({"sealing": "on"}), {"sealing": "on"})
    assert file.read_text() == before


def test_a_child_process_has_the_options_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOTHEQUE_OPTIONS", "")
    options = {"data": tmp_path / "elsewhere", "http": "127.0.0.1:4321", "aets": ("A", "B"), "only": None}
    settings.hand_over(options)
    given = inherited().settings
    assert (given.data, given.http, given.aets) == (tmp_path / "elsewhere", "127.0.0.1:4321", ("A", "B"))


def test_values_are_shown_as_they_are_written() -> None:
    assert [shown("x", value) for value in (True, False, None, ("a", "b"), 5.0)] == ["on", "off", "", "a, b", "5.0"]


def test_every_setting_is_read_by_somebody() -> None:
    read = {
        node.attr
        for path in Path(settings.__file__).parent.rglob("*.py")
        if path != Path(settings.__file__)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute)
        if ast.unparse(node.value).endswith("settings")
    }
    through_a_property = {"keys_copy"}  # by `second_keys`
    assert set(Settings.model_fields) - read - through_a_property == set()
