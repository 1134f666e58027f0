"""What rooms need to be reached over HTTP (网页支撑); only routes_support knows the framework."""
