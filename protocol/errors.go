package protocol

import (
	"errors"
	"fmt"
	"time"
)

// Class decides what a sender does about a code; nothing else does.
type ErrorClass int

// The classes of codes.
const (
	Permanent ErrorClass = iota // never again with this content
	Temporary                   // again by itself
	Hold                        // waits for a change on either side, visibly; never frees the number
)

func (c ErrorClass) String() string { return [...]string{"permanent", "temporary", "hold"}[c] }

// Code says what went wrong in one word, for a machine. Codes are appended to, never renamed.
type Code string

// The codes. CodeRefused is the one answer until a signature of a partner in standing was verified.
const (
	CodeRefused    Code = "refused"
	CodeBusy       Code = "busy"
	CodeStorage    Code = "storage"
	CodeClock      Code = "clock"
	CodeRate       Code = "rate"
	CodeQuota      Code = "quota"
	CodeKeyUnknown Code = "key-unknown"
	CodePending    Code = "pending"
	CodeSuspended  Code = "suspended"
	CodeEarlier    Code = "earlier-missing"
	CodeSignature  Code = "signature"
	CodeNotForMe   Code = "not-for-me"
	CodeNoGrant    Code = "no-grant"
	CodeBeyond     Code = "beyond-grant"
	CodeSchema     Code = "schema"
	CodeTooLarge   Code = "too-large"
	CodeConflict   Code = "conflict"
	CodeExpired    Code = "expired"
	CodeFile       Code = "file"
	CodePaused     Code = "paused"
)

type codeRow struct {
	class    ErrorClass
	sentence string
}

var codes = map[Code]codeRow{
	CodeRefused:    {Temporary, "The other side did not let us in. Ask them whether they still work with us."},
	CodeBusy:       {Temporary, "The other side is busy. We try again."},
	CodeStorage:    {Temporary, "The other side cannot store anything now. We try again."},
	CodeClock:      {Temporary, "The clocks of the two systems differ too much. Ask both administrators to check them."},
	CodeRate:       {Temporary, "The other side's limit for this time is reached. We try again when it allows."},
	CodeQuota:      {Temporary, "The other side has no room left. We try again."},
	CodeKeyUnknown: {Temporary, "The other side has a new key. We seal again and go on."},
	CodePending:    {Temporary, "Its files are on their way. The referral arrives when all of them are there."},
	CodePaused:     {Temporary, "The node of the other side takes nothing in for them just now. We try again; phone them if it lasts."},
	CodeSuspended:  {Hold, "This partnership is suspended. The referral waits until both sides have resumed it."},
	CodeEarlier:    {Hold, "An earlier message of this referral is missing at the other side. It waits until that one has arrived."},
	CodeSignature:  {Permanent, "The other side could not verify our signature. Ask your administrator to check the keys."},
	CodeNotForMe:   {Permanent, "The other side is not the organization that this was addressed to."},
	CodeNoGrant:    {Permanent, "The other side does not accept referrals from us. Ask them to authorize it."},
	CodeBeyond:     {Permanent, "This is more than the partner agreed to take. Change what is sent, or agree on new terms."},
	CodeSchema:     {Permanent, "The other side cannot read this message. Ask your administrator to check the versions."},
	CodeTooLarge:   {Permanent, "This is too large for the other side."},
	CodeConflict:   {Permanent, "The other side already holds another content under the same number."},
	CodeFile:       {Permanent, "A file is not what was announced, so nothing was taken. Send it again with the file as it is now."},
	CodeExpired:    {Permanent, "This was not delivered in time. Phone the other side."},
}

// Class gives the code's class; a code that this version does not know is permanent.
func (c Code) Class() ErrorClass { return codes[c].class }

// Known tells a code of this version.
func (c Code) Known() bool { _, ok := codes[c]; return ok }

// Sentence is what a user is told of the code.
func (c Code) Sentence() string {
	if r, ok := codes[c]; ok {
		return r.sentence
	}
	return "The other side refused this for a reason that our version does not know. Phone them."
}

// Codes lists all codes of this version in no order.
func Codes() []Code {
	all := make([]Code, 0, len(codes))
	for c := range codes {
		all = append(all, c)
	}
	return all
}

// Error is a problem that may be shown to the other side or to a user: it never holds a value of a referral.
type Error struct {
	Code     Code
	Sentence string    // empty: the code's own
	RetryAt  time.Time // zero: the retry policy decides
	Cause    error     // for our own log; never crosses the network
}

// Errorf makes an Error with its own sentence.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Sentence: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Text()
	if e.Cause != nil {
		s += " (" + e.Cause.Error() + ")"
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Text is the sentence for a person.
func (e *Error) Text() string {
	if e.Sentence != "" {
		return e.Sentence
	}
	return e.Code.Sentence()
}

// CodeOf gives the code that err carries, or CodeBusy: an error of our own is never the sender's fault.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeBusy
}
