"""The wiring (装配): which connectors and rooms there are, and how a message goes from one to the next."""
