# Well taps of sky130hd, at most 15 um from any cell, for lambdapdk folders without their own.
tapcell -distance 14 -tapcell_master sky130_fd_sc_hd__tapvpwrvgnd_1
