"""Notifications (通知): who is told what, when, by which robot or in his own inbox; never twice, never in silence."""
