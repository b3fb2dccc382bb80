package exchange

// Disable takes guards away, to show that the attack which they stop succeeds without them.
func (d *Desk) Disable(addressee, standing, identity bool) {
	d.off = guards{addressee, standing, identity}
}

// Alarms for tests of the ladder.
var AlarmAfter = alarmAfter
