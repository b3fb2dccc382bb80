package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/urfave/cli/v2"

	"referworks/node/api"
	"referworks/protocol"
)

func versionCommand() *cli.Command {
	return &cli.Command{Name: "version", Usage: "print the version", Action: func(c *cli.Context) error {
		return show(c, mustJSON(map[string]any{"version": version, "go": runtime.Version(), "protocol": protocol.Version, "schema": protocol.SchemaNow}), func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "referworks %s (protocol %d, %s, %s)\n", version, protocol.Version, protocol.SchemaNow, runtime.Version())
			return err
		})
	}}
}

func openapiCommand() *cli.Command {
	return &cli.Command{Name: "openapi", Usage: "print the description of the API (OpenAPI 3.1, YAML)", Action: func(c *cli.Context) error {
		b, err := api.New(api.Config{House: nil, Version: version}).OpenAPI()
		if err != nil {
			return err
		}
		_, err = c.App.Writer.Write(b)
		return err
	}}
}
