package rest

import (
	"net/http"
	"time"

	"referworks/bridges"
	"referworks/bridges/record"
)

// ReadIDs reads the ids at a place of an answer, and whether an answer without any says that there is nothing.
func ReadIDs(body []byte, place string) (found []string, nothing bool) {
	p, err := record.ParsePath(place)
	n := decode(body)
	if err != nil || n == nil {
		return nil, false
	}
	return ids(n, p), empty(n, p)
}

// Blamed is refusedField.
func Blamed(body []byte, d bridges.Document) string {
	return refusedField(Answer{Body: body}, d)
}

// RetryAfter reads a header's value.
func RetryAfter(value string, now time.Time) time.Duration {
	return retryAfter(http.Header{"Retry-After": {value}}, now)
}

// Expand fills a look-up template.
var Expand = expand
