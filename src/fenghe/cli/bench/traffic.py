"""Signed ZTO pushes in bulk: parcels on their road, one scan a message, every message different."""

import random
from collections.abc import Iterator

from fenghe.connectors.signing import zto_digest

SECRET = "bench-secret"
ROAD = ("收件", "发件", "到件", "发件", "到件", "派件", "签收")


def bodies(count: int, *, seed: int, events_per_parcel: int = 5) -> Iterator[bytes]:
    """`count` push bodies over count / events_per_parcel parcels, in an order as of many parcels at once."""
    rng = random.Random(seed)  # noqa: S311 - the same traffic at every run
    parcels = max(1, count // events_per_parcel)
    step = [0] * parcels
    order = [n % parcels for n in range(count)]
    for start in range(0, count, 5_000):
        window = order[start : start + 5_000]
        rng.shuffle(window)
        order[start : start + 5_000] = window
    for parcel in order:
        at = step[parcel]
        step[parcel] += 1
        scan = ROAD[at] if at < len(ROAD) else "事件"
        yield (
            f'{{"billCode":"7{seed % 1000:03d}{parcel:010d}","scanType":"{scan}",'
            f'"scanDate":"2026-02-{5 + at:02d} {parcel % 24:02d}:{at:02d}:00",'
            f'"scanSite":{{"code":"57101","name":"杭州余杭"}},"preOrNextSite":{{"code":"","name":""}},"operateUser":"某某",'
            f'"operateUserPhone":"","desc":"【杭州余杭】的某某正在处理 {parcel}/{at},'
            f'物流问题请致电,感谢使用中通快递,期待再次为您服务"}}'
        ).encode()


def requests(count: int, *, seed: int, source: str) -> list[bytes]:
    """The same as ready HTTP/1.1 requests to the door."""
    return [
        b"POST /hook/%s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-appkey: bench\r\n"
        b"x-datadigest: %s\r\ncontent-length: %d\r\n\r\n%s"
        % (source.encode(), zto_digest(body, SECRET).encode(), len(body), body)
        for body in bodies(count, seed=seed)
    ]
