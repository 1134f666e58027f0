"""The mechanism, without business words: inbox, judge, audit chain, cases, declarations, people."""
