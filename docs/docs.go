// Package docs holds the pages of this folder, so that a node can show its handbook without the internet.
package docs

import "embed"

// Files are the pages, *.md, and their pictures, *.svg.
//
//go:embed *.md *.svg
var Files embed.FS
