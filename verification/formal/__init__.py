"""Formal proofs of units of the emitted Verilog: yosys turns a unit and its properties into SMT-LIB, z3 decides."""
