package record

import (
	"errors"
	"fmt"
	"strings"
)

// The namespaces of SOAP envelopes, by version.
const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
)

// wsAddressing is the namespace of headers that say where a SOAP message goes and what its id is.
const wsAddressing = "http://www.w3.org/2005/08/addressing"

// Envelope is a SOAP message that was taken apart.
type Envelope struct {
	Version   string // "1.1" or "1.2"
	Document  []byte // what its body holds, as an XML document of its own in UTF-8
	MessageID string // of WS-Addressing: the same for a message that is sent again; often empty
	// NotUnderstood are the headers that whoever reads the message must understand, and that nothing here does. By SOAP's
	// own rule such a message is answered with a fault and not taken.
	NotUnderstood []string
}

// ErrNoEnvelope is a document that is no SOAP envelope, or one of a version that nobody here knows.
var ErrNoEnvelope = errors.New("the document is no SOAP 1.1 or 1.2 envelope")

// Unwrap takes a SOAP envelope apart (SOAP 1.1, and 1.2 part 1, section 5). The document must be the only element of its
// body. Everything that DecodeXML refuses is refused here, a DOCTYPE above all, which SOAP forbids too. Errors are
// ErrNoEnvelope, *SyntaxError, or say what is wrong with the envelope.
func Unwrap(b []byte, lim Limits) (*Envelope, error) {
	root, err := DecodeXML(b, lim)
	if err != nil {
		return nil, err
	}
	e := &Envelope{Version: map[string]string{soap11: "1.1", soap12: "1.2"}[root.Space]}
	if root.Name != "Envelope" || e.Version == "" {
		return nil, ErrNoEnvelope
	}
	var body *Node
	for _, c := range root.Children {
		switch {
		case c.Space != root.Space:
		case c.Name == "Header":
			e.header(c, root.Space)
		case c.Name == "Body" && body == nil:
			body = c
		case c.Name == "Body":
			return nil, errors.New("reading a SOAP envelope: it has two bodies")
		}
	}
	var document *Node
	if body != nil {
		for _, c := range body.Children {
			switch {
			case strings.HasPrefix(c.Name, "@"), c.Name == ContentName:
			case document != nil:
				return nil, errors.New("reading a SOAP envelope: its body holds several documents; send each by itself")
			default:
				document = c
			}
		}
	}
	if document == nil {
		return nil, errors.New("reading a SOAP envelope: its body holds no document")
	}
	e.Document, err = EncodeXML(document, nil)
	return e, err
}

// header reads the headers: the id of the message, and those that must be understood.
func (e *Envelope) header(h *Node, space string) {
	for _, c := range h.Children {
		if strings.HasPrefix(c.Name, "@") || c.Name == ContentName {
			continue
		}
		if c.Space == wsAddressing {
			if c.Name == "MessageID" && e.MessageID == "" {
				if e.MessageID = strings.TrimSpace(c.Text); !c.Leaf() {
					e.MessageID = strings.TrimSpace(c.Value(ContentName))
				}
			}
			continue
		}
		for _, a := range c.Children {
			if a.Name == "@mustUnderstand" && a.Space == space && (a.Text == "1" || a.Text == "true") && len(e.NotUnderstood) < 20 {
				e.NotUnderstood = append(e.NotUnderstood, clip(c.Name))
			}
		}
	}
}

// Fault is why a SOAP message was not taken.
type Fault struct {
	// Code is Client or Server as SOAP 1.1 says it (Sender and Receiver of 1.2), MustUnderstand or VersionMismatch.
	Code     string
	Sentence string
	Status   int // of HTTP, as the plain API would have answered; 0: not said
}

// faults12 are the codes of SOAP 1.2.
var faults12 = map[string]string{"Client": "Sender", "Server": "Receiver"}

// Wrap puts an answer, whose root has a name and a namespace, into an envelope of a version.
func Wrap(version string, answer *Node) ([]byte, error) {
	space := soap11
	if version == "1.2" {
		space = soap12
	}
	body := NewObject(answer).Named("Body")
	body.Space, body.Prefix = space, "soap"
	root := NewObject(body).Named("Envelope")
	root.Space, root.Prefix = space, "soap"
	return EncodeXML(root, nil)
}

// WrapFault writes a fault in an envelope of a version. The text that says why is ours and in English.
func WrapFault(version string, f Fault) ([]byte, error) {
	detail := NewObject()
	problem := detail.Add("Problem", NewObject())
	problem.Space = AnswerSpace
	if f.Status != 0 {
		problem.Add("Status", NewText(fmt.Sprint(f.Status))).Space = AnswerSpace
	}
	problem.Add("Sentence", NewText(f.Sentence)).Space = AnswerSpace
	fault := NewObject().Named("Fault")
	if version != "1.2" {
		fault.Space, fault.Prefix = soap11, "soap"
		fault.Add("faultcode", NewText("soap:"+f.Code))
		fault.Add("faultstring", NewText(f.Sentence))
		fault.Add("detail", detail)
		return Wrap(version, fault)
	}
	in := func(name string, n *Node) *Node {
		n.Name, n.Space, n.Prefix = name, soap12, "soap"
		return n
	}
	code := f.Code
	if c := faults12[code]; c != "" {
		code = c
	}
	text := in("Text", NewObject())
	lang := text.Add("@lang", NewText("en"))
	lang.Space, lang.Prefix = xmlSpace, "xml"
	text.Add(ContentName, NewText(f.Sentence))
	in("Fault", fault).Children = []*Node{
		in("Code", NewObject(in("Value", NewText("soap:"+code)))), in("Reason", NewObject(text)), in("Detail", detail),
	}
	return Wrap(version, fault)
}

// AnswerSpace is the namespace of our own answers in XML.
const AnswerSpace = "urn:referworks:answer:1"
