package crypto

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"referworks/protocol"
)

// RecoveryKind tells the two recovery files apart.
type RecoveryKind string

// The two files. They are kept in two places, each with a passphrase of its own.
const (
	RootFile RecoveryKind = "root"     // signs charters; opens house files
	NextFile RecoveryKind = "recovery" // only rotates: after the root was lost or stolen
)

// Recovery is the content of a recovery file. It prints as "[key]".
type Recovery struct {
	V          int                `json:"v"`
	Kind       RecoveryKind       `json:"kind"`
	Org        protocol.OrgID     `json:"org"`
	Inception  protocol.Inception `json:"inception"`
	Epoch      int64              `json:"epoch"`      // that the key signs
	Key        protocol.Bytes     `json:"key"`        // seed of the signing key
	Next       protocol.Hash      `json:"next"`       // root file: digest of the key in the other file; else of nothing
	Door       protocol.Bytes     `json:"door"`       // the door secret
	House      string             `json:"house"`      // root file: opens house files; else empty
	MadeOnHost bool               `json:"madeOnHost"` // on a machine that somebody else runs
}

// Recoveries gives the content of the two files of an identity.
func (i *Identity) Recoveries(madeOnHost bool) (root, next *Recovery) {
	root = &Recovery{
		V: protocol.Version, Kind: RootFile, Org: i.Org(), Inception: i.Inception, Epoch: i.Epoch,
		Key: i.Root.Seed(), Next: KeyID(i.Next.Public()), Door: protocol.Bytes(i.Door), House: i.House.secret(), MadeOnHost: madeOnHost,
	}
	next = &Recovery{
		V: protocol.Version, Kind: NextFile, Org: i.Org(), Inception: i.Inception, Epoch: i.Epoch + 1,
		Key: i.Next.Seed(), Door: protocol.Bytes(i.Door), MadeOnHost: madeOnHost,
	}
	return root, next
}

// SigningKey gives the key in the file: the root, or the next root.
func (r *Recovery) SigningKey() (*SigningKey, error) { return SigningKeyFromSeed(r.Key) }

// HouseKey gives the key that opens house files; only a root file has one.
func (r *Recovery) HouseKey() (*HouseKey, error) {
	if r.Kind != RootFile {
		return nil, errors.New("open house files: only the root file has the key for them")
	}
	return parseHouseKey(r.House)
}

// Renew makes the identity of the next epoch out of a recovery file: its key becomes the root, with a fresh next root
// and a fresh house key. Rotate signs the charter; then Recoveries makes the fresh pair of files.
func (r *Recovery) Renew() (*Identity, error) {
	if r.Kind != NextFile {
		return nil, errors.New("recover organization: this is the root file; the recovery file is needed")
	}
	root, err := r.SigningKey()
	if err != nil {
		return nil, fmt.Errorf("recover organization: %w", err)
	}
	house, err := NewHouseKey()
	if err != nil {
		return nil, fmt.Errorf("recover organization: %w", err)
	}
	return &Identity{Inception: r.Inception, Root: root, Next: NewSigningKey(), Epoch: r.Epoch, Door: Secret(r.Door), House: house}, nil
}

func (r *Recovery) validate() error {
	if r.V != protocol.Version || r.Kind != RootFile && r.Kind != NextFile || len(r.Key) != 32 || len(r.Door) != 32 || r.Epoch < 0 {
		return ErrDamaged
	}
	if (r.Kind == RootFile) != (r.House != "") || r.Inception.Validate() != nil || OrgOf(r.Inception) != r.Org {
		return ErrDamaged
	}
	return nil
}

const (
	// scryptWork costs 64 MiB and a fifth of a second. The passphrase alone has 88 bits, so stretching is a bonus and
	// has to be cheap enough for small machines.
	scryptWork     = 16
	maxScryptWork  = 20
	maxRecovery    = 64 << 10
	recoveryTitle  = "Referworks recovery file: "
	maxTitle       = 4 << 10
	armorBegin     = "-----BEGIN AGE ENCRYPTED FILE-----"
	armorEnd       = "-----END AGE ENCRYPTED FILE-----"
	orgLine        = "Organization: "
	checkLine      = "Check: "
	hostLine       = "Made on a machine that somebody else runs: make a fresh pair on your own soon."
	passphraseWord = 8 // 11 bits each
)

var purpose = map[RecoveryKind]string{
	RootFile: "For: changing which node speaks for your organization, and opening house files.",
	NextFile: "For: taking your organization back when the root file was lost or stolen. Needed for nothing else.",
}

const (
	keepLine  = "Keep it in another place than its passphrase and than the other file."
	neverLine = "Never send it to anybody. Nobody who helps you needs it."
)

// SealRecovery writes a recovery file: lines that say which file it is, whose and what for, then the content sealed
// with the passphrase (age, scrypt), as text that can be printed.
func SealRecovery(r *Recovery, passphrase string) ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("write recovery file: %w", err)
	}
	plain, err := Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write recovery file: %w", err)
	}
	to, err := age.NewScryptRecipient(tidyPassphrase(passphrase))
	if err != nil {
		return nil, fmt.Errorf("write recovery file: %w", err)
	}
	to.SetWorkFactor(scryptWork)
	var out bytes.Buffer
	if err := sealArmored(&out, plain, to); err != nil {
		return nil, fmt.Errorf("write recovery file: %w", err)
	}
	lines := []string{recoveryTitle + string(r.Kind), orgLine + string(r.Org), purpose[r.Kind], keepLine, neverLine}
	if r.MadeOnHost {
		lines = append(lines, hostLine)
	}
	return titled(out.Bytes(), append(lines, checkLine+checkOf(out.Bytes()))...), nil
}

