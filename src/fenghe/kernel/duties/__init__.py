"""Due work (值守): what has to be looked at again by itself, and what happens at a fixed hour."""
