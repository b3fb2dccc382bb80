package account

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image/png"
	"strconv"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// totpKey is a shared secret of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds, one step either way).
type totpKey struct {
	Secret string `json:"secret"`
	Used   int64  `json:"used"` // the last step that was used: no code works twice
}

const totpStep = 30 // seconds

// check gives the step of a right code that was not used before.
func (k *totpKey) check(code string, at int64) (int64, bool) {
	code = strings.ReplaceAll(code, " ", "")
	for step := at/totpStep - 1; step <= at/totpStep+1; step++ {
		if step <= k.Used {
			continue
		}
		want, err := hotp.GenerateCodeCustom(k.Secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && same(want, code) {
			return step, true
		}
	}
	return 0, false
}

// NewTOTP is a secret that an authenticator app is to take up.
type NewTOTP struct {
	Secret string `json:"secret" doc:"To be typed, when no picture can be read."`
	URL    string `json:"url"`
	Image  string `json:"image" doc:"A QR code as a PNG data URL."`
}

// BeginTOTP makes a secret; nothing is kept before ConfirmTOTP.
func (b *Book) BeginTOTP(id string) (NewTOTP, error) {
	s, err := b.get(id)
	if err != nil {
		return NewTOTP{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Referworks", AccountName: s.Email})
	if err != nil {
		return NewTOTP{}, fmt.Errorf("make a secret for the app: %w", err)
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return NewTOTP{}, fmt.Errorf("draw the QR code: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return NewTOTP{}, fmt.Errorf("draw the QR code: %w", err)
	}
	return NewTOTP{key.Secret(), key.URL(), "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes())}, nil
}

// ConfirmTOTP keeps the secret when a code of it is right, and gives new recovery codes, which are shown once.
func (b *Book) ConfirmTOTP(ctx context.Context, id, secret, code string) ([]string, error) {
	key := &totpKey{Secret: secret}
	step, ok := key.check(code, b.Now().Unix())
	if !ok || len(secret) < 26 {
		return nil, input("This code does not fit. Check that the clock of your phone is right, and enter the code that the app shows now.")
	}
	key.Used = step
	codes, kept, err := b.newCodes(ctx)
	if err != nil {
		return nil, err
	}
	err = b.change(ctx, id, "person "+id, "account.factor-added", nil, func(s *stored) error {
		s.TOTP, s.Codes = key, kept
		s.Epoch++
		return nil
	})
	return codes, err
}

// DropTOTP takes the authenticator app away; one factor beside the password has to stay.
func (b *Book) DropTOTP(ctx context.Context, id string) error {
	return b.change(ctx, id, "person "+id, "account.factor-removed", nil, func(s *stored) error {
		if len(s.Passkeys) == 0 {
			return input("Add a passkey first: an account needs more than a password.")
		}
		s.TOTP = nil
		s.Epoch++
		return nil
	})
}

// NewCodes makes recovery codes anew; the old ones open nothing.
func (b *Book) NewCodes(ctx context.Context, id string) ([]string, error) {
	codes, kept, err := b.newCodes(ctx)
	if err != nil {
		return nil, err
	}
	return codes, b.change(ctx, id, "person "+id, "account.codes-renewed", nil, func(s *stored) error {
		s.Codes = kept
		return nil
	})
}

const recoveryCodes = 8

// newCodes makes codes of 60 random bits; the number in front says which hash to compare with.
func (b *Book) newCodes(ctx context.Context) (codes, kept []string, err error) {
	for i := range recoveryCodes {
		t := token(8)[:12]
		h, err := b.hash(ctx, t, ofCode)
		if err != nil {
			return nil, nil, err
		}
		codes = append(codes, fmt.Sprintf("%d-%s-%s-%s", i+1, t[:4], t[4:8], t[8:]))
		kept = append(kept, h)
	}
	return codes, kept, nil
}

// recoveryCode finds which unused code this is; -1 for none.
func (b *Book) recoveryCode(ctx context.Context, s *stored, code string) (int, error) {
	number, rest, ok := strings.Cut(strings.ToLower(strings.TrimSpace(code)), "-")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > len(s.Codes) || s.Codes[n-1] == "" {
		return -1, nil
	}
	right, err := b.matches(ctx, strings.NewReplacer("-", "", " ", "").Replace(rest), s.Codes[n-1])
	if err != nil || !right {
		return -1, err
	}
	return n - 1, nil
}
