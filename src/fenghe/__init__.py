"""Fenghe (缝合): an order-governance hub that doubts what it hears and keeps the evidence."""

__version__ = "0.1.0"
