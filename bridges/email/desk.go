package email

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// How long codes and opened pages last, and how often one may try.
const (
	codeLife    = 15 * time.Minute
	openLife    = 30 * time.Minute
	maxCodes    = 5 // in an hour, of one link
	maxTries    = 5 // of one code
	maxAllCodes = 100
	maxOpen     = 10_000
)

// desk keeps the codes that were mailed and the pages that are open. Both end with the process: a new code is a mail
// away.
type desk struct {
	mu    sync.Mutex
	codes map[string]*sentCode // by token name
	pages map[[32]byte]opened  // by hash of the session
	hour  time.Time
	sent  int // in this hour, of all links
}

type sentCode struct {
	hash  [32]byte
	until time.Time
	tries int
	sent  []time.Time
}

type opened struct {
	name  string
	until time.Time
}

func newDesk() *desk {
	return &desk{codes: map[string]*sentCode{}, pages: map[[32]byte]opened{}}
}

// newCode makes a code for a link; not ok means that too many were asked for.
func (d *desk) newCode(name string, now time.Time) (code string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clean(now)
	if now.Sub(d.hour) >= time.Hour {
		d.hour, d.sent = now, 0
	}
	c := d.codes[name]
	if c == nil {
		c = &sentCode{}
	}
	if len(c.sent) >= maxCodes || d.sent >= maxAllCodes {
		return "", false
	}
	n, _ := rand.Int(rand.Reader, big.NewInt(100_000_000)) // never fails
	code = fmt.Sprintf("%08d", n)
	c.hash, c.until, c.tries, c.sent = hashCode(name, code), now.Add(codeLife), 0, append(c.sent, now)
	d.codes[name] = c
	d.sent++
	return code, true
}

// forget makes a code void that could not be mailed.
func (d *desk) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.codes[name]; c != nil {
		c.until = time.Time{}
	}
}

func hashCode(name, code string) [32]byte {
	return sha256.Sum256([]byte("referworks mail code 1\x00" + name + "\x00" + code))
}

// open takes a code for a session. A code is good once.
func (d *desk) open(name, code string, now time.Time) (session string, ok, locked bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clean(now)
	c := d.codes[name]
	switch {
	case c == nil || now.After(c.until):
		return "", false, false
	case c.tries >= maxTries:
		return "", false, true
	}
	c.tries++
	var digits []byte // people copy a code with spaces
	for _, b := range []byte(code) {
		if b >= '0' && b <= '9' {
			digits = append(digits, b)
		}
	}
	got := hashCode(name, string(digits))
	if subtle.ConstantTimeCompare(got[:], c.hash[:]) != 1 {
		return "", false, c.tries >= maxTries
	}
	if len(d.pages) >= maxOpen {
		return "", false, true
	}
	c.until = time.Time{}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	session = hex.EncodeToString(b[:])
	d.pages[sha256.Sum256([]byte(session))] = opened{name, now.Add(openLife)}
	return session, true, false
}

// valid tells whether a session belongs to the link and is still open.
func (d *desk) valid(name, session string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.pages[sha256.Sum256([]byte(session))]
	return ok && p.name == name && now.Before(p.until)
}

// clean drops what ended. What was asked for in the last hour is remembered, so that asking again has its limit.
func (d *desk) clean(now time.Time) {
	for name, c := range d.codes {
		for len(c.sent) > 0 && now.Sub(c.sent[0]) >= time.Hour {
			c.sent = c.sent[1:]
		}
		if len(c.sent) == 0 && now.After(c.until) {
			delete(d.codes, name)
		}
	}
	for hash, p := range d.pages {
		if now.After(p.until) {
			delete(d.pages, hash)
		}
	}
}
