# Well taps of sky130hd, for lambdapdk folders without their own.
tapcell -distance 14 -tapcell_master sky130_fd_sc_hd__tapvpwrvgnd_1
