"""A house with its doors open: listeners, workers and the web application of one process."""

import gc
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from radiotheque.app import HOUSE, House, build
from radiotheque.archive.dispatch import Dispatcher, Task
from radiotheque.core.caller import Door
from radiotheque.core.errors import Refused, Unavailable
from radiotheque.core.ports import Act, Job, Observer
from radiotheque.core.uid import parse_uid
from radiotheque.keys import FileKeyRing
from radiotheque.ops import LEASE_S, Health, Metrics, Probe, configure_logs
from radiotheque.security import Collector, SyslogFeed, house_caller
from radiotheque.settings import OFF, Settings, host_port, inherited, shown
from radiotheque.wire.dicomweb.routes import dicomweb_routes
from radiotheque.wire.dicomweb.settings import WebSettings
from radiotheque.wire.dimse.asking import request_commitment
from radiotheque.wire.dimse.commitment import Report
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.server import DimseServer, DimseSettings
from radiotheque.wire.dimse.services import Neighbours, commitment_reports, open_dimse
from radiotheque.wire.web.serve import say_ready_when_reached
from radiotheque.wire.web.services import Services, Taste
from radiotheque.wire.web.shell import create_status_app, create_web_app

log = structlog.get_logger(__name__)

CHORE_TRIES = 1_000_000

SWITCH_S = 0.001
GC_THRESHOLD = 10_000

STAND_BY_S = 1.0
"""So long after the doors open a worker process is started for the first picture: not while the house starts itself."""

COMMITMENT_TRIES = 200
"""With pauses that grow to an hour: a peer that is away for a week still gets its report."""


