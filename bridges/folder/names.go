package folder

import (
	"encoding/hex"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unfinished reports whether a name is one that programs use while they write: hidden files, and the endings of
// browsers, office programs, editors and file transfer programs.
func unfinished(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, ".") || strings.HasPrefix(lower, "~") || strings.HasSuffix(lower, "~") {
		return true
	}
	switch path.Ext(lower) {
	case ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".swx", ".lock", ".writing", ".inprogress", ".upload":
		return true
	}
	return strings.HasSuffix(lower, ".report.txt") || strings.HasSuffix(lower, ".report.json")
}

// addressable reports whether a name stands for a file in its folder and nowhere else.
func addressable(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 1024 && !strings.ContainsAny(name, "/\x00")
}

// longestName leaves room for the endings of reports and a mark that tells files of one name apart; most file systems
// take 255 bytes.
const longestName = 160

// safeName is what a file is called when it has been taken: its own name without what would deceive a person or a
// program that reads it (control characters, direction marks, separators), and not too long.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return -1
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	stem, ext := cut(strings.TrimLeft(strings.TrimRight(name, ". "), ". -~"))
	if stem == "" {
		stem = "file"
	}
	if len(ext) > 16 {
		stem, ext = stem+ext, ""
	}
	for len(stem)+len(ext) > longestName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	if reserved[strings.ToUpper(stem)] {
		stem = "file-" + stem
	}
	return stem + ext
}

// reserved are names that stand for devices on Windows, whatever their ending.
var reserved = map[string]bool{
	"CON": true, "PRN": true, "AUX": true, "NUL": true,
	"COM1": true, "COM2": true, "COM3": true, "COM4": true, "COM5": true, "COM6": true, "COM7": true, "COM8": true, "COM9": true,
	"LPT1": true, "LPT2": true, "LPT3": true, "LPT4": true, "LPT5": true, "LPT6": true, "LPT7": true, "LPT8": true, "LPT9": true,
}

func cut(name string) (stem, ext string) {
	ext = path.Ext(name)
	return strings.TrimSuffix(name, ext), ext
}

// marked puts a mark before the ending of a name: nightly.csv, nightly.1a2b3c4d.csv.
func marked(name, mark string) string {
	stem, ext := cut(name)
	return stem + "." + mark + ext
}

// hidden is the name under which a file is written until it is complete.
func hidden(name string) string {
	dir, base := path.Split(name)
	return dir + "." + base + ".tmp"
}

// plainName reports whether a setting is a plain name in ASCII.
func plainName(s string) bool {
	ok := s != "" && len(s) <= 100
	for _, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == ' ')
	}
	return ok
}

func short(sum []byte) string { return hex.EncodeToString(sum)[:8] }
