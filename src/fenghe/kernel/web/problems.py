"""What a person is told when it did not work (问题说明): plain Chinese words with the next step. Pure."""

from typing import Final

import msgspec

TITLES: Final = {
    400: "填写有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "操作不支持",
    409: "已被他人改动",
    413: "内容过大",
    415: "格式不支持",
    422: "无法执行",
    429: "过于频繁",
    500: "系统出错",
    503: "暂时不可用",
}


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field of what was sent."""

    field: str
    message: str


class Problem(Exception):
    """The request cannot be done as asked; the app answers it as application/problem+json.

    `detail` is one or two Chinese sentences: what is the matter, what to do next. `code` is a stable word for programs.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str,
        fields: tuple[FieldProblem, ...] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.detail = detail
        self.code = code
        self.fields = fields
        self.retry_after_seconds = retry_after_seconds

    @property
    def title(self) -> str:
        """The heading over the detail."""
        return TITLES.get(self.status, "请求未完成")


def not_found(what: str) -> Problem:
    """404: `what` in words, as in not_found("订单 123")."""
    return Problem(404, f"没有找到{what}，它可能已被删除，或编号有误。请返回列表刷新后再试。", code="not_found")


def conflict(detail: str, *, code: str = "conflict") -> Problem:
    """409: somebody else was first; `detail` names him and what he did."""
    return Problem(409, detail, code=code)


def bad_field(field: str, message: str) -> Problem:
    """400: one field is wrong."""
    return bad_fields([FieldProblem(field, message)])


def bad_fields(fields: list[FieldProblem]) -> Problem:
    """400: several fields are wrong."""
    told = "；".join(one.message for one in fields)
    return Problem(400, f"填写有误：{told}。请改正后再提交。", code="bad_field", fields=tuple(fields))