class Running:
    """One process of the archive, from its first listener to its last."""

    def __init__(self, house: House, observer: Observer) -> None:
        self.house = house
        settings = house.settings
        self._seats = Seats(settings.max_associations, settings.max_associations_per_aet)
        self._neighbours = Neighbours(
            policy=house.security.policy,
            directory=house.security.peers,
            sender=house.sender,
            enqueue=self._enqueue_commitment,
            heard=self._heard,
            unsupported=lambda query: (*house.catalog.unsupported(query), *house.catalog.matched_plainly(query)),
            observer=observer,
            seats=self._seats,
            audit=house.security.audit,
        )
        self._plain = dimse_settings(settings, settings.dicom)
        reports = commitment_reports(self._plain, house.archive, self._neighbours, house.calling)
        commitment = Task(lambda jobs: _report(reports.run, jobs), batch=1, lease_s=600.0, tries=COMMITMENT_TRIES)
        asking = Task(self._ask_commitment, batch=1, lease_s=600.0, tries=house.settings.send_attempts)
        self._tasks = house.tasks | {"commitment": commitment, "commitment.ask": asking}
        slow = {kind: self._tasks.pop(kind) for kind in ("send", "commitment", "commitment.ask")}
        settled = {"StudySettled": self._tasks.pop("StudySettled")}
        chores = {"chore": Task(house.chores.work, batch=1, lease_s=LEASE_S, tries=CHORE_TRIES)}
        # apart, so that a peer that is slow, a sweep that is long or much to encode keeps nothing else waiting
        self._dispatchers = [
            Dispatcher(house.catalog.outbox, work, house.clock, idle_s=idle_s)
            for work, idle_s in ((self._tasks, 1.0), (settled, 1.0), (slow, 2.0), (chores, 5.0))
        ]
        self.dimse: list[DimseServer] = []
        self._audit_feed = audit_feed(house)

    def start(self) -> dict[str, str]:
        """Open the doors; give where they are. Raises `Unavailable` when an address is taken."""
        settings, house = self.house.settings, self.house
        doors = {"http": settings.http}
        if settings.only in ("", "web"):
            house.workbench.stand_by(STAND_BY_S)
        if settings.only in ("", "dimse"):
            doors |= self._listen(settings)
        self._note("start", f"{', '.join(f'{name} {place}' for name, place in doors.items())}")
        if settings.only in ("", "worker"):
            self._tell_of_settings()
            house.security.desk.chain.start()
            if self._audit_feed is not None:
                self._audit_feed.start()
            house.schedule_chores()
            for dispatcher in self._dispatchers:
                dispatcher.start()
            house.wake.dispatchers = self._dispatchers
        return doors

    def _listen(self, settings: Settings) -> dict[str, str]:
        doors = {}
        if settings.dicom != OFF:
            doors["dicom"] = self._open_dimse(self._plain)
        if settings.dicom_tls != OFF and settings.dicom_certificate is not None:
            over_tls = replace(dimse_settings(settings, settings.dicom_tls), tls=tls_context(settings))
            doors["dicom_tls"] = self._open_dimse(over_tls)
        return doors

    def _open_dimse(self, settings: DimseSettings) -> str:
        server = open_dimse(settings, self.house.archive, self._neighbours)
        server.start()
        self.dimse.append(server)
        return f"{settings.host}:{server.port}"

    def queues(self) -> dict[str, float]:
        """Give how many jobs of each kind wait."""
        lengths = {kind: float(count) for kind, count in self.house.catalog.outbox.waiting().items()}
        lengths["audit chain"] = float(self.house.security.desk.chain.waiting())
        if self._audit_feed is not None:
            lengths["audit syslog"] = float(self._audit_feed.behind())
        return lengths

    def associations(self) -> int:
        """Give how many associations are open."""
        return self._seats.taken()

    def stop(self) -> None:
        """Take nothing more in, let what runs end, close the house."""
        for server in self.dimse:
            server.stop()
        for dispatcher in self._dispatchers:
            dispatcher.stop()
        self._note("stop", "")
        if self._audit_feed is not None:
            self._audit_feed.close()
        self.house.close()

    def _note(self, kind: str, detail: str) -> None:
        """Put an act of the house itself into the trail; a house whose trail is full starts and stops all the same."""
        try:
            self.house.security.audit.read(Act(house_caller(Door.HOUSE, HOUSE), kind, detail=detail))
        except Unavailable as error:
            log.error("not audited", act=kind, error=str(error))

    def _tell_of_settings(self) -> None:
        """Put into the trail which settings are other than when the house was started last."""
        settings = self.house.settings
        names = type(settings).model_fields
        self.house.security.desk.tell_of_settings(
            {name: shown(name, getattr(settings, name)) for name in names}, house_caller(Door.HOUSE, HOUSE)
        )

    def _enqueue_commitment(self, payload: dict[str, Any], delay_s: float, key: str) -> None:
        house = self.house
        not_before = house.clock.now() + delay_s
        house.database.write(
            lambda tx: house.catalog.outbox.enqueue(
                tx, "commitment", payload, not_before=not_before, key=key, peer=payload["aet"]
            )
        )

    def _ask_commitment(self, jobs: Sequence[Job]) -> None:
        """Ask peers to commit. Raises `Unavailable` for one that is away, to be tried again."""
        house = self.house
        for job in jobs:
            transaction = parse_uid(job.payload["transaction"])
            wanted = house.commitments.open(transaction)
            if wanted is None:
                continue  # answered meanwhile
            peer = house.security.peers.get(wanted[0])
            try:
                request_commitment(peer, house.calling, transaction, wanted[1], heard=self._heard)
            except Refused as error:
                log.warning("a peer does not commit", peer=peer.aet, why=str(error))
                house.commitments.refused(transaction, str(error))
            else:
                house.commitments.asked(transaction)

    def _heard(self, aet: str, report: Report) -> None:
        failed = [(instance, reason) for _, instance, reason in report.failed]
        self.house.commitments.heard(aet, report.transaction, failed)
        log.info("commitment heard", peer=aet, transaction=report.transaction, failed=len(failed))


def audit_feed(house: House) -> SyslogFeed | None:
    """Give what sends the audit trail on, None without a collector. Raises `Malformed`."""
    settings, source = house.settings, house.security.desk.source
    if not settings.audit_syslog:
        return None
    collector = Collector.parse(
        settings.audit_syslog,
        ca=settings.audit_syslog_ca,
        certificate=settings.audit_syslog_certificate,
        key=settings.audit_syslog_key,
    )
    return SyslogFeed(house.database, house.clock, source, collector)


def _report(run: Any, jobs: Sequence[Job]) -> None:
    for job in jobs:
        run(job.payload)


