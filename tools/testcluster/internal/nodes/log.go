package nodes

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A log is a file with a line for each line that a container wrote: the time, a mark, and the text. The mark says
// whether the line is whole. A piece of a longer one is continued by the next.
type log struct {
	mu   sync.Mutex
	file *os.File
}

const (
	whole = "F"
	piece = "P"
	// longestPiece bounds what is held in memory of a program that writes without ever ending a line.
	longestPiece = 16 * 1024
	messageLines = 15
)

func (c *container) logPath(restart int32) string {
	return filepath.Join(c.pod.folder, "logs", fmt.Sprintf("%s.%d.log", c.spec.Name, restart))
}

func createLog(path string) (*log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	return &log{file: file}, err
}

// copy writes what comes, line by line, until there is nothing more.
func (l *log) copy(from io.Reader) {
	reader := bufio.NewReaderSize(from, longestPiece)
	for {
		text, err := reader.ReadSlice('\n')
		if len(text) > 0 {
			mark := piece
			if text[len(text)-1] == '\n' {
				mark, text = whole, text[:len(text)-1]
			}
			l.mu.Lock()
			fmt.Fprintf(l.file, "%s %s %s\n", time.Now().UTC().Format(time.RFC3339Nano), mark, text)
			l.mu.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// end is the end of the log without its times.
func (l *log) end() string {
	text, err := os.ReadFile(l.file.Name())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	var end strings.Builder
	for _, line := range lines[max(0, len(lines)-messageLines):] {
		_, written := parse(line)
		end.WriteString(written)
	}
	return strings.TrimSuffix(end.String(), "\n")
}

func (l *log) close() { l.file.Close() }

// parse answers the time of a line of a log, and what the container wrote.
func parse(line string) (stamp, written string) {
	stamp, rest, _ := strings.Cut(line, " ")
	mark, written, _ := strings.Cut(rest, " ")
	if mark == whole {
		written += "\n"
	}
	return stamp, written
}
