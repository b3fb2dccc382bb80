package record

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// understood says what was read in words that hold names of the schema and no value.
func understood(d *Document) string {
	leaves := 0
	d.Root.Leaves(func(Path, *Node) { leaves++ })
	switch {
	case d.Format == FormatXML:
		return fmt.Sprintf("XML in %s: the element %q with %s", d.Encoding, clip(d.Root.Name), count(leaves, "value"))
	case d.Format == FormatPDF:
		return "a PDF form with " + count(leaves, "filled or empty field")
	case d.Format == FormatMail:
		s := "a form mail with " + count(leaves, "labeled or free text")
		for _, note := range d.Notes {
			s += fmt.Sprintf("; lines %d to %d left out (%s)", note.From, note.To, note.What)
		}
		return s
	case d.Root.Value("resourceType") == "Bundle":
		return "a FHIR bundle: " + resources(d.Root)
	case d.Root.Value("resourceType") != "":
		return fmt.Sprintf("a FHIR resource, %s, with %s", clip(d.Root.Value("resourceType")), count(leaves, "value"))
	case d.Root.Kind == List:
		return fmt.Sprintf("JSON: a list of %s with %s", count(len(d.Root.Children), "item"), count(leaves, "value"))
	}
	return "JSON with " + count(leaves, "value")
}

// resources counts the entries of a bundle by type, which is a word of FHIR and no person's.
func resources(bundle *Node) string {
	kinds := map[string]int{}
	for _, kind := range bundle.Find(Path{{Name: "entry", Step: Each}, {Name: "resource"}, {Name: "resourceType"}}) {
		kinds[clip(kind.Text)]++
	}
	names := make([]string, 0, len(kinds))
	for name, n := range kinds {
		names = append(names, fmt.Sprintf("%d %s", n, name))
	}
	sort.Strings(names)
	if len(names) == 0 {
		return "no entries"
	}
	return strings.Join(names, ", ")
}

func understoodCSV(root *Node, style CSVStyle) string {
	if root == nil {
		return ""
	}
	between := map[byte]string{',': "comma", ';': "semicolon", '\t': "tab"}[style.Delimiter]
	if between == "" {
		between = string(rune(style.Delimiter))
	}
	return fmt.Sprintf("CSV in %s: %s separated by %s, %s", style.Encoding, count(len(style.Columns), "column"), between, count(len(root.Children), "row"))
}

func understoodXLSX(root *Node, t sheetTable) string {
	if root == nil {
		return ""
	}
	s := fmt.Sprintf("a spreadsheet, the sheet %q: %s, %s", clip(t.name), count(len(t.columns), "column"), count(len(root.Children), "row"))
	if t.skipped > 0 {
		s += "; " + count(t.skipped, "row") + " above the header left out"
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func formEncoding(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("\xFE\xFF")):
		return "UTF-16"
	case !utf8.Valid(b):
		return "windows-1252"
	}
	return "UTF-8"
}
