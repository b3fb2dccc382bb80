// Package examples holds the sample referrals and the mapping documents of the demonstration, so that the program
// can play it anywhere. All people in them are invented.
package examples

import "embed"

// Files are the samples: *.json at the top, and mappings/*.json.
//
//go:embed *.json mappings/*.json
var Files embed.FS
