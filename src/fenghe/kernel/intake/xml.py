"""XML from outside (外来 XML), read without entities, DTDs or outside references, and bounded in size and depth."""

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from fenghe.kernel.intake.refusals import BadXml, FileTooLarge, XmlRefused

XML_BYTES = 10 * 1024 * 1024
XML_DEPTH = 100
_GBK = re.compile(rb"""\s*<\?xml[^>]{0,200}encoding\s*=\s*["']gb""", re.IGNORECASE)
"""The parser below knows no Chinese encoding; Python does."""


class _ShallowTree(TreeBuilder):
    """Builds the tree, and stops where it nests deeper than any document that people exchange."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._room = limit

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._room -= 1
        if self._room < 0:
            raise XmlRefused(found="nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Element:
        self._room += 1
        return super().end(tag)


def read_xml(body: bytes, *, limit_bytes: int = XML_BYTES, limit_depth: int = XML_DEPTH) -> Element:
    """Parse a whole document. Raises FileTooLarge, XmlRefused (billion laughs and its kin) or BadXml."""
    if len(body) > limit_bytes:
        raise FileTooLarge(name="The XML", limit=limit_bytes)
    parser = DefusedXMLParser(target=_ShallowTree(limit_depth), forbid_dtd=True)
    try:
        parser.feed(body.decode("gb18030") if _GBK.match(body) else body)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise XmlRefused(found=_named(error)) from None
    except ParseError as error:
        line, column = error.position
        raise BadXml(line=line, column=column + 1, found=str(error).partition(":")[0]) from None
    except (ValueError, LookupError) as error:
        raise BadXml(line=1, column=1, found=str(error)) from None
    return root


def _named(error: Exception) -> str:
    names = {"DTDForbidden": "it brings a document type", "EntitiesForbidden": "it defines entities"}
    return names.get(type(error).__name__, "it refers to something outside")
