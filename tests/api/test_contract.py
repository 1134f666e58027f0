"""The written contract: the schema in the repository is the schema of the routes."""

import json

from fenghe.api.dump import FILE, schema


def test_the_written_schema_is_of_these_routes() -> None:
    assert FILE.read_bytes() == schema(), "the routes changed: run `python -m fenghe.api.dump`"


def test_the_schema_tells_both_ways_in_and_the_words_of_each_route() -> None:
    told = json.loads(schema())
    assert set(told["components"]["securitySchemes"]) == {"session", "token"}
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one.get("description") for one in operations)
