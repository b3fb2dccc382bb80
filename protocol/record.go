package protocol

// Narrative is the story in words.
type Narrative struct {
	redact `json:"-"`

	Summary      Long `json:"summary,omitzero" label:"Summary" class:"P2" help:"What happened and what is needed, in a few sentences."`
	History      Long `json:"history,omitzero" label:"History" class:"P2" help:"What happened before."`
	Goals        Long `json:"goals,omitzero" label:"Goals" class:"P2" help:"What the person hopes for."`
	HelpGiven    Long `json:"helpGiven,omitzero" label:"Help given" class:"P2" help:"What has been done so far."`
	Expectations Long `json:"expectations,omitzero" label:"Expectations" class:"P2" help:"What the sender hopes that you will do."`
}

// CaseNote is a note of a worker that travels with the referral.
type CaseNote struct {
	redact `json:"-"`

	Author   Text     `json:"author,omitzero" label:"Author" class:"P1" max:"200" help:"Who wrote the note."`
	At       Time     `json:"at,omitzero" label:"Written at" class:"P1" help:"When the note was written."`
	Kind     Coded    `json:"kind,omitzero" label:"Kind" class:"P1" help:"What kind of note it is, for example a phone call."`
	Text     Long     `json:"text,omitzero" label:"Text" class:"P2" required:"answer" help:"The note."`
	Language Language `json:"language,omitzero" label:"Language" class:"P0" help:"The language of the note, as a short code such as en."`
}

// Attachment is a file that belongs to the referral. The file itself travels in chunks under its own key and is
// pulled by the receiver: Root and Key are set by the sending node.
type Attachment struct {
	redact `json:"-"`

	ID        Token         `json:"id,omitzero" label:"Short id" class:"P0" required:"value" help:"A short id, so that other fields can point to this file."`
	Name      Text          `json:"name,omitzero" label:"Name" class:"P1" required:"value" max:"200" help:"The name of the file."`
	MediaType Text          `json:"mediaType,omitzero" label:"File type" class:"P0" required:"value" max:"100" help:"What kind of file it is, for example application/pdf."`
	Size      Integer       `json:"size,omitzero" label:"Size" class:"P0" required:"value" help:"How large the file is, in bytes."`
	SHA256    Digest        `json:"sha256,omitzero" label:"Fingerprint" class:"P0" required:"value" help:"A long number that changes when the file changes. The computer makes it."`
	Kind      Coded         `json:"kind,omitzero" label:"Kind" class:"P1" help:"What the paper is, for example a lease or an id card."`
	Language  Language      `json:"language,omitzero" label:"Language" class:"P0" help:"The language of the paper, as a short code such as en."`
	Class     Choice[Class] `json:"class,omitzero" label:"Class" class:"P0" help:"How careful to be with the file, from P0 (plain) to P3 (dangerous). Empty means P2."`
	Root      Digest        `json:"root,omitzero" label:"Chunk root" class:"P0" technical:"true" help:"Proof of the encrypted file. The computer makes it."`
	Key       Digest        `json:"key,omitzero" label:"File key" class:"P3" technical:"true" help:"The key that opens the file. The computer makes it."`
}

func (a *Attachment) sensitivity(own Class) Class { return declared(a.Class, own) }

// Provenance is where the referral comes from and what was lost on its way.
type Provenance struct {
	redact `json:"-"`

	System  Text       `json:"system,omitzero" label:"System" class:"P0" max:"200" help:"The computer system that the case came from."`
	Medium  Text       `json:"medium,omitzero" label:"Medium" class:"P0" max:"100" help:"How it came, for example by e-mail or from a form."`
	Mapping MappingRef `json:"mapping,omitzero" label:"Mapping" prefix:"Mapping"`
	Losses  []Loss     `json:"losses,omitempty" label:"Losses" prefix:"Loss" max:"500"`
	Chain   []Leg      `json:"chain,omitempty" label:"Earlier steps" prefix:"Earlier step" max:"3"`
}

// MappingRef names the published mapping that converted the referral.
type MappingRef struct {
	redact `json:"-"`

	ID      Text `json:"id,omitzero" label:"Id" class:"P0" max:"200" help:"The mapping that was used."`
	Version Text `json:"version,omitzero" label:"Version" class:"P0" max:"200" help:"The version of the mapping."`
}

// Loss names a field, never its value, that could not be carried.
type Loss struct {
	redact `json:"-"`

	Field  Text `json:"field,omitzero" label:"Field" class:"P0" required:"value" max:"300" help:"The field that did not fit."`
	Reason Text `json:"reason,omitzero" label:"Reason" class:"P0" required:"value" max:"300" help:"Why it did not fit."`
}

// MaxLegs is how often a referral may be passed on.
const MaxLegs = 3

// Leg is an earlier step of a referral that was passed on. Steps stand in order; there are at most three.
type Leg struct {
	redact `json:"-"`

	Referral ReferralRef `json:"referral,omitzero" label:"Referral" class:"P0" required:"value" help:"The number of the earlier referral."`
	From     OrgRef      `json:"from,omitzero" label:"From" class:"P0" required:"value" help:"The organization that sent it."`
	To       OrgRef      `json:"to,omitzero" label:"To" class:"P0" required:"value" help:"The organization that got it."`
	At       Time        `json:"at,omitzero" label:"At" class:"P0" help:"When it was sent."`
	Consent  Text        `json:"consent,omitzero" label:"Consent" class:"P1" max:"200" help:"What allowed it to be passed on."`
}

// Extra is a local field that maps nowhere: its own label, its place in the sender's document, and its value as
// text. Path and label are names, so they are plain; the value is P2 unless Class says otherwise.
type Extra struct {
	redact `json:"-"`

	Label Text          `json:"label,omitzero" label:"Label" class:"P0" required:"value" max:"300" help:"The name of the field in the sender's system."`
	Path  Text          `json:"path,omitzero" label:"Path" class:"P0" required:"value" max:"500" help:"Where the field stands in the sender's system."`
	Value Long          `json:"value,omitzero" label:"Value" class:"P2" required:"answer" help:"What stands in the field."`
	Class Choice[Class] `json:"class,omitzero" label:"Class" class:"P0" help:"How careful to be with it, from P0 (plain) to P3 (dangerous). Empty means P2."`
}

func (e *Extra) sensitivity(own Class) Class { return declared(e.Class, own) }

func declared(c Choice[Class], own Class) Class {
	switch {
	case own == P0:
		return P0
	case c.Given():
		return c.Value()
	}
	return P2
}
