"""Saved views (常用视图): a screen's filter under a name, for oneself or for all."""
