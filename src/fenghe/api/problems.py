"""Errors as answers (出错说明): application/problem+json in plain Chinese words, with a code and a trace."""

import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Scope
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from fenghe.kernel.web.problems import TITLES, FieldProblem, Problem, bad_fields

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
TRACE: Final = "fenghe_trace"

WORDS: Final = {
    400: ("bad_request", "请求的内容有误，无法读懂。请刷新页面后再试。"),
    401: ("signed_out", "登录已失效或尚未登录。请登录后再试。"),
    403: ("forbidden", "您没有权限执行此操作。请联系管理员。"),
    404: ("not_found", "没有这个地址。请检查链接，或返回首页。"),
    405: ("method_not_allowed", "此地址不支持这种操作。"),
    413: ("too_large", "发送的内容超过 1 MB。请分批提交；文件请用导入功能。"),
    415: ("unsupported_type", "不支持这种内容格式，请发送 JSON。"),
    429: ("too_many_requests", "操作过于频繁。请稍等片刻再试。"),
    500: ("internal", "系统出错，操作没有完成。请稍后再试；若再次出现，请把追踪号告诉管理员。"),
    503: ("unavailable", "系统暂时不可用。请稍等片刻再试。"),
}
CSRF_FAILED: Final = Problem(403, "页面停留过久，安全校验已过期。请刷新页面后再试。", code="csrf_failed")
NO_DATABASE: Final = "数据库暂时不可用，操作没有完成。请稍等片刻再试；若持续出现，请联系管理员。"

_READINGS: Final = (
    (r"Object missing required field `(?P<a>.+?)`", "缺少必填项 {a}"),
    (r"Object contains unknown field `(?P<a>.+?)`", "不认识的字段 {a}"),
    (r"Expected `str` of length >= (?P<a>\d+)", "至少 {a} 个字符"),
    (r"Expected `str` of length <= (?P<a>\d+)", "最多 {a} 个字符"),
    (r"Expected `(?:int|float)` >= (?P<a>-?[\d.]+)", "不能小于 {a}"),
    (r"Expected `(?:int|float)` <= (?P<a>-?[\d.]+)", "不能大于 {a}"),
    (r"Expected `array` of length <= (?P<a>\d+)", "最多 {a} 项"),
    (r"Expected `(?P<a>[^`]+)`, got `(?P<b>[^`]+)`", "应为{a}，实际是{b}"),
    (r"Invalid enum value (?P<a>.+)", "{a} 不在可选范围内"),
    (r"Invalid RFC3339 encoded (?:datetime|date)", "应为时间，如 2026-11-22T08:00:00Z"),
    (r"Missing required (?:query )?parameter '(?P<a>.+?)'", "缺少参数 {a}"),
)
_KINDS: Final = {
    "str": "文字", "int": "整数", "float": "数字", "bool": "是或否", "array": "列表", "object": "对象", "null": "空",
    "datetime": "时间", "date": "日期",
}  # fmt: skip


def trace_of(scope: Scope) -> str:
    """The number by which an answer is found again in the log; one a request."""
    state: dict[str, Any] = scope["state"]
    trace: str = state.setdefault(TRACE, secrets.token_hex(8))
    return trace


def answer(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """A problem as a response."""
    body: dict[str, Any] = {
        "status": problem.status,
        "title": problem.title,
        "detail": problem.detail,
        "code": problem.code,
        "trace": trace_of(request.scope),
    }
    if problem.fields:
        body["fields"] = [{"field": one.field, "message": one.message} for one in problem.fields]
    headers = {"retry-after": str(problem.retry_after_seconds)} if problem.retry_after_seconds is not None else {}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="fenghe"'
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """Said on purpose, by a route or below it."""
    return answer(request, problem)


def on_invalid(request: Request[Any, Any, Any], error: ValidationException) -> Response[dict[str, Any]]:
    """The body or the query does not fit what the route expects."""
    if error.status_code >= 500:
        return on_bug(request, error)
    return answer(request, _bad_fields(error))


def _bad_fields(error: ValidationException) -> Problem:
    extra = error.extra if isinstance(error.extra, list) else []
    fields = [_field(one) for one in extra if isinstance(one, Mapping)]
    if not fields:
        return _worded(400)
    return bad_fields(fields)


def _field(told: Mapping[str, Any]) -> FieldProblem:
    message = str(told.get("message", ""))
    name = str(told.get("key", ""))
    missing = re.search(r"(?:missing required|contains unknown) field `(.+?)`", message)
    if missing:
        prefix = name if name and name != "data" else ""
        name = ".".join(part for part in (prefix, missing[1]) if part)
    words = _in_chinese(message)
    return FieldProblem(name, f"{name} {words}" if name and name not in words else words)


def _in_chinese(message: str) -> str:
    for pattern, words in _READINGS:
        if found := re.search(pattern, message):
            named = {name: _kinds(value) for name, value in found.groupdict().items()}
            return words.format(**named)
    return f"格式不符（{message}）"


def _kinds(text: str) -> str:
    parts = [part.strip() for part in text.split("|")]
    return "或".join(_KINDS.get(part, part) for part in parts)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """What the framework refuses by itself: no such address, too large, forged."""
    if isinstance(error, ValidationException):
        return on_invalid(request, error)
    if error.status_code >= 500:
        return on_bug(request, error)
    if error.status_code == 403 and "CSRF" in str(error.detail):
        return answer(request, CSRF_FAILED)
    return answer(request, _worded(error.status_code))


def _worded(status: int) -> Problem:
    code, words = WORDS.get(status, ("refused", TITLES.get(status, "请求未完成") + "。"))
    return Problem(status, words, code=code)


def on_no_database(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """The database is not there, or too busy to give us a connection."""
    log.error("no database: %s (trace %s, %s)", error, trace_of(request.scope), request.url.path)
    return answer(request, Problem(503, NO_DATABASE, code="database_unavailable", retry_after_seconds=5))


def on_too_slow(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """The database gave up a query that took too long."""
    log.warning("query cancelled: %s (trace %s, %s)", error, trace_of(request.scope), request.url.path)
    return answer(request, Problem(503, "查询耗时过长，已中止。请缩小筛选范围后再试。", code="query_too_slow"))


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A bug: the log gets everything, the person the trace and nothing else."""
    log.error("%s %s failed (trace %s)", request.method, request.url.path, trace_of(request.scope), exc_info=error)
    return answer(request, _worded(500))


HANDLERS: Final[dict[int | type[Exception], Any]] = {
    Problem: on_problem,
    HTTPException: on_http,
    psycopg.errors.QueryCanceled: on_too_slow,
    psycopg.OperationalError: on_no_database,
    PoolTimeout: on_no_database,
    PoolClosed: on_no_database,
    TooManyRequests: on_no_database,
    Exception: on_bug,
}
