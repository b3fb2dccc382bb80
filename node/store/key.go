package store

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Key names a row inside one room (an organization or the node). It is a path of parts; keys sort by their parts,
// texts by their bytes and numbers by their value, and a path is a prefix of exactly the paths that begin with
// its parts, whatever bytes the texts hold. A key must carry no personal data: keys are not sealed.
// Keys compare with ==; the zero Key is the empty path.
type Key struct{ path string }

// The marks in front of a part. A text ends with 00 01; a zero byte inside it is written 00 FF, so that no text
// is a prefix of another and a shorter one sorts first.
const (
	markText   = 0x02
	markNumber = 0x03
)

// K makes a key of text parts, the first of which is by habit the kind of row.
func K(parts ...string) Key {
	var k Key
	for _, p := range parts {
		k = k.Text(p)
	}
	return k
}

// Text gives the key with one more text part.
func (k Key) Text(s string) Key {
	b := make([]byte, 0, len(k.path)+len(s)+3)
	b = append(b, k.path...)
	b = append(b, markText)
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			break
		}
		b = append(append(b, s[:i]...), 0x00, 0xFF)
		s = s[i+1:]
	}
	b = append(append(b, s...), 0x00, 0x01)
	return Key{string(b)}
}

// Number gives the key with one more number part.
func (k Key) Number(n uint64) Key {
	b := make([]byte, 0, len(k.path)+9)
	b = append(append(b, k.path...), markNumber)
	return Key{string(binary.BigEndian.AppendUint64(b, n))}
}

// IsZero tells the empty path.
func (k Key) IsZero() bool { return k.path == "" }

// Parts gives the parts back, each a string or a uint64.
func (k Key) Parts() []any {
	parts, err := splitKey(k.path)
	if err != nil {
		panic(err) // a Key is only ever made by this package
	}
	return parts
}

// At gives text part i, or "" when there is none or it is a number.
func (k Key) At(i int) string {
	if p := k.Parts(); i < len(p) {
		s, _ := p[i].(string)
		return s
	}
	return ""
}

// NumberAt gives number part i, or 0 when there is none or it is a text.
func (k Key) NumberAt(i int) uint64 {
	if p := k.Parts(); i < len(p) {
		n, _ := p[i].(uint64)
		return n
	}
	return 0
}

var errKey = errors.New("read key: not an encoded path")

// splitKey reads the encoded form; it accepts exactly what Text and Number write.
func splitKey(s string) ([]any, error) {
	var parts []any
	for s != "" {
		mark := s[0]
		s = s[1:]
		switch mark {
		case markNumber:
			if len(s) < 8 {
				return nil, errKey
			}
			parts = append(parts, binary.BigEndian.Uint64([]byte(s[:8])))
			s = s[8:]
		case markText:
			var text strings.Builder
			for {
				i := strings.IndexByte(s, 0)
				if i < 0 || i+1 >= len(s) {
					return nil, errKey
				}
				text.WriteString(s[:i])
				end := s[i+1]
				s = s[i+2:]
				if end == 0x01 {
					break
				}
				if end != 0xFF {
					return nil, errKey
				}
				text.WriteByte(0)
			}
			parts = append(parts, text.String())
		default:
			return nil, errKey
		}
	}
	return parts, nil
}

// The areas of a room. On disk a key is {'r', room number, area, path}; the batch row alone lies outside.
const (
	areaRows    = 'r' // what Put writes
	areaLanes   = 'l'
	areaLogs    = 'a' // {log, sequence number}
	areaBlobs   = 'b' // names and keys of blobs
	areaCases   = 'c' // wrapped case keys
	areaDataKey = 'd' // the wrapped data key
	areaOrgs    = 'o' // in the node's room: organization id to room number
)

const batchKey = "B"

// nodeRoom is the number of the node's own room.
const nodeRoom = 0

func physical(room uint32, area byte, path string) string {
	b := make([]byte, 6, 6+len(path))
	b[0] = 'r'
	binary.BigEndian.PutUint32(b[1:], room)
	b[5] = area
	return string(append(b, path...))
}

const pathAt = 6 // where the path begins in a physical key

// prefixEnd is the first key after all that begin with p; "" means there is none.
func prefixEnd(p string) string {
	b := []byte(p)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xFF {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

func roomNumber(key string) uint32 {
	if len(key) < pathAt {
		return ^uint32(0)
	}
	return binary.BigEndian.Uint32([]byte(key[1:5]))
}
