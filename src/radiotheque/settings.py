"""Every knob once: its name, its unit in the name, its default and a sentence.

Read from the options of the command line, then environment variables `RADIOTHEQUE_<NAME>`, then
a TOML file (`RADIOTHEQUE_CONFIG`, else `radiotheque.toml` in the data folder), then the defaults
here; checked once at start and passed down as plain values. Nobody but `app` and `cli` reads it.
"""

import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.errors import Malformed

PREFIX = "RADIOTHEQUE_"
CONFIG_VARIABLE = "RADIOTHEQUE_CONFIG"
FILE_NAME = "radiotheque.toml"
OPTIONS_VARIABLE = "RADIOTHEQUE_OPTIONS"
OFF = "off"
INDEXED_LEVELS = ("STUDY", "SERIES", "IMAGE")

LASTING = ("database", "blobs", "sealing", "demo_keys", "aets")
"""Options that belong to the data folder and not to one run."""


def host_port(text: str) -> tuple[str, int]:
    """Give host and port of `host:port` or `[v6]:port`. Raises `Malformed`."""
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or not port.isdecimal() or int(port) > 65535:
        raise Malformed(f"not HOST:PORT: {text!r}; write for example 127.0.0.1:8080")
    return bare, int(port)


def _listener(text: str) -> str:
    if text == OFF:
        return text
    try:
        host_port(text)
    except Malformed as error:
        raise ValueError(str(error)) from error
    return text


