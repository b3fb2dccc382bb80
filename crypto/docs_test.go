package crypto_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"referworks/crypto"
	"referworks/protocol"
)

var updateDocs = flag.Bool("update-docs", false, "write the tables of docs/protocol.md")

const protocolText = "../docs/protocol.md"

// objects are the types that docs/protocol.md has a table for.
var objects = []any{
	protocol.Key{}, protocol.EncryptionKey{}, protocol.Inception{}, protocol.Chain{}, protocol.Charter{}, protocol.Delegate{}, protocol.Card{},
	protocol.CardContact{}, protocol.CardService{}, protocol.NeedCode{}, protocol.Keeps{}, protocol.Terms{}, protocol.AttachmentTerms{}, protocol.Standing{},
	protocol.Manifest{}, protocol.EnvelopeHeader{}, protocol.Receipt{}, protocol.ReceiptTree{}, protocol.ReceiptProof{}, protocol.Note{}, protocol.Invitation{},
	protocol.PairCommit{}, protocol.PairAnswer{}, protocol.PairReveal{}, protocol.PairState{}, protocol.ThreadsAsk{}, protocol.Threads{}, protocol.ThreadMark{},
	protocol.PullAsk{}, protocol.Pulled{}, protocol.Answer{}, protocol.DoorCall{}, protocol.Announcement{}, protocol.ChunksAsk{}, protocol.ChunkHead{}, protocol.Hello{}, protocol.CharterMark{},
	protocol.PairHello{}, protocol.Mark{}, protocol.Head{},
}

// Limits that are not said by the member's type alone; the first word of a key is the type.
var memberLimits = map[string]string{
	"Key.alg": "`EdDSA`", "Key.key": "32 bytes", "EncryptionKey.suite": "section 7.2", "EncryptionKey.key": "1,216 bytes in suite 1, at most 4,096", "EncryptionKey.created": "milliseconds UTC",
	"Inception.created": "milliseconds UTC, above 0", "Inception.salt": "16 bytes", "Inception.next": "key id of the next root",
	"Chain.charters": "1 to 256", "Charter.epoch": "from 0", "Charter.n": "from 0", "Charter.prev": "of the canonical inception or charter before", "Charter.next": "key id of the next root",
	"Charter.nodes": "at most 8, no key twice", "Charter.keeps": "rotations, and only they", "Charter.expires": "milliseconds UTC", "Delegate.peer": "at most 128 bytes",
	"Card.charter": "of a charter that delegates the signer", "Card.n": "above 0", "Card.name": "1 to 400 bytes", "Card.peer": "the signer's", "Card.addresses": "at most 16, multiaddresses without the peer",
	"Card.keys": "at most 4", "Card.services": "at most 64", "Card.schemas": "1 to 16", "Card.protocols": "1 to 8", "Card.capabilities": "at most 64",
	"CardContact.*": "400 bytes", "CardContact.phone": "E.164", "Keeps.fields": "at most 1,000 paths of the standard, or `*` alone: all", "Keeps.systems": "at most 1,000 names of code systems", "Keeps.text": "what has no field is carried as text",
	"Terms.needs": "at most 500, in one system; absent: every need", "Terms.withheld": "at most 1,000 paths of the standard or classes", "Terms.perDay": "threads opened in 24 hours; absent: no limit",
	"Terms.respondWithin": "milliseconds; absent: two working days", "Terms.namesFirst": "section 6.13", "Terms.purgeDays": "absent: the receiver's own rule", "Terms.notBefore": "milliseconds UTC", "Terms.expires": "milliseconds UTC",
	"Terms.replaces": "the terms before", "Terms.salt": "16 bytes", "AttachmentTerms.max": "0 to 64 files a referral", "AttachmentTerms.bytes": "of all files; absent: section 14", "AttachmentTerms.types": "media types; absent: those of section 17",
	"Standing.from": "of the terms", "Standing.to": "of the terms", "Standing.by": "from or to", "Standing.n": "max(now in milliseconds, last + 1)", "Standing.at": "milliseconds UTC", "Standing.state": "section 5.6",
	"Standing.door":     "in a side's first standing",
	"Manifest.referral": "`urn:uuid:` and a UUID of version 7 in lower case", "Manifest.seq": "from 1", "Manifest.prev": "absent for seq 1, and only there", "Manifest.seen": "from 0", "Manifest.kind": "1 to 40 bytes",
	"Manifest.schema": "`referral/1.N`", "Manifest.terms": "of the thread's first message", "Manifest.at": "milliseconds UTC", "Manifest.expires": "after `at`, by at most 90 days", "Manifest.body": "section 6.4",
	"EnvelopeHeader.suite": "at most 64 bytes", "EnvelopeHeader.kid": "of the recipient's encryption key", "EnvelopeHeader.charter": "the sender's newest",
	"Receipt.from": "author: the message's recipient", "Receipt.seq": "of the message, from 1", "Receipt.manifest": "content of the message", "Receipt.level": "`received`, `delivered`, `delivered-blind`, `read`, `refused`",
	"Receipt.at": "milliseconds UTC", "Receipt.charter": "one that delegates the signer", "Receipt.note": "section 8.5", "Receipt.code": "of `refused`, and only there", "Receipt.retryAt": "milliseconds UTC", "Receipt.salt": "16 bytes",
	"ReceiptTree.size": fmt.Sprintf("1 to %d", crypto.MaxGroup), "ReceiptTree.root": "section 8.2", "ReceiptProof.index": "from 0, below the size", "ReceiptProof.path": "section 8.2", "ReceiptProof.jws": "over the ReceiptTree",
	"Note.role": "never a name", "Note.report": "canonical JSON", "Invitation.name": "at most 400 bytes; shown, not trusted", "Invitation.head": "newest charter", "Invitation.addresses": "1 to 16", "Invitation.secret": "32 bytes",
	"Invitation.words": "`bip39-english`", "Invitation.expires": "milliseconds UTC; 48 hours", "PairCommit.commit": "section 9.3", "PairAnswer.nonce": "32 bytes", "PairReveal.nonce": "32 bytes", "*.card": "rw-card, 16 KiB",
	"PairState.standings": "rw-standing", "PairState.terms": "whole", "ThreadsAsk.after": "absent: from the start", "Threads.rows": "at most 256", "ThreadMark.mine": "highest receipted seq of who speaks", "ThreadMark.yours": "of who asked",
	"ChunksAsk.root": "of the file, as the message lists it", "ChunksAsk.first": "chunk, from 0", "ChunksAsk.most": "1 to 16 chunks", "ChunkHead.index": "from 0", "ChunkHead.path": "RFC 6962, 2.1.1; absent for a file of one chunk",
	"PullAsk.by": "whose messages", "PullAsk.after": "seq, from 0", "Pulled.manifest": "rw-message, the original", "Pulled.erased": "then no envelope follows", "Answer.receipt": "not together with code", "Answer.code": "section 13",
	"Answer.retryAt": "milliseconds UTC", "Hello.proto": "the stream's protocol", "Hello.protocols": "majors", "Hello.time": "milliseconds UTC, own clock", "Hello.maxFrame": "bytes", "Hello.instance": "16 bytes, new at each start",
	"PairHello.charter": "own newest", "PairHello.held": "the other's newest that is held", "PairHello.card": "own newest n", "PairHello.heldCard": "n of the other's", "PairHello.standings": "all newest of the pair", "PairHello.threads": "sum mod 2^256 over threads",
	"Mark.n": "of the newest standing", "Mark.by": "which side", "Head.size": "from 0", "Head.root": "of the log", "Head.at": "milliseconds UTC", "*.v": "1",
}

