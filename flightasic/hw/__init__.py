"""PyMTL3 models of the accelerator; ``emit`` turns them into Verilog."""
