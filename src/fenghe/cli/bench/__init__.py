"""`fenghe bench`: the hub's speed as ratios against this machine's own limit, measured in the same run."""
