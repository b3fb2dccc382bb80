package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
)

func statusCommand() *cli.Command {
	return &cli.Command{Name: "status", Usage: "how the node is", Action: func(c *cli.Context) error {
		var st api.Status
		return fetch(c, "/v1/status", &st, func(w io.Writer) error {
			ready := "working"
			if !st.Ready {
				ready = "starting"
			}
			for _, l := range [][2]string{
				{"Node", ready + " since " + st.Started.Local().Format("Mon 2 Jan 2006, 15:04")},
				{"API and page", "http://" + st.API},
				{"Organizations", fmt.Sprint(st.Organizations)},
				{"Partner nodes", fmt.Sprintf("%d, %d reached now", st.Partners, st.Connected)},
				{"Stored data", st.Store},
				{"Free disk space", size(st.FreeBytes)},
				{"Network", strings.Join(st.Addresses, "\n                 ")},
				{"Version", st.Version},
			} {
				if _, err := fmt.Fprintf(w, "%-16s %s\n", l[0], l[1]); err != nil {
					return err
				}
			}
			for _, warning := range st.Warnings {
				if _, err := fmt.Fprintf(w, "\nSee to this: %s\n", printable(warning)); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}
