"""Why a whole file is refused (拒收文件). Each docstring is its message, in the words of whoever sent the file."""


class FileRefused(Exception):
    """The file cannot be read."""

    def __init__(self, **details: object) -> None:
        self.details = details
        template = type(self).__doc__ or ""
        super().__init__(template.format(**details))


class FileTooLarge(FileRefused):
    """{name} is larger than the {limit} bytes that one import takes; split it."""


class EmptyFile(FileRefused):
    """{name} is empty."""


class UnknownFormat(FileRefused):
    """{name} is {found}; expected a CSV, JSON, NDJSON, XLSX or XLS file, or a ZIP or GZ of them."""


class HeaderNotFound(FileRefused):
    """{name} has no heading line with the columns {columns} in its first {lines} lines."""


class BadHeader(FileRefused):
    """The heading in line {line} of {name} cannot be read: expected {expected}, got {got}."""


class ArchiveBomb(FileRefused):
    """{name} unpacks to more than an archive may: {found}, allowed {limit}."""


class ArchiveTooDeep(FileRefused):
    """{name} is an archive inside an archive inside an archive; unpack it first."""


class ArchiveBroken(FileRefused):
    """{name} is damaged and cannot be unpacked: {found}."""


class ArchiveLocked(FileRefused):
    """{name} is protected by a password; save it without one and import it again."""


class WorkbookBroken(FileRefused):
    """{name} cannot be read as a workbook: {found}."""


class SheetNotFound(FileRefused):
    """{name} has no sheet {sheet}; it has {sheets}."""


class TooManyRows(FileRefused):
    """{name} has {found} rows, more than the {limit} that one sheet may have; split it."""


class DocumentTooLarge(FileRefused):
    """{name} is one JSON document of more than {limit} bytes; export it as one record per line or as an array."""


class BadXml(FileRefused):
    """The XML cannot be read at line {line}, column {column}: {found}."""


class XmlRefused(FileRefused):
    """The XML is refused: {found}. Documents with a DTD, entities or outside references are not read."""
