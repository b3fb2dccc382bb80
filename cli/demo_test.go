package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// shown is the demo as a person leaves it open: the story as --json prints it, with the doors.
type shown struct {
	Start entrance
	Posts []json.RawMessage
}

// openDemo starts the demo, and ends it after the test.
func openDemo(t *testing.T) *shown {
	t.Helper()
	cmd := exec.Command("referworks", "demo", "--json") // TestMain has put this program into the PATH
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(storyTime+time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with: %v\n%s", err, talk.String())
		}
		late.Stop()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the demo printed nothing: %v\n%s", err, talk.String())
	}
	var d shown
	if err := json.Unmarshal(line, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// The demo ends on a page with a door for each organization, and each door lets its invented person in, and nobody else.
func TestDemoStaysOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three real nodes: left out of -short")
	}
	d := openDemo(t)
	page := fetchText(t, http.DefaultClient, d.Start.Page)
	organizations := map[string]bool{}
	for _, x := range d.Start.Doors {
		t.Run(x.Person, func(t *testing.T) { enter(t, d, x) })
		organizations[x.Organization] = true
		if !strings.Contains(page, "Enter as "+x.Person) && !strings.Contains(page, "Entrar como "+x.Person) && d.Start.Built {
			t.Errorf("the start page has no door for %s", x.Person)
		}
	}
	t.Run("samples", func(t *testing.T) { runSamples(t, d) })
	if len(organizations) != 5 { // four, and who runs the provider's node
		t.Errorf("doors lead to %v", organizations)
	}
	if style := fetchText(t, http.DefaultClient, d.Start.Page+"/start.css"); !strings.Contains(style, ".doors") {
		t.Error("the start page has no style")
	}
	if strings.Contains(page, "<style") || strings.Contains(page, "style=") || strings.Contains(page, "<script") {
		t.Error("the start page has what its policy would not let run")
	}
}

func enter(t *testing.T, d *shown, x door) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: time.Minute}
	node, email, ok := strings.Cut(x.URL, "/demo?language="+x.Language+"#")
	if !ok || email != x.Email || node != x.Node {
		t.Fatalf("the door's address is %s", x.URL)
	}
	if d.Start.Built {
		if page := fetchText(t, browser, node+"/demo"); !strings.Contains(page, `id="root"`) {
			t.Errorf("behind the door is: %.200s", page)
		}
	}
	resp, err := browser.Post(node+"/v1/session/demo", "application/json", strings.NewReader(`{"email":"`+email+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct {
		User          struct{ Name, Language string }
		Organizations []struct{ Name string }
		Can           []string
	}
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the door answers %s: %v", resp.Status, err)
	}
	if s.User.Name != x.Person || s.User.Language != x.Language {
		t.Errorf("the door lets in %+v", s.User)
	}
	referrals := statusOf(t, browser, node+"/v1/referrals")
	if x.Organization == "" {
		if len(s.Organizations) != 0 || referrals != http.StatusForbidden || statusOf(t, browser, node+"/v1/organizations") != http.StatusOK {
			t.Errorf("who runs the node belongs to %v and is answered %d for referrals", s.Organizations, referrals)
		}
		return
	}
	if len(s.Organizations) != 1 || s.Organizations[0].Name != x.Organization || referrals != http.StatusOK {
		t.Errorf("the door leads to %v, and referrals are answered %d", s.Organizations, referrals)
	}
}

func statusOf(t *testing.T, c *http.Client, url string) int {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func fetchText(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, resp.Status, err)
	}
	return string(b)
}
