// Package archtest holds the import rules of the house as a table, and a checker that reads the tree against it.
//
// Three laws: imports point down only; one outside library has one owner, and none of its types shows in an
// exported signature; what crosses the network lives in protocol. docs/design.md explains them: change both in
// the same commit.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "referworks"

// Down says which of our own packages a package may import. A trailing "/..." stands for a folder with all below.
// Test files may import internal packages too.
var Down = map[string][]string{
	"protocol":          {},
	"protocol/codes":    {},
	"protocol/wire":     {"protocol"},
	"crypto":            {"protocol"},
	"bridges":           {"protocol", "bridges/record"},
	"bridges/record":    {"protocol"},
	"bridges/mapping":   {"protocol", "protocol/codes", "bridges/record"},
	"bridges/schema":    {"bridges/record"},
	"bridges/suggest":   {"protocol", "protocol/codes", "bridges/record", "bridges/schema", "bridges/mapping"},
	"bridges/email":     {"protocol", "bridges", "bridges/record"}, // the interfaces it implements stand in bridges
	"bridges/rest":      {"protocol", "bridges", "bridges/record"},
	"bridges/folder":    {"protocol", "bridges", "bridges/record"},
	"bridges/webhook":   {"protocol", "bridges", "bridges/rest"},
	"bridges/presets":   {"protocol", "bridges/record"},
	"bridges/connector": {"protocol", "bridges", "bridges/record", "bridges/presets", "bridges/rest"},
	"node/store":        {"protocol"},
	"node/audit":        {"protocol", "node/store"},
	"node/calendar":     {},
	"node/partner":      {"protocol", "crypto", "node/store", "node/audit"},
	"node/exchange":     {"protocol", "crypto", "node/store", "node/audit", "node/partner", "node/calendar"},
	"node/connection":   {"protocol", "crypto", "bridges", "bridges/record", "bridges/mapping", "bridges/schema", "bridges/suggest", "node/store", "node/audit", "node/partner", "node/exchange"},
	"node/account":      {"protocol", "node/store", "node/audit"},
	"node/practice":     {"protocol", "node/exchange"},
	"node/spanish":      {}, // its tests read the sources of what it says, and the presets
	"node/p2p":          {"protocol", "protocol/wire", "crypto"},
	"node/api":          {"protocol", "protocol/codes", "crypto", "bridges", "bridges/record", "bridges/mapping", "bridges/schema", "bridges/suggest", "node/store", "node/audit", "node/partner", "node/exchange", "node/practice", "node/connection", "node/account", "node/spanish"},
	"node":              {"protocol/...", "crypto", "bridges", "bridges/record", "bridges/mapping", "node/..."},
	"webui":             {},
	"webui/handbook":    {"docs"},
	"docs":              {},
	"cli":               {"..."},
	"examples":          {},
	"internal/archtest": {},
	"internal/lab":      {},
	"internal/fakes":    {"protocol", "bridges", "bridges/record", "bridges/mapping", "bridges/presets", "bridges/connector", "bridges/email", "examples"}, // its tests run the presets; the fakes themselves use none of it
	"internal/sample":   {"protocol", "protocol/codes"},
	"internal/smtpd":    {},
	"internal/testnet":  {"..."},
	"internal/bench":    {"internal/lab"},
	"internal/quality":  {"protocol", "protocol/codes", "bridges/record", "bridges/schema", "bridges/mapping", "bridges/suggest"},
}

// Owner says which package may use an outside library; any other import of it breaks the second law. Libraries
// of the Go project itself (golang.org/x) have an owner only where one was named.
var Owner = map[string][]string{
	"github.com/lestrrat-go/jwx/v2":        {"crypto"},
	"github.com/go-json-experiment/json":   {"crypto"},
	"github.com/gowebpki/jcs":              {"crypto"},
	"filippo.io/age":                       {"crypto"},
	"github.com/tyler-smith/go-bip39":      {"crypto"},
	"github.com/mr-tron/base58":            {"crypto"},
	"github.com/nyaruka/phonenumbers":      {"bridges/mapping"},
	"github.com/expr-lang/expr":            {"bridges/mapping"},
	"github.com/wneessen/go-mail":          {"bridges/email"},
	"github.com/pkg/sftp":                  {"bridges/folder"},
	"go.yaml.in/yaml/v3":                   {"bridges/schema"},
	"github.com/emersion/go-smtp":          {"bridges/email", "internal/smtpd"},
	"github.com/emersion/go-sasl":          {"bridges/email", "internal/smtpd"},
	"github.com/emersion/go-imap/v2":       {"bridges/email"},
	"github.com/emersion/go-message":       {"bridges/email"},
	"github.com/emersion/go-msgauth":       {"bridges/email"},
	"github.com/jhillyerd/enmime/v2":       {"bridges/email"},
	"blitiri.com.ar/go/spf":                {"bridges/email"},
	"github.com/go-resty/resty/v2":         {"bridges/rest"},
	"github.com/dgraph-io/badger/v4":       {"node/store"},
	"golang.org/x/mod":                     {"node/audit"},
	"github.com/libp2p/go-libp2p":          {"node/p2p"},
	"github.com/libp2p/go-libp2p-pubsub":   {"node/p2p"},
	"github.com/multiformats/go-multiaddr": {"node/p2p"},
	"github.com/quic-go/quic-go":           {"node/p2p"},
	"github.com/danielgtaylor/huma/v2":     {"node/api"},
	"github.com/gorilla/websocket":         {"node/api"},
	"github.com/alexedwards/scs/v2":        {"node/account"},
	"github.com/go-webauthn/webauthn":      {"node/account"},
	"github.com/pquerna/otp":               {"node/account"},
	"github.com/ccojocar/zxcvbn-go":        {"node/account"},
	"github.com/urfave/cli/v2":             {"cli"},
	"github.com/BurntSushi/toml":           {"cli"},
	"github.com/google/uuid":               {"node/exchange"},
	"github.com/yuin/goldmark":             {"webui/handbook"},
	"github.com/gabriel-vasile/mimetype":   {"node/exchange"},
	"github.com/klauspost/compress":        {"node/connection"},
}

