"""Auditing an export without importing it (核查文件): read record by record, put aside by parcel or order, then judged.

Promises: read = audited + unreadable; nothing is written to the database; memory is bounded whatever the file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors import order_file, tracking_file
from fenghe.connectors.tracking_file.envelope import number_in
from fenghe.hub import rooms
from fenghe.hub.callback_stored import nothing_told, unreadable_finding
from fenghe.hub.callback_subjects import Audited, findings_of, known_of, order_times, orders_named, remarks_at_the_end
from fenghe.hub.declared import Declared
from fenghe.hub.import_words import refusal_words
from fenghe.hub.store_spill import Spill
from fenghe.kernel.connecting import Connector, InboundMessage, Reading, Unreadable
from fenghe.kernel.intake import Broken, FileRefused, Limits, Record, open_records
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.values import Observation
from fenghe.logistics import store_callbacks as store
from fenghe.logistics.callbacks import Finding, Located, Parcel, Scan, Telling
from fenghe.logistics.callbacks_orders import audit_order
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.told_order import way_of

CHUNK: Final = 500
MOST_PROBLEMS: Final = 20


class FileAudit(msgspec.Struct, kw_only=True):
    """What became of the records of one file; `refused`: why nothing of it could be looked at."""

    file: str
    read: int = 0
    audited: int = 0
    unreadable: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    problems: list[Unreadable] = msgspec.field(default_factory=list)
    refused: tuple[str, str] | None = None


class FileSource(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is read: as an export of unknown make, or as what a connection of ours tells."""

    name: str = ""
    connector: str = ""
    config: Mapping[str, Any] = {}


