package protocol

import (
	"errors"
	"fmt"
	"slices"
)

// NeedCode is a need in a code system, without any text of a person.
type NeedCode struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

// Terms are what one organization (From) may send another (To): written by the receiver, immutable, named by
// the hash of their canonical form. One per direction.
type Terms struct {
	V           int             `json:"v"`
	From        OrgID           `json:"from"`
	To          OrgID           `json:"to"`
	Needs       []NeedCode      `json:"needs,omitempty"`    // in one system; empty: every need
	Withheld    []string        `json:"withheld,omitempty"` // paths of the standard, or classes "P2", "P3", that must not travel
	Attachments AttachmentTerms `json:"attachments"`
	PerDay      int             `json:"perDay,omitempty"`        // threads opened in 24 hours; 0: no limit
	RespondIn   int64           `json:"respondWithin,omitempty"` // milliseconds; 0: two working days
	NamesFirst  bool            `json:"namesFirst,omitempty"`    // who the parties are comes first; the rest when the receiver found no conflict
	PurgeDays   int             `json:"purgeDays,omitempty"`     // 0: the receiver's own retention
	NotBefore   int64           `json:"notBefore,omitempty"`     // milliseconds UTC
	Expires     int64           `json:"expires,omitempty"`       // milliseconds UTC
	Replaces    Hash            `json:"replaces,omitzero"`
	Salt        Bytes           `json:"salt"` // 16 bytes: equal wishes at two times are two terms
}

// AttachmentTerms limit files. None allowed when Max is 0.
type AttachmentTerms struct {
	Max   int      `json:"max"`             // files a referral
	Bytes int64    `json:"bytes,omitempty"` // of all files of a referral; 0: the protocol's limit
	Types []string `json:"types,omitempty"` // media types; empty: those of FileTypes
}

// MaxNeedCodes is how many needs terms may list.
const MaxNeedCodes = 500

// Validate checks form and sizes.
func (t *Terms) Validate() error {
	if t.V != Version || len(t.Salt) != 16 || t.PerDay < 0 || t.RespondIn < 0 || t.PurgeDays < 0 || t.Attachments.Max < 0 || t.Attachments.Max > MaxFiles {
		return errors.New("read terms: a member is missing, out of range or of another version")
	}
	for _, id := range []OrgID{t.From, t.To} {
		if _, err := ParseOrgID(string(id)); err != nil {
			return err
		}
	}
	if t.From == t.To {
		return errors.New("read terms: both sides are the same organization")
	}
	if len(t.Needs) > MaxNeedCodes || len(t.Withheld) > 1000 {
		return fmt.Errorf("read terms: a list is too long; needs may have %d", MaxNeedCodes)
	}
	for _, n := range t.Needs {
		if n.System != t.Needs[0].System || n.System == "" || n.Code == "" {
			return errors.New("read terms: all needs must be codes of one system")
		}
	}
	return nil
}

// Allows tells whether one of a need's codes is within the terms.
func (t *Terms) Allows(codes []NeedCode) bool {
	return len(t.Needs) == 0 || slices.ContainsFunc(codes, func(c NeedCode) bool { return slices.Contains(t.Needs, c) })
}

// State is what a side says of a grant in its newest standing.
type State string

// The states of a standing.
const (
	Active      State = "active"
	Suspended   State = "suspended"    // queued items wait, visibly
	WindingDown State = "winding-down" // open threads finish, no new ones
	Ended       State = "ended"
	Blocked     State = "blocked" // everything of the pair stops at its next frame
)

// Valid tells a state that this version knows.
func (s State) Valid() bool {
	return slices.Contains([]State{Active, Suspended, WindingDown, Ended, Blocked}, s)
}

// Standing is one side's word on terms: signed by a delegated node (typ rw-standing). The newest N of a side
// wins; a grant is active when both newest standings name the same terms and are active.
type Standing struct {
	V     int    `json:"v"`
	From  OrgID  `json:"from"` // of the terms: the direction
	To    OrgID  `json:"to"`
	By    OrgID  `json:"by"` // who says it: From or To
	Terms Hash   `json:"terms"`
	N     int64  `json:"n"` // max(now in milliseconds, last + 1)
	State State  `json:"state"`
	At    int64  `json:"at"`
	Door  PeerID `json:"door,omitempty"` // the side's door for this partner, in its first standing
}

// Validate checks form.
func (s *Standing) Validate() error {
	if s.V != Version || s.N <= 0 || s.At <= 0 || s.Terms.IsZero() || !s.State.Valid() {
		return errors.New("read standing: a member is missing or of another version")
	}
	for _, id := range []OrgID{s.From, s.To} {
		if _, err := ParseOrgID(string(id)); err != nil {
			return err
		}
	}
	if s.From == s.To || s.By != s.From && s.By != s.To {
		return errors.New("read standing: it is not by one of the two sides")
	}
	return nil
}

// FileTypes are the media types that files may have when terms name none: what people hand to each other, and nothing
// that a computer runs.
var FileTypes = []string{
	"application/pdf", "image/jpeg", "image/png", "image/gif", "image/tiff", "image/webp", "image/heic", "image/heif",
	"text/plain", "text/csv", "text/rtf", "application/rtf", "message/rfc822",
	"application/msword", "application/vnd.ms-excel",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
	"audio/mpeg", "audio/mp4", "audio/wav",
}
