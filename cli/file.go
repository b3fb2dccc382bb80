package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

func attachFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "attach", Usage: "`FILE` that goes along (repeat for several; up to 25 MB each)"}
}

// uploadAll uploads the files that a command takes along and gives their ids.
func uploadAll(c *cli.Context) (ids []string, err error) {
	for _, name := range c.StringSlice("attach") {
		id, err := upload(c, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func upload(c *cli.Context, name string) (id string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("read the file that goes along: %w", err)
	}
	defer f.Close()
	media := mime.TypeByExtension(strings.ToLower(filepath.Ext(name)))
	if media == "" {
		media = "application/octet-stream"
	}
	cl := clientOf(c)
	resp, err := cl.stream(c.Context, http.MethodPost, "/v1/files?"+url.Values{"name": {filepath.Base(name)}}.Encode(), f, "Content-Type", media)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("read the node's answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return "", problemError(resp.StatusCode, b)
	}
	var row struct{ ID string }
	if err := json.Unmarshal(b, &row); err != nil {
		return "", fmt.Errorf("read the node's answer: %w", err)
	}
	return row.ID, nil
}

// filesCommand lists the files of a referral.
func filesCommand() *cli.Command {
	return &cli.Command{
		Name: "files", Usage: "list the files of a referral, with how far they came over", ArgsUsage: "ID",
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 1, "one referral id"); err != nil {
				return err
			}
			var list struct {
				Files []struct {
					ID, Name, State string
					Size, Done      int64
					Mine            bool
				} `json:"files"`
			}
			return fetch(c, "/v1/referrals/"+segment(c.Args().First())+"/files", &list, func(w io.Writer) error {
				rows := [][]string{}
				for _, f := range list.Files {
					by := "them"
					if f.Mine {
						by = "you"
					}
					rows = append(rows, []string{f.ID, printable(f.Name), by, fmt.Sprintf("%d of %d bytes", f.Done, f.Size), f.State})
				}
				return table(w, "No files came along with this referral.", []string{"ID", "NAME", "SENT BY", "OVER", "STATE"}, rows)
			})
		},
	}
}

// fileCommand saves a file of a referral.
func fileCommand() *cli.Command {
	return &cli.Command{
		Name: "file", Usage: "save a file of a referral; that it was read is in the audit log", ArgsUsage: "ID FILE",
		Flags: []cli.Flag{&cli.StringFlag{Name: "out", Required: true, Usage: "`PATH` to write to, which must not exist; - for standard output"}},
		Action: func(c *cli.Context) error {
			if err := needArgs(c, 2, "a referral id and a file id"); err != nil {
				return err
			}
			resp, err := clientOf(c).stream(c.Context, http.MethodGet, "/v1/referrals/"+segment(c.Args().Get(0))+"/files/"+segment(c.Args().Get(1)), nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode/100 != 2 {
				b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
				if err != nil {
					return fmt.Errorf("read the node's answer: %w", err)
				}
				return problemError(resp.StatusCode, b)
			}
			if c.String("out") == "-" {
				_, err := io.Copy(c.App.Writer, resp.Body)
				return err
			}
			f, err := os.OpenFile(c.String("out"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("save the file: %w", err)
			}
			_, err = io.Copy(f, resp.Body)
			if cerr := f.Close(); err == nil {
				err = cerr
			}
			return err
		},
	}
}
