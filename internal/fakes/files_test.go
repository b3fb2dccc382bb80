package fakes_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/internal/sample"
)

// file is one that came along.
func file(id, name, media, content string) bridges.File {
	return bridges.File{ID: id, Name: name, MediaType: media, Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader([]byte(content))), nil
	}}
}

// takesFiles are the presets whose systems take files, with the settings of systems().
const takesFiles = "salesforce primero fhir odoo airtable generic-rest idempotent"

// Files that come along with a referral are put to its record, each once, whatever happens to requests and to the process; two
// with one name are two.
func TestFilesOnceEach(t *testing.T) {
	runs := 50
	if os.Getenv("LONG") != "" {
		runs = 500
	}
	took := ""
	for _, s := range systems() {
		p := start(t, s)
		if left := leftOf(t, p, 900, file("1", "letter.pdf", "application/pdf", "hello")); left != "" {
			if !strings.Contains(left, "download them from the inbox") {
				t.Errorf("%s: %s", name(s), left)
			}
			continue
		}
		took += " " + name(s)
		t.Run(name(s), func(t *testing.T) {
			t.Parallel()
			p := start(t, s)
			d := delivery(t, p.kind, sample.Full(), 1)
			for seed := range runs {
				n := &desk{place: p, rng: rand.New(rand.NewPCG(uint64(seed), 13)), done: p.fake.Counts()[s.main]}
				d.Referral = sample.ReferralID(uint64(seed) + 1)
				d.Key, d.Reference = sender.Short()+"/"+string(d.Referral)+"/1", d.Referral.Reference()
				pages := []string{fmt.Sprintf("%%PDF page %d", seed), fmt.Sprintf("another page %d", seed), fmt.Sprintf("\xff\xd8\xff photo %d", seed)}
				d.Files = []bridges.File{file("a", `Ada's "letter" [x].pdf`, "application/pdf", pages[0]), file("b", `Ada's "letter" [x].pdf`, "application/pdf", pages[1]), file("c", "../photo 1.jpg", "image/jpeg", pages[2])}
				n.run(t, d)
				want := s.want(seed + 1)
				want[filesOf(s)] = 3 * (seed + 1)
				if got := p.fake.Counts(); !maps.Equal(got, want) {
					t.Fatalf("after run %d it holds %v, want %v; what happened: %v", seed, got, want, n.story)
				}
				held := fmt.Sprintf("%+v", p.fake)
				for _, page := range pages {
					if strings.Count(held, base64.StdEncoding.EncodeToString([]byte(page))) != 1 {
						t.Fatalf("after run %d a file is not there as it was sent; what happened: %v", seed, n.story)
					}
				}
			}
		})
	}
	if strings.TrimSpace(took) != takesFiles {
		t.Errorf("files are taken by%s", took)
	}
}

// filesOf is what a system counts its files as.
func filesOf(s system) string {
	if s.preset == "fhir" {
		return "DocumentReference"
	}
	return "files"
}

// leftOf delivers a referral with files and gives what is said of those that did not go along.
func leftOf(t *testing.T, p *place, n uint64, files ...bridges.File) string {
	t.Helper()
	d := delivery(t, p.kind, sample.Full(), n)
	d.Files = files
	out, err := p.open(t).(bridges.Sink).Deliver(t.Context(), d)
	if err != nil {
		t.Fatalf("%s: %v", name(p.system), err)
	}
	return out.Left
}

// What a system does not take is said in numbers, and keeps nothing else back: the referral is there, and so is the other file.
func TestFilesThatStay(t *testing.T) {
	for _, s := range systems() {
		if s.preset != "primero" {
			continue
		}
		p := start(t, s)
		large := file("3", "large.pdf", "application/pdf", strings.Repeat("x", 5<<20))
		left := leftOf(t, p, 1, file("1", "letter.pdf", "application/pdf", "hello"), file("2", "sheet.xlsx", "application/vnd.ms-excel", "cells"), large, file("4", "odd.exe", "application/pdf", "MZ"))
		for _, want := range []string{"3 of 4 files", "1 larger than 4 MB", "1 of a type that it does not take", "1 that it refused", "download them from the inbox"} {
			if !strings.Contains(left, want) {
				t.Errorf("%q is not in: %s", want, left)
			}
		}
		if got := p.fake.Counts(); got["cases"] != 1 || got["files"] != 1 {
			t.Errorf("it holds %v", got)
		}
		for _, secret := range []string{"letter", "sheet", "odd"} {
			if strings.Contains(left, secret) {
				t.Error("a file's name is told")
			}
		}
	}
}

// Files of a newer version go to the record that is there.
func TestFilesOfAnUpdate(t *testing.T) {
	for _, s := range systems() {
		p := start(t, s)
		b := p.open(t)
		if presetOf(t, s.preset).Files == nil || !b.(bridges.Updater).Updates() {
			continue
		}
		d := delivery(t, p.kind, sample.Full(), 1)
		if _, err := b.(bridges.Sink).Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		d.Update, d.Key, d.Files = true, d.Key+"1", []bridges.File{file("z", "late.pdf", "application/pdf", "late")}
		out, err := b.(bridges.Sink).Deliver(t.Context(), d)
		took := out.Left == ""
		if got := p.fake.Counts(); err != nil || took && got["files"] != 1 || got[s.main] != 1 {
			t.Errorf("%s: %v, it holds %v", name(s), err, got)
		}
	}
}
