package webhook

import "time"

// Wait changes how long an answer is waited for: the limits of the form are too long for a test.
func (h *Hook) Wait(d time.Duration) { h.timeout = d }
