// Package docs holds the pages of this folder, so that a node can show its handbook without the internet.
package docs

import "embed"

// Files are the pages, *.md, and their pictures, *.svg. In es are those that exist in Spanish too.
//
//go:embed *.md *.svg bridges/*.md es/*.md
var Files embed.FS
