package exchange

// Disable takes guards away, to show that the attack which they stop succeeds without them.
func (d *Desk) Disable(addressee, standing, identity bool) {
	d.off = guards{addressee, standing, identity}
}

// What rows are made of, for the fuzz target.
var (
	Pack   = pack
	Unpack = unpack
)