def _split(value: object) -> object:
    """Let a list be written `a,b` in an environment variable; the items of a TOML list pass as they are."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _aets(titles: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(parse_aetitle(title) for title in titles)
    except Malformed as error:
        raise ValueError(str(error)) from error


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_network(text, strict=False)) for text in texts)


def _indexed(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        level, _, keyword = text.partition(".")
        if level not in INDEXED_LEVELS or not keyword.isalnum():
            raise ValueError(f"not STUDY.Keyword, SERIES.Keyword or IMAGE.Keyword: {text!r}")
    return texts


Listener = Annotated[str, AfterValidator(_listener)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Titles = Annotated[Words, AfterValidator(_aets)]
Networks = Annotated[Words, AfterValidator(_networks)]
Indexed = Annotated[Words, AfterValidator(_indexed)]
Part = Literal["", "dimse", "web", "worker"]
LogLevel = Literal["debug", "info", "warning", "error"]

_MIB = 1 << 20
_GIB = 1 << 30


_HTTP, _DICOM, _AUDIT = ("http_certificate", "http_key"), ("dicom_certificate", "dicom_key"), "audit_syslog_"
_PATHS = ("data", "keys", "keys_copy", *_HTTP, *_DICOM, *(_AUDIT + name for name in ("ca", "certificate", "key")))


class Settings(BaseSettings):
    """The checked settings of one house."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    data: Path = Field(description="Folder that holds the index and, by default, the images. On a local disk.")
    http: Listener = Field("127.0.0.1:8080", description="Address of the web door, HOST:PORT; port 0 takes a free one.")
    http_certificate: Path | None = Field(
        None, description="PEM certificate chain of the web door; without one it speaks plain HTTP."
    )
    http_key: Path | None = Field(None, description="PEM private key that belongs to `http_certificate`.")
    dicom: Listener = Field("127.0.0.1:11112", description="Address of the DICOM door, HOST:PORT, or `off`.")
    dicom_tls: Listener = Field(
        "127.0.0.1:2762",
        description="Address of the DICOM door over TLS (PS3.15 B.12), or `off`; open only with a certificate.",
    )
    dicom_certificate: Path | None = Field(None, description="PEM certificate chain of the DICOM door over TLS.")
    dicom_key: Path | None = Field(None, description="PEM private key that belongs to `dicom_certificate`.")
    dicom_client_ca: Path | None = Field(
        None,
        description="PEM authorities that sign the certificates of DICOM peers: with it every caller must show one, and every peer that is called.",
    )
    aets: Titles = Field(
        ("RADIOTHEQUE",), description="AE titles that the house answers to; the first is the one it calls with."
    )
    only: Part = Field(
        "", description="Run one part of the house in this process: `dimse`, `web` or `worker`. Needs PostgreSQL."
    )

    database: str = Field("", description="Index database, a SQLAlchemy URL; empty: SQLite in the data folder.")
    blobs: str = Field(
        "",
        description="Where images are kept: a folder or a URL such as s3://bucket/prefix; empty: a folder in the data folder.",
    )
    blobs_endpoint: str = Field(
        "", description="Endpoint URL of an S3-compatible store, when it is not the provider's own."
    )
    blobs_region: str = Field("", description="Region of the S3-compatible store.")
    blobs_access_key_id: str = Field("", description="Access key of the S3-compatible store.")
    blobs_secret_access_key: SecretStr = Field(
        SecretStr(""), description="Secret that belongs to `blobs_access_key_id`."
    )
    cache_bytes: int = Field(
        10 * _GIB, ge=0, description="Space for what was read of an object store; 0: none is kept."
    )
    sealing: bool = Field(
        True, description="Encrypt images and index at rest; switch off only on volumes that are encrypted already."
    )
    keys: Path = Field(
        Path("~/.config/radiotheque/keys"),
        description="Folder of the wrapped study keys; never inside the data folder.",
    )
    keys_copy: Path | None = Field(
        None,
        description="Second folder that every study key is also written to before the first Success; empty: a folder beside `keys`. Best on another disk.",
    )
    demo_keys: bool = Field(
        False, description="Take objects without an exported recovery key. For demonstrations only."
    )

    free_space_reserve_percent: float = Field(
        5.0,
        ge=0,
        lt=100,
        description="Share of the disk kept free, of images and of the index in a file alike: below it new objects get A700 and reads go on. The smaller of the two reserves counts.",
    )
    free_space_reserve_bytes: int = Field(
        5 * _GIB, ge=0, description="Bytes of the disk kept free; see `free_space_reserve_percent`."
    )

    audit_reserve_bytes: int = Field(
        4 * _MIB,
        ge=0,
        description="Space taken beforehand in the data folder for the audit trail, so that reads go on while the index takes no rows; 0 for none.",
    )
    audit_source: str = Field(
        "", max_length=255, description="Name of this archive in audit messages; empty: its host."
    )
    audit_site: str = Field("", max_length=64, description="Hospital or site that audit messages say they are from.")
    audit_syslog: str = Field(
        "", description="Collector of audit messages by syslog over TLS, host[:port]; empty: none."
    )
    audit_syslog_ca: Path | None = Field(None, description="PEM authorities of the collector; empty: the system's.")
    audit_syslog_certificate: Path | None = Field(None, description="PEM certificate chain shown to the collector.")
    audit_syslog_key: Path | None = Field(None, description="PEM private key of `audit_syslog_certificate`.")

    max_associations: int = Field(
        64,
        ge=1,
        description="DICOM associations open at once, on the plain and the TLS port together; one more is rejected (2/3/2).",
    )
    max_associations_per_aet: int = Field(
        32, ge=1, description="DICOM associations of one calling AE title open at once, on both ports together."
    )
    max_pdu_bytes: int = Field(131072, ge=16384, le=4 * _MIB, description="Largest PDU that we take.")
    artim_s: float = Field(
        30.0, gt=0, description="Seconds a new connection has to ask for an association (PS3.8 9.1.5)."
    )
    idle_s: float = Field(300.0, gt=0, description="Seconds an association may stand idle before it is aborted.")
    object_s: float = Field(
        3600.0,
        gt=0,
        description="Seconds that one object may take to come in, by C-STORE or STOW-RS, however steadily it trickles.",
    )
    max_object_bytes: int = Field(8 * _GIB, ge=_MIB, description="Largest object that is taken in.")
    max_json_bytes: int = Field(_MIB, ge=1024, description="Largest JSON request body of the API.")
    accept_unknown_sop_classes: bool = Field(
        True, description="Take private and unknown storage SOP Classes; they are kept and given back as they are."
    )
    default_issuer: str = Field(
        "", max_length=64, description="Issuer of Patient ID assumed for peers that have none of their own."
    )
    default_charset: str = Field(
        "ISO_IR 100", description="Specific Character Set assumed for objects that declare none."
    )

    settle_s: float = Field(
        10.0, ge=0, description="Seconds without a new instance after which a series counts as settled."
    )
    indexed_attributes: Indexed = Field(
        (),
        description="Further attributes to index for search: STUDY.Keyword, SERIES.Keyword or IMAGE.Keyword. What is kept already is indexed by the chore `attributes`.",
    )
    renditions_max_bytes: int = Field(10 * _GIB, ge=0, description="Space for rebuildable pictures and metadata.")
    viewer_frames_ahead: int = Field(
        8,
        ge=0,
        le=1000,
        description="Frames of a study that are encoded for the viewer when it has settled and nothing arrives, of radiographs of the last 30 days; 0: they are encoded when somebody looks.",
    )
    workbench_processes: int = Field(2, ge=1, le=64, description="Child processes that decode and render at most.")
    workbench_memory_bytes: int = Field(512 * _MIB, ge=64 * _MIB, description="Memory one decoding may take.")
    workbench_timeout_s: float = Field(10.0, gt=0, description="Seconds one decoding may take.")
    send_attempts: int = Field(
        20, ge=1, description="Attempts to send to a peer before the send is put among the dead letters."
    )
    commitment_overdue_s: float = Field(
        86_400.0,
        gt=0,
        description="Seconds a peer has to report on a storage commitment that it took; after that it is `overdue` and can be asked again.",
    )
    commitment_days: int = Field(
        365, ge=1, description="Days that a storage commitment stays listed after it came to an end."
    )
    feed_days: int = Field(
        90, ge=1, description="Days that the change feed keeps; a reader who is further behind is answered 410."
    )
    send_timeout_s: float = Field(60.0, gt=0, description="Seconds to wait for a peer's answer.")

    admin_password_file: Path | None = Field(
        None,
        description="File with the password of the first administrator; without one it is generated and shown once.",
    )
    trusted_proxies: Networks = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    session_idle_s: float = Field(
        1800.0, ge=60, description="Seconds without use after which a session of the screens ends."
    )
    session_lifetime_s: float = Field(
        43_200.0, ge=300, description="Seconds after which a session of the screens ends even in use."
    )
    log_level: LogLevel = Field("info", description="Least level that is logged: debug, info, warning or error.")
    log_json: bool = Field(True, description="Write log lines as JSON; otherwise as plain text.")

    @field_validator(*_PATHS, mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @property
    def second_keys(self) -> Path:
        """The second folder of the key ring: `keys_copy`, else a folder beside `keys`."""
        return self.keys_copy or self.keys.with_name(self.keys.name + "-copy")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.only and not self.database.startswith("postgresql"):
            raise ValueError("`only` needs PostgreSQL (`database`): SQLite belongs to one process")
        if any(path.is_relative_to(self.data) for path in (self.keys, self.keys_copy) if path is not None):
            raise ValueError(
                "`keys` and `keys_copy` must not lie inside `data`: whoever takes the images would take their keys"
            )
        if not self.aets:
            raise ValueError("`aets` needs at least one AE title")
        if bool(self.http_certificate) != bool(self.http_key) or bool(self.dicom_certificate) != bool(self.dicom_key):
            raise ValueError("a certificate and its key are given together")
        return self


@dataclass(frozen=True, slots=True)
class Loaded:
    """Checked settings and where each came from: "option", "environment", a file's path or "default".

    `unknown` are variables RADIOTHEQUE_… that no setting reads: most likely misspelt.
    """

    settings: Settings
    sources: Mapping[str, str]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as shown to a person; secrets are hidden."""

    name: str
    value: str
    default: str
    source: str
    text: str


# read elsewhere, so not settings
_OTHER_VARIABLES = frozenset({CONFIG_VARIABLE, OPTIONS_VARIABLE, "RADIOTHEQUE_SHARED"})


def load(options: Mapping[str, Any] | None = None) -> Loaded:
    """Read, check and give the settings; `options` (None values are left out) come before everything else.

    Raises `Malformed` with one line for each setting that is wrong.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None}
    file = _config_file(given)
    try:
        settings = _with_file(file)(**given)
    except ValidationError as error:
        raise Malformed(_explain(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"{file} is not TOML: {error}") from error
    return Loaded(settings, _sources(given, file), _unknown())


def hand_over(options: Mapping[str, Any]) -> None:
    """Leave the options of the command line to the processes that this one starts; `inherited` reads them."""
    given = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    os.environ[OPTIONS_VARIABLE] = json.dumps({name: value for name, value in given.items() if value is not None})


def inherited() -> Loaded:
    """Give the settings of the process that started this one: its options, then what `load` reads."""
    return load(json.loads(os.environ.get(OPTIONS_VARIABLE, "{}")))


def _config_file(given: Mapping[str, Any]) -> Path | None:
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise Malformed(f"{CONFIG_VARIABLE} names {named}, which is not there")
        return Path(named)
    data = given.get("data") or os.environ.get(PREFIX + "DATA")
    file = Path(str(data)).expanduser() / FILE_NAME if data else None
    return file if file is not None and file.is_file() else None


def _with_file(file: Path | None) -> type[Settings]:
    class WithFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            first = (init_settings, env_settings)
            return first if file is None else (*first, TomlConfigSettingsSource(settings_cls, file))

    return WithFile


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"]) or "settings"
        text = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing" and name == "data":
            text = "name the data folder by --data or RADIOTHEQUE_DATA"
        if problem["type"] == "extra_forbidden":
            text = "there is no such setting"
        lines.append(f"{name}: {text}")
    return "\n".join(lines)


def _sources(given: Mapping[str, Any], file: Path | None) -> dict[str, str]:
    in_file = set(tomllib.loads(file.read_text("utf-8"))) if file else set()
    upper = {name.upper() for name, value in os.environ.items() if value}
    return {name: _source(name, given, upper, str(file) if name in in_file else "") for name in Settings.model_fields}


def _source(name: str, given: Mapping[str, Any], environment: set[str], file: str) -> str:
    if name in given:
        return "option"
    if PREFIX + name.upper() in environment:
        return "environment"
    return file or "default"


def _unknown() -> tuple[str, ...]:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _OTHER_VARIABLES
    return tuple(sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known))


def lines(loaded: Loaded) -> list[Line]:
    """Give every setting as it is in force, in the order of the model, secrets hidden."""
    return [
        Line(
            name,
            shown(name, getattr(loaded.settings, name)),
            default(name),
            loaded.sources[name],
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def default(name: str) -> str:
    """Give the default of a setting as text, "" for none."""
    field = Settings.model_fields[name]
    return "" if field.is_required() else shown(name, field.default)


def shown(name: str, value: Any) -> str:
    """Give a value as text, without any password in it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    return _without_password(str(value)) if name in ("database", "blobs", "blobs_endpoint") else str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user_host = f"{parts.username or ''}:********@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=user_host))
