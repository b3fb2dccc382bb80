package fakes

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// XML is any system that takes XML. Its traps: it takes nothing else, answers in XML, and does not know Idempotency-Key.
type XML struct {
	mu   sync.Mutex
	rows []xmlRow
}

type xmlRow struct {
	Id       string // as it writes it
	External string
	LastName string `xml:"Person>LastName"`
}

// Counts tells how many intakes are there.
func (x *XML) Counts() map[string]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return map[string]int{"intakes": len(x.rows)}
}

func (x *XML) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	w.Header().Set("Content-Type", "application/xml")
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "<Result><Intakes>")
		for _, one := range x.rows {
			if one.External == r.URL.Query().Get("external_id") {
				fmt.Fprintf(w, "<Intake><Id>%s</Id></Intake>", one.Id)
			}
		}
		_, _ = io.WriteString(w, "</Intakes></Result>")
		return
	}
	var in xmlRow
	b, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil || r.Header.Get("Content-Type") != "application/xml" || xml.Unmarshal(b, &in) != nil {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	if in.LastName == "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `<Errors><Error field="LastName">is missing</Error></Errors>`)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/intakes/"); ok && r.Method == http.MethodPut {
		for i := range x.rows {
			if x.rows[i].Id == id {
				x.rows[i].LastName = in.LastName
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	in.Id, in.External = fmt.Sprintf("X-%d", len(x.rows)+1), r.Header.Get("X-Referworks-Id")
	x.rows = append(x.rows, in)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, "<Intake><Id>%s</Id></Intake>", in.Id)
}
