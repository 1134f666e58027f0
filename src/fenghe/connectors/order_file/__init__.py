"""Orders from files of any layout (订单文件)."""

from fenghe.connectors.order_file.file import CONNECTOR, OrderFile, layout_named
from fenghe.connectors.order_file.rows import read_row

__all__ = ["CONNECTOR", "OrderFile", "layout_named", "read_row"]