// Anywhere are outside libraries that may be used in every package's tests or as plain extensions of the
// standard library.
var Anywhere = []string{"golang.org/x/crypto", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/time", "golang.org/x/net", "golang.org/x/sys"}

// OnlyTests are outside libraries for test files.
var OnlyTests = []string{"pgregory.net/rapid", "go.uber.org/goleak", "github.com/rogpeppe/go-internal", "github.com/descope/virtualwebauthn"}

// Check reads every Go file below fsys (the module's root) and gives one sentence for each broken rule.
func Check(fsys fs.FS) ([]string, error) {
	var broken []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		broken = append(broken, checkFile(name, file)...)
		return nil
	})
	slices.Sort(broken)
	return slices.Compact(broken), err
}

func checkFile(name string, file *ast.File) []string {
	var broken []string
	pkg, test := filepath.ToSlash(path.Dir(name)), strings.HasSuffix(name, "_test.go")
	say := func(format string, args ...any) {
		broken = append(broken, name+": "+fmt.Sprintf(format, args...))
	}
	down, known := Down[pkg]
	if !known {
		say("package %s is not in the table of internal/archtest; say there what it may import", pkg)
	}
	owned := map[string]string{} // local name -> library
	for _, spec := range file.Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		own, ours := strings.CutPrefix(imp, module+"/")
		switch {
		case ours && test && (own == pkg || strings.HasPrefix(own, "internal/")):
		case ours && !allowed(down, own):
			say("%s imports %s, which is not below it", pkg, own)
		case ours, !strings.Contains(strings.Split(imp, "/")[0], "."):
		default:
			lib, owners := owner(imp)
			switch {
			case test || slices.ContainsFunc(Anywhere, func(a string) bool { return within(imp, a) }) && owners == nil:
			case slices.ContainsFunc(OnlyTests, func(a string) bool { return within(imp, a) }):
				say("%s uses %s outside of tests", pkg, imp)
			case owners == nil:
				say("%s uses %s, which has no owner in the table of internal/archtest", pkg, imp)
			case !slices.Contains(owners, pkg):
				say("%s uses %s, which belongs to %s", pkg, lib, strings.Join(owners, ", "))
			default:
				owned[localName(spec, imp)] = lib
			}
		}
	}
	if !test && file.Name.Name != "main" {
		for _, use := range exportedUses(file) {
			if lib, ok := owned[use.pkg]; ok {
				say("%s shows %s.%s of %s in an exported signature", pkg, use.pkg, use.name, lib)
			}
		}
	}
	return broken
}

func allowed(down []string, own string) bool {
	return slices.ContainsFunc(down, func(d string) bool {
		prefix, tree := strings.CutSuffix(d, "...")
		return own == d || tree && (prefix == "" || strings.HasPrefix(own+"/", prefix))
	})
}

func owner(imp string) (string, []string) {
	best := ""
	for lib := range Owner {
		if within(imp, lib) && len(lib) > len(best) {
			best = lib
		}
	}
	return best, Owner[best]
}

func within(imp, lib string) bool { return imp == lib || strings.HasPrefix(imp, lib+"/") }

// localName guesses the name of an imported package: its last element without a version.
func localName(spec *ast.ImportSpec, imp string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	base := path.Base(imp)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(imp))
	}
	return strings.TrimPrefix(base, "go-")
}

type use struct{ pkg, name string }

// exportedUses lists the qualified names in exported declarations: parameters, results, exported fields,
// methods of exported types, and types of exported variables.
func exportedUses(file *ast.File) []use {
	var uses []use
	look := func(n ast.Node) {
		if n == nil {
			return
		}
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.StructType:
				for _, f := range n.Fields.List {
					if len(f.Names) == 0 || slices.ContainsFunc(f.Names, (*ast.Ident).IsExported) {
						uses = append(uses, selectors(f.Type)...)
					}
				}
				return false
			case *ast.SelectorExpr:
				uses = append(uses, selectors(n)...)
				return false
			}
			return true
		})
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || exportedReceiver(d.Recv)) {
				look(d.Type)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						look(s.Type)
					}
				case *ast.ValueSpec:
					if s.Type != nil && slices.ContainsFunc(s.Names, (*ast.Ident).IsExported) {
						look(s.Type)
					}
				}
			}
		}
	}
	return uses
}

func selectors(n ast.Node) []use {
	var uses []use
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				uses = append(uses, use{x.Name, s.Sel.Name})
			}
		}
		return true
	})
	return uses
}

func exportedReceiver(recv *ast.FieldList) bool {
	exported := false
	ast.Inspect(recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.IsExported() {
			exported = true
		}
		return true
	})
	return exported
}
