"""The webhook door (入口): verifies, stores durably with group commit, and only then says yes."""
