"""File intake (文件收取): whatever people export, record by record, with what is broken told in their terms."""

from fenghe.kernel.intake.opening import open_records
from fenghe.kernel.intake.records import Broken, Limits, Record, Shape, row_key
from fenghe.kernel.intake.refusals import FileRefused
from fenghe.kernel.intake.xml import read_xml

__all__ = ["Broken", "FileRefused", "Limits", "Record", "Shape", "open_records", "read_xml", "row_key"]
