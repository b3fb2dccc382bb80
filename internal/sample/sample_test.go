package sample_test

import (
	"testing"

	"referworks/internal/sample"
)

func TestSamplesAreValid(t *testing.T) {
	to := sample.Org("Elm Street Elder Services")
	if err := sample.Full().ValidateFor(sample.Now, to); err != nil {
		t.Error(err)
	}
	if err := sample.Minimal().ValidateFor(sample.Now, to); err != nil {
		t.Error(err)
	}
}
