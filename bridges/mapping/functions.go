package mapping

import (
	"reflect"
	"strings"
)

// functionNames lists the functions of this version, for "did you mean".
var functionNames = []string{"text", "name", "date", "datetime", "phone", "email", "bool", "number", "value", "constant", "default", "join", "split", "list",
	"concat", "address", "money", "period", "lookup", "id", "attachment", "expr"}

// fillArgs are the arguments of "constant" and "default".
type fillArgs struct {
	Value string `json:"value"`
}

// build makes one step of a pipeline. The sentence says what is wrong with it, without a capital and a full stop.
func (k *compiler) build(step Step, at string) (spec, string) {
	switch step.Fn {
	case "text":
		return arguments(k, step, at, newText)
	case "name":
		return arguments(k, step, at, newName)
	case "date":
		return arguments(k, step, at, newDate)
	case "datetime":
		return arguments(k, step, at, func(a datetimeArgs) (spec, string) { return newDatetime(a, &k.doc.Side) })
	case "phone":
		return arguments(k, step, at, func(a phoneArgs) (spec, string) { return newPhone(a, &k.doc.Side) })
	case "email":
		return arguments(k, step, at, func(struct{}) (spec, string) { return spec{function: emailFunction{}}, "" })
	case "bool":
		return arguments(k, step, at, newBool)
	case "number":
		return arguments(k, step, at, newNumber)
	case "value":
		return arguments(k, step, at, func(a valueArgs) (spec, string) {
			t, sentence := k.tableOf(a)
			return spec{function: tableFunction{t}, table: true}, sentence
		})
	case "lookup":
		return arguments(k, step, at, func(a valueArgs) (spec, string) {
			t, sentence := k.tableOf(a)
			return spec{function: lookupFunction{tableFunction{t}}}, sentence
		})
	case "address":
		return arguments(k, step, at, newAddress)
	case "money":
		return arguments(k, step, at, newMoney)
	case "period":
		return arguments(k, step, at, newPeriod)
	case "id":
		return arguments(k, step, at, newID)
	case "attachment":
		return arguments(k, step, at, newAttachment)
	case "expr":
		return arguments(k, step, at, newExpression)
	case "concat":
		return arguments(k, step, at, newConcat)
	case "constant", "default":
		return arguments(k, step, at, func(a fillArgs) (spec, string) {
			if a.Value == "" {
				return spec{}, `"value" must say what is filled in`
			}
			return spec{function: fixed{}, fills: a.Value, always: step.Fn == "constant"}, ""
		})
	case "join", "split":
		return arguments(k, step, at, func(a joinArgs) (spec, string) { return newJoin(a, step.Fn == "split") })
	case "list":
		return arguments(k, step, at, func(struct{}) (spec, string) { return spec{function: listFunction{}, many: true}, "" })
	}
	return spec{}, "the function " + quote(step.Fn) + " is not known here" + nearestHint(step.Fn, functionNames)
}

func (k *compiler) tableOf(a valueArgs) (*table, string) {
	t := k.tables[a.Table]
	if t == nil {
		return nil, "the value table " + quote(a.Table) + " is not in the document" + nearestHint(a.Table, sortedKeys(k.tables))
	}
	return t, ""
}

// arguments reads the arguments of a step strictly and makes the function of them.
func arguments[A any](k *compiler, step Step, at string, make func(A) (spec, string)) (spec, string) {
	var a A
	var p Problems
	if step.Args != nil {
		read(step.Args, reflect.ValueOf(&a).Elem(), "", &p)
	}
	if len(p.All) > 0 {
		sentence := strings.TrimSuffix(p.All[0].Sentence, ".")
		return spec{}, "the function " + quote(step.Fn) + ": " + strings.Replace(sentence, "The document has", "it has", 1)
	}
	s, sentence := make(a)
	if sentence != "" {
		sentence = "the function " + quote(step.Fn) + ": " + sentence
	}
	return s, sentence
}
