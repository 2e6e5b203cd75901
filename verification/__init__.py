"""Test benches and the cases they share."""
