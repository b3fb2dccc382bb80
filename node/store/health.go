package store

// Health is what an operator may see: numbers, no names.
type Health struct {
	Batch       uint64
	Check       CheckHealth
	KeySealing  string // "by a passphrase", "by a credential", "by its file mode only"
	KeysOpen    bool   // the key file is sealed by nothing: show the red banner
	Free        uint64 // bytes on the disk, as last asked; 0 in memory
	Full        bool   // Update answers ErrFull
	Ballast     bool   // FreeBallast can make room
	LaterFailed uint64 // closures given to Later that returned an error
	Err         error  // why the store is dead
}

// Health reads counters; it does no work beyond asking for free space at most once a second.
func (s *Store) Health() Health {
	full := s.gate.check() != nil
	s.gate.mu.Lock()
	free := s.gate.free
	s.gate.mu.Unlock()
	s.keys.mu.Lock()
	mode := s.keys.sealer.mode()
	s.keys.mu.Unlock()
	return Health{
		Batch: s.batchNumber.Load(), Check: s.check.get(),
		KeySealing: sealingName(mode), KeysOpen: mode == sealedPlain,
		Free: free, Full: full, Ballast: s.disk != nil && s.disk.hasBallast(),
		LaterFailed: s.laterFailed.Load(), Err: s.Err(),
	}
}
