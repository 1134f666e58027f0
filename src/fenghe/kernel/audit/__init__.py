"""The audit chain (审计链): every change of state, append-only, hash-chained per subject, sealed in order."""
