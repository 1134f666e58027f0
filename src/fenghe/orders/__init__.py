"""What was sold to whom, as channels tell it (订单)."""
