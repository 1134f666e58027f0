"""The outbox (发件箱): calls to the outside, each due at a time, sent at least once, with effect at most once."""
