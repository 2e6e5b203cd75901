# Setup and hold at one corner with an ideal clock; the wire load is in the Liberty file's pins. Works from OpenSTA 2.0.17 on.
# timing_job.tcl, beside this run's inputs, sets liberty, netlist, top, clock_ns, input_ns, output_ns, driver and load_pf.
source timing_job.tcl
read_liberty $liberty
read_verilog $netlist
link_design $top
if {[get_ports -quiet clk] eq {}} {
  puts "Error: $top has no port clk"
  exit 1
}
create_clock -name clk -period $clock_ns [get_ports clk]
set data_inputs {}
foreach port [all_inputs] {
  if {$port ne [get_ports clk]} { lappend data_inputs $port }
}
set_input_delay $input_ns -clock clk $data_inputs
set_output_delay $output_ns -clock clk [all_outputs]
set_driving_cell -lib_cell $driver $data_inputs
set_load $load_pf [all_outputs]
check_setup -verbose -no_clock
puts "FLIGHT setup"
report_checks -path_delay max -format full_clock -digits 4
puts "FLIGHT hold"
report_checks -path_delay min -format full_clock -digits 4
puts "FLIGHT done"
