"""Counters of the house in the Prometheus exposition format; no label ever names a person."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

DOORS = frozenset({"anonymous", "api", "dicom-web", "wado", "metrics", "healthz", "static"})


class Metrics:
    """What is counted, in a registry of its own, so that two houses in one process count apart."""

    def __init__(
        self, queues: Callable[[], Mapping[str, float]] = dict, associations: Callable[[], int] = lambda: 0
    ) -> None:
        """`queues` gives named lengths and `associations` how many are open; both are asked at each reading."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "radiotheque_http_requests", "Answers of the web door.", ["door", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "radiotheque_http_seconds", "Seconds to answer.", ["door"], buckets=_SECONDS, registry=self._registry
        )
        self._objects = Counter(
            "radiotheque_objects_received", "Objects received.", ["channel", "outcome"], registry=self._registry
        )
        self._bytes = Counter("radiotheque_bytes_received", "Bytes received.", ["channel"], registry=self._registry)
        self._finds = Counter("radiotheque_finds", "Queries answered.", ["door"], registry=self._registry)
        self._asked = Counter(
            "radiotheque_associations", "Associations asked for.", ["outcome"], registry=self._registry
        )
        blocks = Counter(
            "radiotheque_near_cache_blocks", "Blocks read of a far store's blobs.", ["outcome"], registry=self._registry
        )
        self._blocks = {hit: blocks.labels("hit" if hit else "miss") for hit in (True, False)}
        self._answers: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._received: dict[tuple[str, str], tuple[Counter, Counter]] = {}
        self._by_door: dict[str, Counter] = {}
        self._registry.register(_Lengths(queues, associations))
        ProcessCollector(registry=self._registry)

    def answered(self, door: str, status: int, seconds: float) -> None:
        """Count an answer of the web door."""
        known = door if door in DOORS else "other"  # whatever a path begins with must not become a label
        pair = self._answers.get((known, status))
        if pair is None:
            pair = (self._requests.labels(known, str(status)), self._seconds.labels(known))
            self._answers[known, status] = pair
        pair[0].inc()
        pair[1].observe(seconds)

    def received(self, channel: str, outcome: str, size_bytes: int) -> None:
        """Count an object that came in: kept, duplicate, quarantined or refused."""
        pair = self._received.get((channel, outcome))
        if pair is None:
            pair = (self._objects.labels(channel, str(outcome)), self._bytes.labels(channel))
            self._received[channel, outcome] = pair
        pair[0].inc()
        pair[1].inc(size_bytes)

    def found(self, door: str) -> None:
        """Count a query."""
        counter = self._by_door.get(door)
        if counter is None:
            counter = self._by_door[door] = self._finds.labels(str(door))
        counter.inc()

    def association(self, outcome: str) -> None:
        """Count an association that was "accepted" or "rejected"."""
        self._asked.labels(outcome).inc()

    def cached(self, hit: bool) -> None:
        """Count a block of a far blob that was kept near, or had to be fetched."""
        self._blocks[hit].inc()

    def text(self) -> bytes:
        """Give the exposition format, text version 0.0.4."""
        return generate_latest(self._registry)


class _Lengths(Collector):
    """Lengths that are looked up when they are asked for."""

    def __init__(self, lengths: Callable[[], Mapping[str, float]], associations: Callable[[], int]) -> None:
        self._lengths, self._associations = lengths, associations

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("radiotheque_queue_length", "Jobs and cases that wait.", labels=["queue"])
        for name, length in self._lengths().items():
            family.add_metric([name], length)
        yield family
        yield GaugeMetricFamily(
            "radiotheque_associations_open", "Associations open now.", value=float(self._associations())
        )