// RecoveryLabel reads which file this is and whose, without opening it: to ask for the right passphrase.
func RecoveryLabel(file []byte) (kind RecoveryKind, org protocol.OrgID, err error) {
	kind = RecoveryKind(titleOf(file, recoveryTitle))
	org, _ = protocol.ParseOrgID(titleOf(file, orgLine))
	if purpose[kind] == "" || org == "" {
		return "", "", fmt.Errorf("read recovery file: %w", ErrDamaged)
	}
	return kind, org, nil
}

// OpenRecovery opens a recovery file: ErrPassphrase when the words are not the file's, ErrDamaged when the file is cut,
// changed, or another one than its first lines say. Case and spacing of the passphrase do not matter.
func OpenRecovery(file []byte, passphrase string) (*Recovery, error) {
	if len(file) > maxRecovery {
		return nil, fmt.Errorf("open recovery file: %w", ErrDamaged)
	}
	kind, org, err := RecoveryLabel(file)
	if err != nil {
		return nil, fmt.Errorf("open recovery file: %w", err)
	}
	at := bytes.Index(file, []byte(armorBegin))
	if at < 0 || checkOf(file[at:]) != titleOf(file, checkLine) {
		return nil, fmt.Errorf("open recovery file: %w", ErrDamaged)
	}
	id, err := age.NewScryptIdentity(tidyPassphrase(passphrase))
	if err != nil {
		return nil, fmt.Errorf("open recovery file: %w", ErrPassphrase)
	}
	id.SetMaxWorkFactor(maxScryptWork)
	plain, err := openArmored(file, maxRecovery, id)
	if err != nil {
		return nil, fmt.Errorf("open recovery file: %w", err)
	}
	var r Recovery
	if Unmarshal(plain, &r) != nil || r.validate() != nil || r.Kind != kind || r.Org != org {
		return nil, fmt.Errorf("open recovery file: %w", ErrDamaged)
	}
	return &r, nil
}

// titled puts lines for people above an armored text.
func titled(armored []byte, lines ...string) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		fmt.Fprintf(&b, "# %s\n", l)
	}
	b.WriteByte('\n')
	b.Write(armored)
	return b.Bytes()
}

// titleOf finds the line above the armored text that begins with name, and gives the rest of it.
func titleOf(file []byte, name string) string {
	above, _, _ := bytes.Cut(file[:min(len(file), maxTitle)], []byte(armorBegin))
	for line := range strings.Lines(string(above)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
		if rest, ok := strings.CutPrefix(line, name); ok {
			return rest
		}
	}
	return ""
}

// checkOf tells a damaged file from a wrong passphrase, which the seal itself cannot. Line breaks do not count.
func checkOf(armored []byte) string {
	armored, _, _ = bytes.Cut(armored, []byte(armorEnd))
	sum := sha256.Sum256(bytes.Join(bytes.Fields(armored), nil))
	return hex.EncodeToString(sum[:5])
}

func sealArmored(out io.Writer, plain []byte, to age.Recipient) error {
	a := armor.NewWriter(out)
	w, err := age.Encrypt(a, to)
	if err != nil {
		return err
	}
	if _, err := w.Write(plain); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return a.Close()
}

// openArmored finds the armored part of a text and opens it.
func openArmored(file []byte, limit int64, id age.Identity) ([]byte, error) {
	at := bytes.Index(file, []byte(armorBegin))
	if at < 0 {
		return nil, ErrDamaged
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(file[at:])), id)
	var mismatch *age.NoIdentityMatchError
	switch {
	case errors.As(err, &mismatch) || errors.Is(err, age.ErrIncorrectIdentity):
		return nil, ErrPassphrase
	case err != nil:
		return nil, ErrDamaged
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || int64(len(plain)) > limit {
		return nil, ErrDamaged
	}
	return plain, nil
}

// NewPassphrase makes the passphrase of one recovery file: eight words of 11 bits each.
func NewPassphrase() string {
	return strings.Join(wordsOf(randomBytes(passphraseWord*11/8)), " ")
}

func tidyPassphrase(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '-' || r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
}

// PassphrasePage is what is printed with a passphrase. A page holds a passphrase or a file, never both.
func PassphrasePage(kind RecoveryKind, org protocol.OrgID, passphrase string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Referworks passphrase for the %s file\n%s%s\n\n", kind, orgLine, org)
	for i, w := range strings.Fields(passphrase) {
		fmt.Fprintf(&b, "  %d  %s\n", i+1, w)
	}
	fmt.Fprintf(&b, "\nIt opens the %s file and no other. The file is not on this page, on purpose:\nwhoever finds one of the two can do nothing with it.\n%s\n", kind, "Keep this page in another place than the file, and never photograph both.")
	return b.String()
}

// FilePage is what is printed with a recovery file, for the case that no disk survives: the file itself under a title.
func FilePage(file []byte) (string, error) {
	kind, _, err := RecoveryLabel(file)
	if err != nil {
		return "", fmt.Errorf("print recovery file: %w", err)
	}
	return fmt.Sprintf("Referworks %s file, to be typed or scanned back into a text file\nThe passphrase is not on this page, on purpose.\n\n%s", kind, file), nil
}
