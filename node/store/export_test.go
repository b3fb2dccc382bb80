package store

import "context"

// Small makes files small, so that a short test sees many segments, memtables, tables and value log files.
func (c *Config) Small() { c.sizes = sizes{segment: 1 << 20, memTable: 1 << 20, valueLog: 1 << 20} }

// Tiny makes memtables so small that Badger merges tables, and so learns what is garbage, after some hundred rows.
func (c *Config) Tiny() { c.sizes = sizes{segment: 1 << 20, memTable: 128 << 10, valueLog: 1 << 20} }

// BeforeSync is called in front of each sync of a file or folder; what it gives, when the sync has succeeded.
func (c *Config) BeforeSync(before func(path string) (done func())) { c.sync.before = before }

// NoSync is the negative control: nothing is synced.
func (c *Config) NoSync() { c.sync.off = true }

// FailSync lets the disk refuse syncs.
func (c *Config) FailSync(fail func(path string) error) { c.sync.fail = fail }

// Reclaim is what Run does every hour.
func (s *Store) Reclaim(ctx context.Context) error { return s.disk.reclaim(ctx) }
