"""Connections (连接): the outside parties as configured, their secrets sealed."""
