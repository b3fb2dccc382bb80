package presets

import (
	"regexp"
	"strings"
)

// A template is a text with variables in braces, like https://{settings.site}.example.org. Other braces stand for
// themselves, so that a query in JSON can be a template too.
var variable = regexp.MustCompile(`\{[a-z]+(?:\.[A-Za-z0-9_@:-]+)*\}`)

// Expand fills a template. value gives a variable's text, and escape, which may be nil, makes it safe for where it goes. The
// names of variables that value does not know come back.
func Expand(template string, value func(name string) (string, bool), escape func(string) string) (text string, unknown []string) {
	text = variable.ReplaceAllStringFunc(template, func(v string) string {
		name := strings.Trim(v, "{}")
		s, ok := value(name)
		if !ok {
			unknown = append(unknown, name)
			return ""
		}
		if escape != nil {
			s = escape(s)
		}
		return s
	})
	return text, unknown
}

// Variables lists the names of the variables in a template.
func Variables(template string) []string {
	var out []string
	for _, v := range variable.FindAllString(template, -1) {
		out = append(out, strings.Trim(v, "{}"))
	}
	return out
}

// Whole returns the name of the variable that a template consists of, or "".
func Whole(template string) string {
	if v := variable.FindString(template); v != "" && v == template {
		return strings.Trim(v, "{}")
	}
	return ""
}
