"""Every carrier's digest against the vectors, published and constructed."""

import json
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors import signing

COMPUTE = {
    "sf-standard-md5": lambda i: {"msgDigest": signing.sf_digest(i["msgData"], i["timestamp"], i["checkword"])},
    "sf-simple-md5": lambda i: {"msgDigest": signing.sf_plain_digest(i["msgData"], i["timestamp"], i["checkword"])},
    "kd100-query": lambda i: {"sign": signing.kuaidi100_query_sign(i["param"], i["key"], i["customer"])},
    "kd100-push": lambda i: {"sign": signing.kuaidi100_push_sign(i["param"], i["salt"])},
    "kdniao": lambda i: {"DataSign": signing.kdniao_sign(i["RequestData"], i["AppKey"])},
    "zto-new": lambda i: {"x-dataDigest": signing.zto_digest(i["body"], i["appSecret"])},
    "sto": lambda i: {"data_digest": signing.sto_digest(i["content"], i["secret"])},
    "yto": lambda i: {"sign": signing.yto_sign(i["param"], method=i["method"], version=i["v"], secret=i["secret"])},
    "cainiao-link": lambda i: {"data_digest": signing.cainiao_digest(i["logistics_interface"], i["secret"])},
    "17track-webhook": lambda i: {"sign": signing.track17_sign(i["raw_body"], i["api_key"])},
}


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, dict[str, Any]]:
    return {v["id"]: v for v in json.loads((shared / "protocols/vectors/carriers.json").read_text(encoding="utf-8"))}


def test_there_is_a_computation_for_every_vector(vectors: dict[str, dict[str, Any]]) -> None:
    assert set(COMPUTE) == set(vectors)


@pytest.mark.parametrize("name", COMPUTE)
def test_vector(vectors: dict[str, dict[str, Any]], name: str) -> None:
    vector = vectors[name]
    for field, value in COMPUTE[name](vector["inputs"]).items():
        assert value == vector["expect"][field]


def test_cainiao_is_base64_of_the_bytes_not_of_the_hex(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["cainiao-link"]
    assert COMPUTE["cainiao-link"](vector["inputs"])["data_digest"] != vector["expect"]["not"]


def test_reserialised_17track_body_fails(vectors: dict[str, dict[str, Any]]) -> None:
    vector = vectors["17track-webhook"]
    respaced = json.dumps(json.loads(vector["inputs"]["raw_body"]))
    assert signing.track17_sign(respaced, vector["inputs"]["api_key"]) != vector["expect"]["sign"]


def test_java_url_encoding_differs_from_pythons() -> None:
    assert signing.java_url_encode("a b*~中") == "a+b*%7E%E4%B8%AD"


def test_nothing_told_is_never_the_same() -> None:
    assert not signing.same(None, "")
    assert signing.same(b"x", "x")
    assert not signing.same("é", "e")


def test_yunda_and_the_old_zto_form() -> None:
    assert signing.yunda_sign('{"a":1}', "s") == signing.md5_hex('{"a":1}_s')
    assert signing.zto_form_digest([("a", "1"), ("b", "2")], "k") == signing.md5_base64("a=1&b=2k")
