"""Cases (工单): whatever needs a person, with both sides' evidence, an owner, a due time, and how it was settled."""
