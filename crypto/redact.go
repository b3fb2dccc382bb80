package crypto

import (
	"fmt"
	"log/slog"
)

// redacted is what fmt and slog write in place of anything that holds a private key, whatever the verb, for the value
// as for a pointer to it. A field of such a type that is not exported is out of fmt's reach: hold it by pointer.
const redacted = "[key]"

func redact(f fmt.State) { _, _ = f.Write([]byte(redacted)) }

func (SigningKey) String() string             { return redacted }
func (SigningKey) GoString() string           { return redacted }
func (SigningKey) Format(f fmt.State, _ rune) { redact(f) }
func (SigningKey) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (DecryptionKey) String() string             { return redacted }
func (DecryptionKey) GoString() string           { return redacted }
func (DecryptionKey) Format(f fmt.State, _ rune) { redact(f) }
func (DecryptionKey) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (Secret) String() string             { return redacted }
func (Secret) GoString() string           { return redacted }
func (Secret) Format(f fmt.State, _ rune) { redact(f) }
func (Secret) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (Identity) String() string             { return redacted }
func (Identity) GoString() string           { return redacted }
func (Identity) Format(f fmt.State, _ rune) { redact(f) }
func (Identity) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (Recovery) String() string             { return redacted }
func (Recovery) GoString() string           { return redacted }
func (Recovery) Format(f fmt.State, _ rune) { redact(f) }
func (Recovery) LogValue() slog.Value       { return slog.StringValue(redacted) }

func (HouseKey) String() string             { return redacted }
func (HouseKey) GoString() string           { return redacted }
func (HouseKey) Format(f fmt.State, _ rune) { redact(f) }
func (HouseKey) LogValue() slog.Value       { return slog.StringValue(redacted) }
