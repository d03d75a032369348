package nodes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logged is the log of a container that wrote this.
func logged(t *testing.T, written string) *os.File {
	t.Helper()
	log, err := createLog(filepath.Join(t.TempDir(), "main.0.log"))
	if err != nil {
		t.Fatal(err)
	}
	log.copy(strings.NewReader(written))
	t.Cleanup(log.close)
	file, err := os.Open(log.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// read is what a client of the log gets.
func read(t *testing.T, file *os.File, out *selection) string {
	t.Helper()
	var got strings.Builder
	out.to = &got
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	at, err := file.Seek(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text[at:])) {
		if !out.write(strings.TrimSuffix(line, "\n")) {
			break
		}
	}
	return got.String()
}

func TestLogIsReadAsItWasWritten(t *testing.T) {
	long := strings.Repeat("x", 3*longestPiece+5)
	for name, written := range map[string]string{
		"lines":                     "one\ntwo\n",
		"empty lines":               "\n\nthree\n",
		"an end without a new line": "one\ntwo",
		"a line of several pieces":  long + "\nafter\n",
		"a progress bar":            "1 %\r2 %\r3 %\n",
		"nothing":                   "",
	} {
		t.Run(name, func(t *testing.T) {
			if got := read(t, logged(t, written), &selection{left: -1}); got != written {
				t.Errorf("read %d bytes %.40q, written were %d", len(got), got, len(written))
			}
		})
	}
}

func TestLogGivesItsLastLines(t *testing.T) {
	for lines, want := range map[int64]string{0: "", 1: "three\n", 2: "two\nthree\n", 3: "one\ntwo\nthree\n", 9: "one\ntwo\nthree\n"} {
		file := logged(t, "one\ntwo\nthree\n")
		if err := skipToLast(file, lines); err != nil {
			t.Fatal(err)
		}
		if got := read(t, file, &selection{left: -1}); got != want {
			t.Errorf("the last %d lines are %q, want %q", lines, got, want)
		}
	}
}

func TestLogStopsAtItsLimitOfBytes(t *testing.T) {
	if got := read(t, logged(t, "one\ntwo\n"), &selection{left: 5}); got != "one\nt" {
		t.Errorf("five bytes are %q", got)
	}
}

func TestLogLeavesOutWhatIsOlder(t *testing.T) {
	if got := read(t, logged(t, "one\n"), &selection{left: -1, since: time.Now().Add(time.Hour)}); got != "" {
		t.Errorf("nothing was written since, and %q was read", got)
	}
}

func TestLogSaysTheTimeOncePerLine(t *testing.T) {
	got := read(t, logged(t, strings.Repeat("x", longestPiece+5)+"\n"), &selection{left: -1, stamps: true})
	if spaces := strings.Count(got, " "); spaces != 1 {
		t.Errorf("%d times stand in one line", spaces)
	}
}

func TestEndOfALogIsBounded(t *testing.T) {
	file := logged(t, strings.Repeat("line\n", 100))
	end := (&log{file: file}).end()
	if want := strings.TrimSuffix(strings.Repeat("line\n", messageLines), "\n"); end != want {
		t.Errorf("the end has %d lines, want %d", strings.Count(end, "\n")+1, messageLines)
	}
}
