"""The sandbox over real HTTP against our own queries: signatures, each platform's errors, faults of calling."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fenghe.connectors import kuaidi100, sf, zto
from fenghe.connectors.asking import Consignment, Contact, Heard, Tracker, Wanted
from fenghe.connectors.kuaidi100 import query as kuaidi100_query
from fenghe.connectors.sf import query as sf_query
from fenghe.connectors.zto import query as zto_query
from fenghe.kernel.connecting import Request
from fenghe.simulator.clock import StoppedClock
from fenghe.simulator.faults import CallFaults, Fault, FaultKind
from fenghe.simulator.journeys import Step
from fenghe.simulator.parcels import Parcel
from fenghe.simulator.running import running
from fenghe.simulator.world import World

NOW = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=20)
TRACKERS: dict[str, Tracker] = {"zto": zto.TRACKER, "sf": sf.TRACKER, "kuaidi100": kuaidi100.TRACKER}
SHOP = Contact(name="店", phone="13800000000", province="浙江省", city="杭州市", district="余杭区", address="某路1号")
ORDER = Consignment(order_no="A1", sender=SHOP, receiver=SHOP, cargo="手机壳")


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3, now=NOW, parcels=30, faults=(Fault(kind=FaultKind.FORWARDED, count=1),))


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    with running(world, clock=StoppedClock(LATER)) as found:
        yield found


def send(request: Request) -> bytes:
    with httpx.Client(timeout=10) as client:
        return client.request(request.method, request.url, content=request.body, headers=dict(request.headers)).content


def settings(world: World, address: str, teller: str, **changed: str) -> dict[str, str]:
    return {"base_url": f"{address}/{teller}", **world.secrets[teller], **changed}


def ask(world: World, address: str, parcel: Parcel, *, tail: str | None = None, **changed: str) -> Heard:
    tracker, given = TRACKERS[parcel.teller], settings(world, address, parcel.teller, **changed)
    wanted = [
        Wanted(number=parcel.number, carrier=parcel.carrier, phone_tail=parcel.phone_tail if tail is None else tail)
    ]
    request = tracker.ask(wanted, settings=given, now=NOW, nonce=f"n-{parcel.number}")
    return tracker.hear(send(request), wanted, settings=given)


def of(world: World, teller: str) -> list[Parcel]:
    return [parcel for parcel in world.parcels if parcel.teller == teller]


@pytest.mark.parametrize("teller", TRACKERS)
def test_a_query_tells_the_whole_truth_oldest_first(world: World, address: str, teller: str) -> None:
    for parcel in of(world, teller)[1:6]:
        heard = ask(world, address, parcel)
        assert heard.error is None
        assert not heard.reading.unreadable
        told = [event.occurred_at for event in heard.reading.items]
        true = [scan.at for scan in parcel.scans if scan.step is not Step.SIGN_INFO or teller == "sf"]
        assert told == true
        assert {event.tracking_no for event in heard.reading.items} == {parcel.number}


def test_ten_sf_parcels_in_one_call(world: World, address: str) -> None:
    parcels = of(world, "sf")[:10]
    wanted = [Wanted(number=p.number, phone_tail=p.phone_tail, order_no=p.order_no) for p in parcels]
    given = settings(world, address, "sf")
    heard = sf.TRACKER.hear(send(sf.TRACKER.ask(wanted, settings=given, now=NOW, nonce="n")), wanted, settings=given)
    assert {event.tracking_no for event in heard.reading.items} == {p.number for p in parcels}
    assert {event.order_no for event in heard.reading.items} == {p.order_no for p in parcels}


@pytest.mark.parametrize("teller", ["sf", "zto"])
def test_wrong_phone_digits_are_no_evidence_not_an_error(world: World, address: str, teller: str) -> None:
    heard = ask(world, address, of(world, teller)[0], tail="none")
    assert heard.error is None
    assert heard.no_evidence


@pytest.mark.parametrize(
    ("teller", "changed", "error"),
    [
        ("sf", {"checkword": "x"}, "signature_wrong"),
        ("sf", {"partner_id": "x"}, "no_permission"),
        ("zto", {"app_secret": "x"}, "zto_S203"),
        ("kuaidi100", {"key": "x"}, "signature_wrong"),
    ],
)
def test_wrong_secrets_get_the_platforms_own_refusal(
    world: World, address: str, teller: str, changed: dict[str, str], error: str
) -> None:
    heard = ask(world, address, of(world, teller)[0], **changed)
    assert heard.error == error
    assert heard.permanent
    assert heard.said


def test_kuaidi100_locks_a_number_for_half_an_hour(world: World, address: str) -> None:
    parcel = of(world, "kuaidi100")[6]
    assert ask(world, address, parcel).error is None
    again = ask(world, address, parcel)
    assert (again.error, again.permanent) == ("server_busy", False)
    unknown = Wanted(number="YT0000000000000", carrier="yto")
    given = settings(world, address, "kuaidi100")
    request = kuaidi100.TRACKER.ask([unknown], settings=given, now=NOW, nonce="n")
    heard = kuaidi100.TRACKER.hear(send(request), [unknown], settings=given)
    assert heard.no_evidence
    assert "无结果" in heard.said


def test_subscriptions(world: World, address: str) -> None:
    wanted = Wanted(number=of(world, "kuaidi100")[0].number, carrier="yto", phone_tail="1234")
    good = settings(world, address, "kuaidi100", callback_url="http://x/hook/kuaidi100")
    assert kuaidi100_query.subscribed(send(kuaidi100_query.subscribe(wanted, settings=good))).error is None
    bad = kuaidi100_query.subscribed(send(kuaidi100_query.subscribe(wanted, settings=good | {"key": "x"})))
    assert (bad.error, bad.permanent) == ("not_a_customer", True)
    assert zto_query.unwrap(send(zto_query.subscribe(wanted, settings=settings(world, address, "zto")))) is None
    registered = sf_query.register(wanted, settings=settings(world, address, "sf"), now=NOW, nonce="n")
    assert not isinstance(sf_query.unwrap(send(registered)), Heard)


def test_bookings_give_a_waybill_once(world: World, address: str) -> None:
    given = settings(world, address, "sf")
    numbers = {sf_query.booked(send(sf_query.book(ORDER, settings=given, now=NOW, nonce=f"n{i}"))) for i in range(2)}
    assert len(numbers) == 1
    number = zto_query.booked(send(zto_query.book(ORDER, settings=settings(world, address, "zto"))))
    assert isinstance(number, str)
    assert world.find(number) is not None
    refused = zto_query.booked(send(zto_query.book(ORDER, settings=settings(world, address, "zto", app_secret="x"))))
    assert isinstance(refused, Heard)


def test_faults_of_calling(world: World) -> None:
    parcel = of(world, "sf")[0]
    with running(world, clock=StoppedClock(LATER), faults=CallFaults(throttle_every=2)) as address:
        assert ask(world, address, parcel).error is None
        throttled = ask(world, address, parcel)
        assert (throttled.error, throttled.permanent) == ("throttled", False)
        assert throttled.retry_after_seconds
    with running(world, faults=CallFaults(error_every=1)) as address:
        answer = httpx.post(f"{address}/zto/zto.merchant.waybill.track.query", content=b"{}")
        assert answer.status_code == 500
    faults = CallFaults(timeout_every=1, timeout_seconds=0.5)
    with running(world, faults=faults) as address, pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{address}/sf/std/service", content=b"", timeout=0.1)


def test_the_world_can_be_looked_at_and_other_paths_are_not_there(world: World, address: str) -> None:
    httpx.post(f"{address}/sf/std/service", content=b"x")
    told = httpx.get(f"{address}/world").json()
    assert len(told["parcels"]) == len(world.parcels)
    assert told["calls"]["sf"] > 0
    assert httpx.get(f"{address}/sf/std/service").status_code == 404
    assert httpx.post(f"{address}/nobody", content=b"x").status_code == 404


@pytest.mark.parametrize("path", ["zto/zto.merchant.waybill.track.query", "sf/std/service", "kuaidi100/poll/query.do"])
def test_nonsense_gets_an_error_in_the_platforms_shape(address: str, path: str) -> None:
    for body in (b"", b"{", b"param=%7B", b"\xff\xfe", b"a=" + b"x" * 2_000_000):
        answer = httpx.post(f"{address}/{path}", content=body)
        assert answer.status_code == 200
        assert isinstance(answer.json(), dict)