class Audit:
    """One audit of any number of files. First `take` each, then go through `findings`; close when done."""

    def __init__(self, about: str, source: FileSource, audited: Audited, *, declared: Declared) -> None:
        self._about = about
        self._source = source
        self._audited = audited
        self._declared = declared
        self._connector = self._reader()
        self._spill = Spill()
        self._number = 0
        self._way: Counter[str] = Counter()
        self._last_ms: int | None = None
        self._tells: dict[str, set[str]] = {}
        self._apart: list[Finding] = []
        self.reports: list[FileAudit] = []
        self.subjects = 0

    def _reader(self) -> Connector:
        if self._about == "orders":
            return order_file.CONNECTOR
        if self._source.connector:
            return rooms.connectors()[self._source.connector]
        return tracking_file.CONNECTOR

    def __enter__(self) -> "Audit":
        self._spill.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._spill.__exit__(*error)

    def take(self, path: Path, *, name: str = "", limits: Limits | None = None) -> FileAudit:
        """Read a file. What can't be read is counted and told; a bad file is refused with its reason."""
        report = FileAudit(file=name or path.name)
        self.reports.append(report)
        try:
            for told in open_records(path, limits=limits):
                place = told.where.replace(path.name, name, 1) if name else told.where
                self._take(told, report, f"{place or path.name}:{told.line}")
        except (FileRefused, OSError) as problem:
            report.refused = refusal_words(problem, Path(name or path.name))
        return report

    def _take(self, told: Record | Broken, report: FileAudit, where: str) -> None:
        self._number += 1
        report.read += 1
        if isinstance(told, Broken):
            note = Unreadable(item=0, field=told.field, expected=told.expected, got=told.got, code="broken_row")
            self._not_read(report, (note,), where, number="")
            return
        message = self._message(told)
        reading = self._connector.read(message)
        number = number_in(told.fields)
        notes = [note for note in reading.unreadable if not self._says_nothing(note, number, where)]
        if not reading.items and notes:
            self._not_read(report, notes, where, number=number)
            return
        report.audited += 1
        self._apart += [self._finding(note, number, where, "这一部分读不懂,其余已核查") for note in notes]
        if self._about == "orders":
            self._put_orders(reading, message, where)
        else:
            self._put_scans(reading, message, where)

    def _message(self, told: Record) -> InboundMessage:
        return InboundMessage(
            id=self._number,
            source=self._source.name,
            connector=self._connector.name,
            received_ms=self._audited.now_ms,
            headers={},
            body=told.body,
            config=self._source.config,
        )

    def _not_read(self, report: FileAudit, notes: Sequence[Unreadable], where: str, *, number: str) -> None:
        report.unreadable += 1
        code = notes[0].code
        report.reasons[code] = report.reasons.get(code, 0) + 1
        alike = any((one.expected, one.got) == (notes[0].expected, notes[0].got) for one in report.problems)
        if len(report.problems) < MOST_PROBLEMS and not alike:
            report.problems.append(msgspec.structs.replace(notes[0], field=f"{where} {notes[0].field}".strip()))
        self._apart.append(self._finding(notes[0], number, where, "未核查"))

    def _finding(self, note: Unreadable, number: str, where: str, ours: str) -> Finding:
        return unreadable_finding(
            note,
            number=number,
            source=self._source.name,
            at_ms=self._audited.now_ms,
            message_id=None,
            where=where,
            ours=ours,
        )

    def _says_nothing(self, note: Unreadable, number: str, where: str) -> bool:
        """An answer without a single scan was read: it says that there is none."""
        found = nothing_told(note, number=number, source=self._source.name, at_ms=self._audited.now_ms, where=where)
        if self._about == "orders" or found is None:
            return False
        self._apart.append(found)
        return True

    def _put_scans(self, reading: Reading, message: InboundMessage, where: str) -> None:
        events = [item for item in reading.items if isinstance(item, TrackingEvent)]
        by_number: dict[str, list[Scan]] = {}
        for item in events:
            for word in rooms.observe(item, message, self._declared):
                if isinstance(word, Told):
                    by_number.setdefault(word.subject, []).append(Scan(told=word.observation, codes=word.codes))
        for number, told in by_number.items():
            scans = remarks_at_the_end(told)
            telling = Telling(
                message_id=0, where=where, source=self._source.name, heard_ms=message.received_ms, scans=tuple(scans),
                is_list=len(events) > 1,
            )  # fmt: skip
            self._spill.put([(number, msgspec.json.encode(telling))])
            if len(scans) == 1:
                self._note_way(scans[0].told)

    def _note_way(self, told: Observation) -> None:
        """Whether rows grow older or newer on the way down the file."""
        if "no_time" in told.facts:
            return
        if self._last_ms is not None and told.occurred_ms != self._last_ms:
            self._way["up" if told.occurred_ms > self._last_ms else "down"] += 1
        self._last_ms = told.occurred_ms

    def _put_orders(self, reading: Reading, message: InboundMessage, where: str) -> None:
        for item in reading.items:
            for word in rooms.observe(item, message, self._declared):
                if isinstance(word, Told) and word.kind == "order":
                    times = (
                        (name, f"{told}_at") for name, told in (("delivered", "finished"), ("handed_over", "shipped"))
                    )
                    self._tells.setdefault(word.codes, set()).update(
                        name for name, field in times if field in word.observation.facts
                    )
                    row = _OrderRow(codes=word.codes, where=where, told=word.observation)
                    self._spill.put([(word.subject, msgspec.json.encode(row))])

    def apart(self) -> Iterator[Located]:
        """What is wrong with records that say nothing of a parcel or could not be read."""
        return (Located(finding=one) for one in self._apart)

    def judged(self, connection: Connection[Any] | None = None) -> Iterator[Located]:
        """What is wrong with what was told; with a connection, held against the orders and parcels we know."""
        groups = self._spill.groups()
        while chunk := list(islice(groups, CHUNK)):
            self.subjects += len(chunk)
            yield from self._orders(chunk) if self._about == "orders" else self._parcels(chunk, connection)

    def _parcels(
        self, chunk: Sequence[tuple[str, list[bytes]]], connection: Connection[Any] | None
    ) -> Iterator[Located]:
        told = {number: tuple(map(_telling.decode, bodies)) for number, bodies in chunk}
        held = {one.number: one for one in store.parcels_of_numbers(connection, list(told))} if connection else {}
        named = {
            number: orders_named(scan.told for one in tellings for scan in one.scans)
            for number, tellings in told.items()
        }
        every_name = sorted(set().union(*named.values()))
        parcels_of = store.parcels_of_orders(connection, every_name) if connection and every_name else {}
        way = way_of(self._way["up"], self._way["down"])
        for number, tellings in told.items():
            own = held.get(number)
            words = tuple(one for one in own.history if one.kind != "event") if own else ()
            known = known_of(own, {name: parcels_of[name] for name in named[number] if name in parcels_of})
            parcel = Parcel(number=number, tellings=tellings, words=words, known=known, way=way)
            for finding in findings_of(parcel, self._audited):
                yield Located(
                    finding=_of_file(finding),
                    subject_id=own.id if own else None,
                    order_id=own.order_id if own else None,
                )

    def _orders(self, chunk: Sequence[tuple[str, list[bytes]]]) -> Iterator[Located]:
        for _, bodies in chunk:
            rows = [_order_row.decode(body) for body in bodies]
            history = [row.told for row in rows]
            said = [row for row in rows if row.told.kind == "snapshot"]
            last = said[-1] if said else rows[-1]
            tells = frozenset(self._tells.get(last.codes, ()))
            state = str(last.told.status or "order_unknown")
            times = order_times(history, state=state, tells=tells, layout=last.codes)
            times = msgspec.structs.replace(
                times, where=last.where, source=self._source.name, heard_ms=self._audited.now_ms
            )
            for finding in audit_order(times, now_ms=self._audited.now_ms):
                yield Located(finding=finding)


class _OrderRow(msgspec.Struct, frozen=True, array_like=True):
    codes: str
    where: str
    told: Observation


_telling: Final = msgspec.json.Decoder(Telling)
_order_row: Final = msgspec.json.Decoder(_OrderRow)


def _of_file(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, message_id=None)


def totals(reports: Iterable[FileAudit]) -> FileAudit:
    """All files' numbers together."""
    whole = FileAudit(file="")
    reasons: Counter[str] = Counter()
    for one in reports:
        whole.read += one.read
        whole.audited += one.audited
        whole.unreadable += one.unreadable
        reasons.update(one.reasons)
    whole.reasons = dict(reasons.most_common())
    return whole
