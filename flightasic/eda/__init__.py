"""Synthesis, timing and place-and-route flows on SiliconCompiler, and the technologies they run on."""
