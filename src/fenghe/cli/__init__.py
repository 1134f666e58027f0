"""The commands (命令行) that a technician types, and what they print."""
