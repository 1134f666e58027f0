"""Signs of life (心跳): when a topic last changed, which workers live, what each source is set to."""
