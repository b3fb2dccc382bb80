package rest_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"referworks/bridges"
	"referworks/bridges/rest"
)

// BenchmarkPush hands documents to a system on this machine, sixteen at a time as a node does: one that honors the
// Idempotency-Key, over connections that are kept, and one that does not, over a new connection for each.
func BenchmarkPush(b *testing.B) {
	for _, idempotent := range []string{"true", "false"} {
		b.Run("idempotent-"+idempotent, func(b *testing.B) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Location", "/intakes/7")
				w.WriteHeader(http.StatusCreated)
			}))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
			server.Start()
			defer server.Close()
			opened, err := rest.Kind().New(bridges.Config{AllowPrivate: true, Settings: map[string]string{"url": server.URL + "/intakes", "idempotent": idempotent}})
			if err != nil {
				b.Fatal(err)
			}
			sink := opened.(bridges.Sink)
			var n atomic.Int64
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					d := delivery()
					d.Key = fmt.Sprint("rw1abc/urn:uuid:1/", n.Add(1))
					if _, err := sink.Deliver(b.Context(), d); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
		})
	}
}
