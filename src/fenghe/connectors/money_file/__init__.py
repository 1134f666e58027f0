"""Money from files of any layout (资金文件): payments, refunds, vouchers, pay-outs and statements."""

from fenghe.connectors.money_file.file import CONNECTOR, MoneyFile, Way, read_fields, readers_for

__all__ = ["CONNECTOR", "MoneyFile", "Way", "read_fields", "readers_for"]
