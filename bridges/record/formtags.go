package record

import (
	"slices"
	"strings"
)

// open does what a start tag means for lines, before its element counts.
func (h *htmlReader) open(name string) {
	switch name {
	case "br":
		if strings.TrimSpace(h.text.String()) == "" {
			h.blank()
		}
		h.flush()
	case "p":
		h.pop("p")
		h.flush()
		h.blank()
	case "hr", "ul", "ol", "blockquote", "dl", "fieldset":
		h.flush()
		h.blank()
	case "h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption":
		h.flush()
		h.blank()
		h.heading = true
	case "li":
		h.pop("li")
		h.flush()
		h.bullet = true
	case "dt", "dd":
		h.pop("dt", "dd")
		h.closeDefinition()
		h.openFrame(name)
	case "table":
		h.flush()
		h.openTable()
	case "tr":
		h.pop("td", "th", "tr")
		h.closeRow()
	case "td", "th":
		h.pop("td", "th")
		h.openCell(name)
	case "div", "section", "article", "header", "footer", "tbody", "thead", "tfoot", "form", "address", "center", "pre":
		h.flush()
	}
}

// pop takes the nearest element of one of the names off the stack, and all inside it, but not beyond a table's edge.
func (h *htmlReader) pop(names ...string) bool {
	for i := len(h.stack) - 1; i >= 0; i-- {
		at := h.stack[i].name
		if slices.Contains(names, at) {
			h.stack = h.stack[:i]
			return true
		}
		if at == "table" || (at == "td" || at == "th") && names[0] != "tr" && names[0] != "table" {
			return false
		}
	}
	return false
}

func (h *htmlReader) end(name string) {
	switch name {
	case "p":
		h.flush()
		h.blank()
	case "h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption", "ul", "ol", "blockquote":
		h.flush()
		h.heading, h.bullet = false, false
		h.blank()
	case "li":
		h.flush()
		h.bullet = false
	case "dl":
		h.closeDefinition()
	case "table":
		if len(h.tables) > 0 {
			h.closeTable()
		}
	case "tr":
		h.closeRow()
	case "td", "th":
		h.closeCell()
	case "div", "section", "article", "header", "footer", "form", "address", "center", "pre":
		h.flush()
	}
	h.pop(name)
}
