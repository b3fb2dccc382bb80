package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"referworks": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx, os.Args)
		stop()
		os.Exit(code)
	}})
}

// Scripts are what a user would recognize: real processes, real sockets, the program's own words.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("scripts start real nodes: left out of -short")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			wd, err := os.Getwd()
			env.Setenv("EXAMPLES", wd+"/../examples")
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"eventually": eventually,
			"capture":    capture,
			"code":       code,
			"interrupt":  interrupt,
			"stop":       stopNode,
			"mine":       mine,
			"nocanary":   noCanary,
			"program":    program,
			"fill":       fill,
		},
	})
}

// eventually PATTERN COMMAND… runs a command until its output matches, for up to 30 seconds.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if err == nil && pattern.MatchString(out) != neg {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s: no match for %s in 30 s; the last answer (%v):\n%s", strings.Join(args[1:], " "), args[0], err, out)
		}
	}
}

// capture NAME PATTERN sets an environment variable to the first group that matches the last output.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	out := ts.ReadFile("stdout")
	m := regexp.MustCompile(args[1]).FindStringSubmatch(out)
	if len(m) < 2 {
		ts.Fatalf("%s does not match:\n%s", args[1], out)
	}
	ts.Setenv(args[0], m[1])
}

// stop FOLDER ends the node that holds a data folder as a supervisor would, and waits for its socket to go.
func stopNode(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.MkAbs(args[0])
	out, err := exec.Command("pgrep", "-f", "--", "--data "+args[0]+" serve").Output()
	if err != nil {
		ts.Fatalf("find the node of %s: %v", args[0], err)
	}
	for _, pid := range bytes.Fields(out) {
		var n int
		if _, err := fmt.Sscan(string(pid), &n); err != nil {
			ts.Fatalf("read a process id: %v", err)
		}
		if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", n)); err != nil || cwd != ts.MkAbs(".") {
			continue // another test's node
		}
		if err := syscall.Kill(n, syscall.SIGTERM); err != nil {
			ts.Fatalf("stop the node: %v", err)
		}
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(data + "/control.sock"); os.IsNotExist(err) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("the node of %s did not stop", data)
		}
	}
}

// mine IN OUT writes the sample matter with a name that stands nowhere else.
func mine(ts *testscript.TestScript, _ bool, args []string) {
	doc := ts.ReadFile(args[0])
	for _, name := range []string{`"first": "María Elena"`, `"client_full_name": "María Elena de la Cruz Obando"`} {
		if !strings.Contains(doc, name) {
			ts.Fatalf("the sample has no %s", name)
		}
		doc = strings.Replace(doc, name, strings.Replace(name, "María Elena", canary, 1), 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(doc), 0o600))
}

const canary = "Zebulona"

// noCanary WORD PATTERN takes a folder from the last command's stderr and looks for the word in every file below it.
func noCanary(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stderr"))
	if len(m) != 2 {
		ts.Fatalf("stderr names no folder: %s", ts.ReadFile("stderr"))
	}
	defer os.RemoveAll(m[1])
	files, logs := 0, 0
	ts.Check(filepath.WalkDir(m[1], func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if strings.HasSuffix(path, ".log") && bytes.Contains(b, []byte("the node is ready")) {
			logs++
		}
		if bytes.Contains(b, []byte(args[0])) || strings.Contains(path, args[0]) {
			ts.Fatalf("%s holds the name of a person", path)
		}
		return nil
	}))
	if files < 20 || logs != 3 { // else the search proves nothing
		ts.Fatalf("only %d files and %d logs were searched", files, logs)
	}
}
