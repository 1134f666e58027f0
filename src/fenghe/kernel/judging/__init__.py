"""The judge engine (研判引擎): histories in, verdicts out, everything a batch decides in one transaction."""