// The tables of the text are what the types say today, and no type is missing.
func TestProtocolTextNamesEveryMember(t *testing.T) {
	text := string(read(t, protocolText))
	used := map[string]bool{}
	tables := map[string]string{"Codes": codesTable(), "Sizes": sizesTable(), "FrameKinds": framesTable()}
	for _, o := range objects {
		tables[reflect.TypeOf(o).Name()] = objectTable(reflect.TypeOf(o), used)
	}
	for name, table := range tables {
		mark := "<!-- table: " + name + " -->"
		before, after, ok := strings.Cut(text, mark+"\n")
		if !ok || strings.Contains(after, mark) {
			t.Errorf("the text must have the table %s once", name)
			continue
		}
		old, rest, _ := strings.Cut(after, "<!-- end -->")
		if old != table && !*updateDocs {
			t.Errorf("the table %s is not that of the types: -update-docs writes it", name)
		}
		text = before + mark + "\n" + table + "<!-- end -->" + rest
	}
	for limit := range memberLimits {
		if !used[limit] && !strings.Contains(limit, "*") {
			t.Errorf("the limit of %s belongs to no member", limit)
		}
	}
	if *updateDocs {
		if err := os.WriteFile(protocolText, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Every object and every kind of frame that package protocol declares has its table or its row.
func TestProtocolTextForgetsNoType(t *testing.T) {
	known, frames := map[string]bool{}, framesTable()
	for _, o := range objects {
		known[reflect.TypeOf(o).Name()] = true
	}
	kinds := 0
	for _, file := range []string{"keys.go", "organization.go", "grants.go", "message.go", "invitation.go", "frames.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), "../protocol/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if _, ok := n.Type.(*ast.StructType); ok && n.Name.IsExported() && !known[n.Name.Name] {
					t.Errorf("%s has no table", n.Name)
				}
			case *ast.ValueSpec:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "FrameKind" {
					kinds++
					if kind := n.Values[0].(*ast.BasicLit).Value; !strings.Contains(frames, "| "+kind+" |") {
						t.Errorf("%s has no row", n.Names[0])
					}
				}
			}
			return true
		})
	}
	if kinds < 14 {
		t.Errorf("found %d kinds of frames", kinds)
	}
}

