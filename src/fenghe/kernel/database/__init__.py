"""PostgreSQL (数据库): embedded and supervised by us, or somebody's own; reached as owner and as application."""
