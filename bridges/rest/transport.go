package rest

import (
	"crypto/tls"
	"net/http"
	"time"

	"referworks/bridges"
)

// NewTransport returns an HTTP/1.1 transport that dials through the guard and nothing else: no proxy from the
// environment, no transparent decompression, TLS 1.2 or newer, bounded header sizes and waits. A nil config means
// the system's certificate authorities. The caller bounds the whole request by its context.
func NewTransport(g bridges.Guard, cfg *tls.Config) *http.Transport {
	if cfg == nil {
		cfg = &tls.Config{}
	} else {
		cfg = cfg.Clone()
	}
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            g.Dialer().DialContext,
		TLSClientConfig:        cfg,
		TLSHandshakeTimeout:    10 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		Protocols:              protocols,
	}
}
