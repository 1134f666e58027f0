"""The screens in a real browser against a running hub."""
