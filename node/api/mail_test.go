package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"referworks/bridges"
	"referworks/internal/testnet"
)

// post is a medium that brings one mail, which no machine may act on, and shows it.
type post struct{ key string }

func (p post) Run(ctx context.Context, accept bridges.Accept) error {
	_, err := accept(ctx, bridges.Inbound{Key: p.key, Unread: "Nobody proved who sent it.", Document: bridges.Document{Format: "eml", Bytes: []byte("Name: Ana Example")}})
	<-ctx.Done()
	return err
}

func withPost(cfg *testnet.Config) {
	cfg.Kinds = map[string]bridges.Kind{"post": {
		Name: "post", Title: "Post", Ways: []string{"in"}, Settings: []bridges.Setting{{Name: "key", Label: "Key", Type: bridges.String}},
		New: func(cfg bridges.Config) (any, error) { return post{cfg.Settings["key"]}, nil },
		Show: func(b []byte) (bridges.Shown, error) {
			return bridges.Shown{
				From: "ana@elm.example", Text: string(b), Document: bridges.Document{Format: "mail", Bytes: b},
				Files: []bridges.File{{Name: "letter.txt", MediaType: "text/plain", Size: 4, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("Dear")), nil }}},
			}, nil
		},
	}}
}

// mail lets a mail wait and gives the id of the item.
func (w *world) mail(t *testing.T) string {
	t.Helper()
	w.mails++
	name := fmt.Sprintf("post-%d", w.mails)
	w.must(t, w.public.URL, w.elmAdmin, "", "PUT", "/v1/connections/"+name, `{"id":"`+name+`","name":"Post","kind":"post","direction":"in","format":"json","mapping":"legalserver","settings":{"key":"`+name+`"}}`, nil)
	var id string
	testnet.Eventually(t, "the mail waits", func() bool {
		var list struct {
			Items []struct{ ID, Connection string }
		}
		w.must(t, w.public.URL, w.elmReferrals, "", "GET", "/v1/waiting", "", &list)
		for _, i := range list.Items {
			if i.Connection == name {
				id = i.ID
			}
		}
		return id != ""
	})
	return id
}

// A file of a mail is a download and never a page of ours, whatever is in it.
func TestAFileOfAMailIsADownload(t *testing.T) {
	w := newWorld(t)
	id := w.mail(t)
	r, err := http.NewRequest("GET", w.public.URL+"/v1/waiting/"+id+"/files/0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.elmReferrals)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err = errors.Join(err, got.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if string(body) != "Dear" || got.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s %v", body, got.Header)
	}
	var seen struct {
		Items []struct{ Kind, Subject string }
	}
	w.must(t, w.public.URL, w.elmAdmin, "", "GET", "/v1/activity?kind=waiting.viewed", "", &seen)
	if len(seen.Items) != 1 || seen.Items[0].Subject != id {
		t.Errorf("that somebody looked is not in the log: %+v", seen)
	}
}
