# Power from an activity file, with OpenSTA >= 2.6.2. power_job.tcl, in the working folder, sets liberty, netlist, top, sdc and
# saif. The wire load is in the Liberty file's pins.
source power_job.tcl
read_liberty $liberty
read_verilog $netlist
link_design $top
read_sdc $sdc
set_propagated_clock [all_clocks]
read_saif -scope $top $saif
report_activity_annotation
report_power -digits 6
