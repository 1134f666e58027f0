"""Declarations (声明): what a user may edit — draft, dry run, publish with a note, history, roll back. Results note the version."""
