"""What robots' platforms answer (机器人答复): a code in JSON, also under HTTP 200; limits ask for patience."""

from collections.abc import Collection

from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.kernel.connecting import Answer

LONGEST_TOLD = 300


def judged(
    answer: Answer,
    *,
    code: str,
    words: str,
    good: Collection[str] = ("0",),
    limits: Collection[str] = (),
    wait_seconds: float = 60.0,
    passing: Collection[str] = (),
) -> Answer:
    """An answer read by the fields `code` and `words`: good, asked to slow down, to be tried again, or refused for good."""
    if answer.error is not None and not answer.body:
        return answer
    try:
        told = decode_json(answer.body)
    except NotReadable:
        told = None
    if not isinstance(told, dict) or code not in told:
        if answer.error is not None:
            return answer
        return Answer(body=answer.body, error="答复读不懂,不知道是否送达", permanent=False)
    number, said = str(told[code]), str(told.get(words, ""))[:LONGEST_TOLD]
    if number in good:
        return Answer(body=answer.body)
    error = f"{number} {said}".strip()
    if number in limits:
        return Answer(body=answer.body, error=error, retry_after_seconds=wait_seconds)
    return Answer(body=answer.body, error=error, permanent=number not in passing and not _server_fault(answer))


def _server_fault(answer: Answer) -> bool:
    return answer.error is not None and not answer.permanent
