"""The app (接口): assembly, sessions, errors in words, live events and the screens."""
