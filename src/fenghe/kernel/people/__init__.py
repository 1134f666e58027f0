"""People (人员): who they are, what they may do, and what they saw and did."""
