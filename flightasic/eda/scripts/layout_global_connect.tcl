# Supply pins of sky130hd, for lambdapdk folders without their own.
add_global_connection -net VDD -pin_pattern {^VPWR$} -power
add_global_connection -net VSS -pin_pattern {^VGND$} -ground