func objectTable(typ reflect.Type, used map[string]bool) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "**%s**\n\n| member | type | limit | required |\n|---|---|---|---|\n", typ.Name())
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		required := "yes"
		if strings.Contains(options, "omit") {
			required = "no"
		}
		key := typ.Name() + "." + name
		used[key] = true
		limit := cmp.Or(memberLimits[key], memberLimits["*."+name], memberLimits[typ.Name()+".*"])
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, typeText(f.Type), limit, required)
	}
	return b.String()
}

func typeText(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[protocol.OrgID]():
		return "organization id"
	case reflect.TypeFor[protocol.PeerID]():
		return "peer id"
	case reflect.TypeFor[protocol.ReferralID]():
		return "referral id"
	case reflect.TypeFor[protocol.Hash]():
		return "hash"
	case reflect.TypeFor[protocol.Bytes]():
		return "bytes"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeText(t.Elem())
	case reflect.Slice:
		return "list of " + typeText(t.Elem())
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "text"
	}
	return t.Name()
}

func codesTable() string {
	var b bytes.Buffer
	b.WriteString("| code | class | what a user is told |\n|---|---|---|\n")
	codes := protocol.Codes()
	slices.SortFunc(codes, func(x, y protocol.Code) int {
		return cmp.Or(strings.Compare(x.Class().String(), y.Class().String()), strings.Compare(string(x), string(y)))
	})
	for _, c := range codes {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c, c.Class(), c.Sentence())
	}
	return b.String()
}

func sizesTable() string {
	var b bytes.Buffer
	b.WriteString("| what | at most |\n|---|---|\n")
	for _, row := range []struct {
		what string
		n    int
		unit string
	}{
		{"control frame", protocol.MaxFrame, "bytes"}, {"charter, card, standing, head: the token", protocol.MaxCharter, "bytes"}, {"frame with chain, card, terms and standings (PairState)", protocol.MaxState, "bytes"},
		{"message in an envelope: token, salt, body", protocol.MaxPlaintext, "bytes"}, {"envelope", protocol.MaxEnvelope, "bytes"}, {"chunk of a file, without its tag", protocol.MaxChunk, "bytes"},
		{"chunks of one answer", protocol.MaxChunks, "chunks"},
		{"files of a referral", protocol.MaxFiles, "files"}, {"one file", protocol.MaxFile, "bytes"}, {"all files of a referral", protocol.MaxFilesBytes, "bytes"},
		{"charters of a chain", protocol.MaxChain, "charters"}, {"nodes of a charter", protocol.MaxDelegates, "nodes"}, {"receipts under one signature", crypto.MaxGroup, "receipts"}, {"gossip message", protocol.MaxAnnouncement, "bytes"},
		{"any object: levels", crypto.DefaultLimits.Depth, "levels"}, {"any object: values", crypto.DefaultLimits.Values, "values"}, {"any object", crypto.DefaultLimits.Bytes, "bytes"},
	} {
		fmt.Fprintf(&b, "| %s | %d %s |\n", row.what, row.n, row.unit)
	}
	return b.String()
}

func framesTable() string {
	var b bytes.Buffer
	b.WriteString("| kind | carries | vectors |\n|---|---|---|\n")
	for _, f := range []struct {
		kind          protocol.FrameKind
		name, carries string
	}{
		{protocol.FrameHello, "hello", "Hello, both ways"}, {protocol.FramePairHello, "pair-hello", "PairHello, both ways"}, {protocol.FramePairState, "pair-state", "PairState, both ways"},
		{protocol.FrameThreads, "threads", "ThreadsAsk, answered by Threads"}, {protocol.FramePull, "pull", "PullAsk, answered by Pulled frames, then ok"}, {protocol.FramePulled, "pulled", "Pulled, then one envelope unless erased"},
		{protocol.FrameChunks, "chunks", "ChunksAsk, answered by Chunk frames, then ok"}, {protocol.FrameChunk, "file", "uint32 length of a ChunkHead, that, a sealed chunk"},
		{protocol.FrameOK, "ok", "Answer without receipt and code"}, {protocol.FrameError, "error", "Answer with a code"},
		{protocol.FramePairCommit, "commit", "PairCommit, answered by PairAnswer"}, {protocol.FramePairAnswer, "opening", "PairAnswer"}, {protocol.FramePairReveal, "reveal", "PairReveal, answered by ok"},
		{protocol.FrameEnvelope, "envelope", "envelope (section 7), answered by Answer"}, {protocol.FrameAnswer, "answer", "Answer"}, {protocol.FrameDoor, "door", "DoorCall, both ways"},
	} {
		file := "frame-" + f.name
		if f.name == "file" {
			file = f.name
		}
		fmt.Fprintf(&b, "| %d | %s | `%s.json` |\n", f.kind, f.carries, file)
	}
	return b.String()
}
