# Power grid of sky130hd for lambdapdk folders without their own: rails on met1, stripes on met4 and met5.
set_voltage_domain -name CORE -power VDD -ground VSS
define_pdn_grid -name core -voltage_domains CORE -pins met5
add_pdn_stripe -grid core -layer met1 -width 0.48 -pitch 5.44 -offset 0 -followpins
lassign [ord::get_core_area] core_left core_bottom core_right core_top
foreach {layer pitch extent} [list met4 27.14 [expr {$core_right - $core_left}] met5 27.20 [expr {$core_top - $core_bottom}]] {
  # Two pairs of stripes at least; widths and distances on the manufacturing grid of 0.005 um, offsets too.
  set pitch [expr {0.02 * floor(min($pitch, $extent / 2.0) / 0.02)}]
  add_pdn_stripe -grid core -layer $layer -width 1.6 -pitch [format %.3f $pitch] -offset [format %.3f [expr {$pitch / 4.0}]]
}
add_pdn_connect -grid core -layers {met1 met4}
add_pdn_connect -grid core -layers {met4 met5}
