package bench_test

import (
	"os"
	"testing"

	"qixian/cmd/internal/burst"
)

func TestMain(m *testing.M) { os.Exit(burst.Build(m)) }
