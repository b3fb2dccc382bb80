package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// Limits of expressions. Time needs no clock: no expression can loop, so that nodes times text bounds it.
const (
	maxExpression       = 2000    // bytes of source
	maxExpressionNodes  = 200     // of its tree
	maxExpressionText   = 8 << 10 // bytes of each text that it sees or makes
	maxExpressionMemory = 1 << 16 // elements that it makes
)

// exprArgs are the arguments of "expr".
type exprArgs struct {
	Code string `json:"code"`
}

// expressionFunction is "expr": value is what came so far, values are the texts of several places.
type expressionFunction struct{ program *vm.Program }

func newExpression(a exprArgs) (spec, string) {
	program, _, sentence := compileExpression(a.Code, false)
	return spec{function: expressionFunction{program}, oneWay: true}, sentence
}

// compileExpression returns the program, and the paths that a condition reads with at("path").
func compileExpression(code string, condition bool) (program *vm.Program, paths []string, sentence string) {
	defer func() {
		if recover() != nil { // a library must not bring the compiler down
			program, sentence = nil, "the expression cannot be understood"
		}
	}()
	if strings.TrimSpace(code) == "" || len(code) > maxExpression {
		return nil, nil, fmt.Sprintf("the expression must have 1 to %d bytes", maxExpression)
	}
	watch := &watcher{condition: condition}
	options := append(expressionFunctions(), expr.DisableAllBuiltins(), expr.MaxNodes(maxExpressionNodes), expr.Patch(watch))
	if condition {
		options = append(options, expr.Env(map[string]any{"at": func(string) string { return "" }}), expr.AsBool())
	} else {
		options = append(options, expr.Env(map[string]any{"value": "", "values": []string{}}))
	}
	program, err := expr.Compile(code, options...)
	if watch.sentence != "" {
		return nil, nil, "the expression " + watch.sentence
	}
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\n")
		return nil, nil, "the expression cannot be understood: " + reason
	}
	return program, watch.paths, ""
}

// watcher refuses what could loop or grow, and collects the paths of at.
type watcher struct {
	condition bool
	paths     []string
	sentence  string
}

func (w *watcher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		w.sentence = "may not name values with let"
	case *ast.PredicateNode, *ast.PointerNode, *ast.SequenceNode:
		w.sentence = "may not loop or run in sequence"
	case *ast.BinaryNode:
		if n.Operator == ".." || n.Operator == "**" || n.Operator == "^" {
			w.sentence = "may not use the operator " + n.Operator
		}
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); !ok || name.Value != "at" || !w.condition {
			return
		}
		if len(n.Arguments) == 1 {
			if path, ok := n.Arguments[0].(*ast.StringNode); ok {
				w.paths = append(w.paths, path.Value)
				return
			}
		}
		w.sentence = `must write the path of at as a text, like at("status")`
	}
}

// expressionFunctions are all functions that an expression may call. None makes a text longer than the limit.
func expressionFunctions() []expr.Option {
	text := func(f func(string) string) func(...any) (any, error) {
		return func(p ...any) (any, error) { return capped(f(p[0].(string))) }
	}
	return []expr.Option{
		expr.Function("upper", text(strings.ToUpper), new(func(string) string)),
		expr.Function("lower", text(strings.ToLower), new(func(string) string)),
		expr.Function("trim", text(strings.TrimSpace), new(func(string) string)),
		expr.Function("digits", text(onlyDigits), new(func(string) string)),
		expr.Function("len", func(p ...any) (any, error) {
			if list, ok := p[0].([]string); ok {
				return len(list), nil
			}
			return len([]rune(p[0].(string))), nil
		}, new(func(string) int), new(func([]string) int)),
		expr.Function("split", func(p ...any) (any, error) { return strings.SplitN(p[0].(string), p[1].(string), 1000), nil }, new(func(string, string) []string)),
		expr.Function("join", func(p ...any) (any, error) {
			list, between := p[0].([]string), p[1].(string)
			n := len(between) * len(list)
			for _, s := range list {
				n += len(s)
			}
			if n > maxExpressionText {
				return nil, errTooLong
			}
			return strings.Join(list, between), nil
		}, new(func([]string, string) string)),
		expr.Function("replace", func(p ...any) (any, error) {
			s, old, now := p[0].(string), p[1].(string), p[2].(string)
			if len(s)+strings.Count(s, old)*len(now) > 2*maxExpressionText {
				return nil, errTooLong
			}
			return capped(strings.ReplaceAll(s, old, now))
		}, new(func(string, string, string) string)),
		expr.Function("number", func(p ...any) (any, error) { return strconv.ParseFloat(p[0].(string), 64) }, new(func(string) float64)),
		expr.Function("text", func(p ...any) (any, error) { return textOfResult(p[0]), nil }, new(func(any) string)),
	}
}

var errTooLong = fmt.Errorf("a text in the expression became longer than %d bytes", maxExpressionText)

func capped(s string) (any, error) {
	if len(s) > maxExpressionText {
		return nil, errTooLong
	}
	return s, nil
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func textOfResult(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// run evaluates a program and never panics: the library turns panics into errors.
func run(program *vm.Program, env map[string]any) (any, error) {
	machine := vm.VM{MemoryBudget: maxExpressionMemory}
	return machine.Run(program, env)
}

func (f expressionFunction) forward(c *call, v value) value {
	texts := v.list
	if texts == nil {
		texts = []string{v.text}
	}
	for _, s := range append(texts[:len(texts):len(texts)], v.text) {
		if len(s) > maxExpressionText {
			return c.fail("it is too long for the expression")
		}
	}
	text := v.text
	if v.kind == list && len(texts) > 0 {
		text = texts[0]
	}
	if len(texts) > 1000 {
		return c.fail("there are too many values for the expression")
	}
	result, err := run(f.program, map[string]any{"value": text, "values": texts})
	if err != nil {
		return c.fail("the expression failed") // the library's words could repeat the value
	}
	c.note(Normalized, "")
	switch result := result.(type) {
	case []string:
		if len(result) == 0 {
			return value{}
		}
		return value{kind: list, list: result}
	case []any, map[string]any:
		return c.fail("the expression gave neither a text, a number, yes or no, nor a list of texts")
	}
	text = textOfResult(result)
	if len(text) > maxExpressionText {
		return c.fail("the result of the expression is too long")
	}
	return textValue(text)
}

// back is the same: the rule has one direction, and the expression stands on its way.
func (f expressionFunction) back(c *call, v value) value { return f.forward(c, v) }
