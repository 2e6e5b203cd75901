# Setup and hold at every corner with propagated clocks, and SDF at the measured one. Works from OpenSTA 2.0.17 on.
# timing_job.tcl, beside this run's inputs, sets corners (name and Liberty file, alternating), measured, netlist, top, sdc, io_delay_ns,
# sdf, propagated (0: ideal
# clock, for a netlist without a clock tree), and spef ({} where the wire load is in the Liberty files' pins).
source timing_job.tcl
define_corners {*}[dict keys $corners]
dict for {corner liberty} $corners {
  read_liberty -corner $corner $liberty
}
read_verilog $netlist
link_design $top
if {[get_ports -quiet clk] eq {}} {
  puts "Error: $top has no port clk"
  exit 1
}
read_sdc $sdc
if {$propagated} {
  set_propagated_clock [all_clocks]
}
if {$spef ne {}} {
  # For every corner, which OpenSTA 2.0 cannot tell apart; on a damaged file it only answers 0.
  if {[read_spef $spef] eq {0}} {
    puts "Error: $spef cannot be read"
    exit 1
  }
}
check_setup -verbose -no_clock

# The option that asks for more than one path has a new name since OpenSTA 2.6.
proc report_every_end {corner file} {
  set count [expr {[llength [all_registers -data_pins]] + 1}]
  if {[catch {report_checks -corner $corner -path_delay min -format full -digits 4 -group_path_count $count > $file}]} {
    report_checks -corner $corner -path_delay min -format full -digits 4 -group_count $count > $file
  }
}

# Earliest and latest clock at the flip-flops that end a path.
proc insertion_delay {corner file} {
  report_every_end $corner $file
  set stream [open $file]
  set text [read $stream]
  close $stream
  file delete $file
  set first {}
  set last 0.0
  foreach path [split [string map [list Startpoint: \x01] $text] \x01] {
    if {![regexp {Endpoint:[^(]*\(rising edge-triggered} $path]} { continue }
    set arrival [lindex [regexp -all -inline {[\d.]+(?=\s+clock network delay)} $path] end]
    if {$arrival eq {}} { continue }
    if {$first eq {} || $arrival < $first} { set first $arrival }
    if {$arrival > $last} { set last $arrival }
  }
  return [list [expr {$first eq {} ? 0.0 : $first}] $last]
}

set inputs {}
foreach port [all_inputs] {
  if {[get_full_name $port] ne {clk}} { lappend inputs $port }
}
dict for {corner liberty} $corners {
  puts "FLIGHT corner $corner"
  lassign [insertion_delay $corner $corner.paths] first last
  puts "FLIGHT clock $first $last"
  # The memories outside hang on the same clock tree.
  set latency [expr {($first + $last) / 2}]
  set_input_delay [expr {$io_delay_ns + $latency}] -clock clk $inputs
  set_output_delay [expr {$io_delay_ns - $latency}] -clock clk [all_outputs]
  puts "FLIGHT setup"
  report_checks -corner $corner -path_delay max -format full_clock -digits 4
  puts "FLIGHT hold"
  report_checks -corner $corner -path_delay min -format full_clock -digits 4
  puts "FLIGHT done"
}
write_sdf -corner $measured -digits 4 $sdf
