"""Command line: ``flightasic`` and ``sc``."""
