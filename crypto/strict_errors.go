package crypto

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// withoutValues gives what a decoder's error may say outside: where, and of what kind, never a value or a name that
// the sender chose.
func withoutValues(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return errors.New("a member stands twice")
		default:
			return errors.New("it is not valid JSON")
		}
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if errors.Is(err, json.ErrUnknownName) {
			return errors.New("it has a member that this version does not know")
		}
		if semantic.GoType != nil {
			return errors.New("a member is not a valid " + semantic.GoType.String())
		}
	}
	return errors.New("it does not fit what is read")
}
