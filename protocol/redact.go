package protocol

import (
	"fmt"
	"log/slog"
)

// redacted is what fmt and slog write in place of anything that may hold personal data.
const redacted = "[redacted]"

// redact is embedded in every type that holds personal data: whatever the verb, fmt writes "[redacted]", and so
// does slog for a value of the type. JSON is not covered: encoding is how the data travels, and the root log
// handler drops structured values.
type redact struct{}

func (redact) String() string             { return redacted }
func (redact) GoString() string           { return redacted }
func (redact) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }
func (redact) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (leaf) String() string              { return redacted }
func (leaf) GoString() string            { return redacted }
func (leaf) Format(f fmt.State, r rune)  { redact{}.Format(f, r) }
func (leaf) LogValue() slog.Value        { return redact{}.LogValue() }
func (Coded) String() string             { return redacted }
func (Coded) GoString() string           { return redacted }
func (Coded) Format(f fmt.State, r rune) { redact{}.Format(f, r) }
func (Coded) LogValue() slog.Value       { return redact{}.LogValue() }