def dimse_settings(settings: Settings, address: str) -> DimseSettings:
    """Give what the DICOM door is told."""
    host, port = host_port(address) if address != OFF else ("127.0.0.1", 0)
    return DimseSettings(
        host=host,
        port=port,
        aets=settings.aets,
        max_associations=settings.max_associations,
        max_per_aet=settings.max_associations_per_aet,
        artim_s=settings.artim_s,
        idle_s=settings.idle_s,
        object_s=settings.object_s,
        max_pdu=settings.max_pdu_bytes,
        accept_unknown_sop_classes=settings.accept_unknown_sop_classes,
        default_issuer=settings.default_issuer,
        default_charset=settings.default_charset,
    )


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Give the context of the DICOM door over TLS: 1.2 and later (PS3.15 B.12), callers' certificates where a CA is set."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    if settings.dicom_certificate is not None and settings.dicom_key is not None:
        context.load_cert_chain(settings.dicom_certificate, settings.dicom_key)
    if settings.dicom_client_ca is not None:
        context.load_verify_locations(settings.dicom_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def web_settings(settings: Settings) -> WebSettings:
    """Give what DICOMweb is told."""
    return WebSettings(
        trusted_proxies=settings.trusted_proxies,
        max_object_bytes=settings.max_object_bytes,
        object_s=settings.object_s,
        default_issuer=settings.default_issuer,
        default_charset=settings.default_charset,
    )


def application() -> ASGIApp:
    """Give the ASGI application of a server worker; the house opens in its lifespan."""
    # A thread that wakes from a disk or a socket must not wait 5 ms for one that computes.
    sys.setswitchinterval(SWITCH_S)
    settings = inherited().settings
    configure_logs(settings.log_level, as_json=settings.log_json)
    metrics = Metrics(lambda: running.queues(), lambda: running.associations())
    house = build(settings, metrics)
    running = Running(house, metrics)
    services = services_of(running, metrics)
    # What stands now stands to the end: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)

    @asynccontextmanager
    async def lifespan(_app: ASGIApp) -> AsyncIterator[None]:
        doors = await run_in_threadpool(running.start)
        secret = await run_in_threadpool(partial(house.security.first_administrator, _first_password(settings)))
        say_ready_when_reached(
            host_port(settings.http), **doors, **({"first_sign_in": f"admin {secret}"} if secret else {})
        )
        yield
        await run_in_threadpool(running.stop)

    if settings.only in ("dimse", "worker"):
        return create_status_app(services, lifespan=lifespan)
    return create_web_app(services, dicomweb_routes(house.archive, web_settings(settings)), lifespan=lifespan)


def services_of(running: Running, metrics: Metrics) -> Services:
    """Give what the web door needs of the house."""
    house, catalog = running.house, running.house.catalog
    return Services(
        archive=house.archive,
        security=house.security,
        feed=catalog.feed,
        quarantine=catalog,
        corrections=catalog,
        outbox=catalog.outbox,
        send=house.send,
        hold=house.hold,
        echo=house.echo,
        chores=house.chores,
        commitments=house.commitments,
        reading=house.reading,
        deidentification=house.deidentification,
        tastes=lambda account: _taste(house, account),
        presets=lambda modality, body_part, view: _presets(house, modality, body_part, view),
        ask_commitment=house.ask_commitment,
        wake=house.wake,
        health=Health(_probes(house), house.clock),
        metrics=metrics.text,
        observe=metrics.answered,
        max_json_bytes=house.settings.max_json_bytes,
        trusted_proxies=house.settings.trusted_proxies,
    )


def _taste(house: House, account: str) -> Taste:
    chosen = house.reading.preferences.of_account(account)
    return Taste(chosen["language"], chosen["theme"])


def _presets(house: House, modality: str, body_part: str, view: str) -> list[dict[str, Any]]:
    """Give the site's windows for an image, in the shape of a render model's `voi`."""
    applying = house.reading.presets.applying(modality, body_part, view)
    names = ("centre", "width", "function")
    return [
        {"explanation": preset["name"], **{name: preset[name] for name in names}, "lut": None}  # type: ignore[literal-required]
        for preset in applying
    ]


def _probes(house: House) -> dict[str, Probe]:
    def index() -> str:
        house.catalog.outbox.waiting()
        return "answers"

    def keys() -> str:
        if isinstance(house.ring, FileKeyRing) and not house.settings.demo_keys and not house.ring.exported():
            raise Unavailable("no recovery key was exported: nothing is taken in; run `radiotheque keys export`")
        return "demonstration keys" if house.settings.demo_keys else "ready"

    def blobs() -> str:
        next(iter(house.blobs.names()), None)
        return "answer"

    return {"index": index, "blobs": blobs, "keys": keys}


def _first_password(settings: Settings) -> str | None:
    if settings.admin_password_file is None:
        return None
    try:
        return settings.admin_password_file.read_text("utf-8").strip()
    except OSError as error:
        raise Unavailable(f"{settings.admin_password_file} cannot be read: {error.strerror}") from error
