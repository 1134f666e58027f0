"""The world outside (沙箱): carriers that speak their real protocols on loopback, with faults to inject."""
