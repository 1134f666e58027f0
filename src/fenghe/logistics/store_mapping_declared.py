"""Status mappings as declarations (状态映射): what their rows may say, and what is read again once they take force."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.contract import DeclaredKind, Named
from fenghe.kernel.inbox.store import replay_codes
from fenghe.kernel.web.problems import FieldProblem
from fenghe.logistics import mapping_view as view
from fenghe.logistics.declared import MAPPING, MappingBody, mapping_rules, problems
from fenghe.logistics.dry_run import codes_read_otherwise

_ROW: Final = "第 "


class MappingKind(DeclaredKind):
    """状态映射: one declaration a code list; its rows lie over the shipped ones. Its lists and its trial are the mapper's own."""

    kind = MAPPING
    title = "码表"
    edit_right = "mapping.edit"
    publish_right = "mapping.publish"
    new_names = r".+"
    topics = ("mappings", "messages", "orders", "cases", "workbench")

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """The mapper's screen knows which lists were heard."""
        return ()

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """No rows of one's own."""
        return msgspec.to_builtins(MappingBody())

    def whole(self, body: Any) -> Any:
        """Rows with all they leave out."""
        return msgspec.to_builtins(msgspec.convert(body, MappingBody))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Rows that cannot be read, or stand twice."""
        return [FieldProblem(_field(problem), problem) for problem in problems(view.body_of(body))]

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:
        """Replay what the new version reads otherwise."""
        versions = declarations.history(connection, MAPPING, name)
        before = view.body_of(versions[1].body if len(versions) > 1 else None)
        return replay_codes(connection, codes=name, changed=read_otherwise(name, before, view.body_of(body)))


def read_otherwise(codes: str, before: MappingBody, after: MappingBody) -> list[str]:
    """Codes that two bodies read otherwise."""
    return codes_read_otherwise(mapping_rules(codes, before), mapping_rules(codes, after))


def _field(problem: str) -> str:
    number = problem.removeprefix(_ROW).partition(" ")[0]
    return f"rules.{int(number) - 1}" if number.isdigit() else "rules"
