"""Recording (记录): facts that are kept as told and never judged, such as a statement's lines."""
