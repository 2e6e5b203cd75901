# Setup and hold at one corner with an ideal clock; the wire load is in the Liberty file's pins. Works from OpenSTA 2.0.17 on.
# timing_job.tcl, beside this run's inputs, sets liberty, netlist, top and sdc.
source timing_job.tcl
read_liberty $liberty
read_verilog $netlist
link_design $top
if {[get_ports -quiet clk] eq {}} {
  puts "Error: $top has no port clk"
  exit 1
}
read_sdc $sdc
check_setup -verbose -no_clock
puts "FLIGHT setup"
report_checks -path_delay max -format full_clock -digits 4
puts "FLIGHT hold"
report_checks -path_delay min -format full_clock -digits 4
puts "FLIGHT done"
