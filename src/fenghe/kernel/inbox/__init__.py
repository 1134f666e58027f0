"""The inbox (收件箱): whatever arrives is stored here, durably and once, before it is acknowledged."""
