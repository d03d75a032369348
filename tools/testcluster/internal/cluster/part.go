package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// part is a process of the cluster.
type part struct {
	name    string
	command *exec.Cmd
	log     string
	over    chan struct{}
}

// startVerb starts a part that is this very program with another verb.
func (c *cluster) startVerb(name, verb string, flags ...string) error {
	return c.startPart(name, exec.Command(filepath.Join(c.Programs, "testcluster"), append([]string{verb}, flags...)...))
}

// startPart starts a process whose output goes to logs/NAME.log.
func (c *cluster) startPart(name string, command *exec.Cmd) error {
	part := &part{name: name, command: command, log: c.path("logs", name+".log"), over: make(chan struct{})}
	output, err := os.Create(part.log)
	if err != nil {
		return err
	}
	defer output.Close() // the process has its own
	command.Stdout, command.Stderr = output, output
	if err := c.starter.Start(command); err != nil {
		return fmt.Errorf("%s cannot be started: %w", name, err)
	}
	c.parts = append(c.parts, part)
	go func() {
		_ = command.Wait()
		close(part.over)
		select {
		case <-c.stopping:
		default:
			c.ended <- part
		}
	}()
	return nil
}

// stop ends the parts, the last one first, and waits for each.
func (c *cluster) stop() {
	close(c.stopping)
	for i := len(c.parts) - 1; i >= 0; i-- {
		part := c.parts[i]
		patience := 5 * time.Second
		if part.name == "apiserver" {
			patience = time.Second // it waits for clients that have watches open, and they do not end by themselves
		}
		_ = part.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-part.over:
		case <-time.After(patience):
			_ = part.command.Process.Kill()
			<-part.over
		}
	}
	_ = os.Remove(c.path("ready"))
	c.say("stopped")
}

// failure says which part ended and shows the end of its log.
func (p *part) failure() error {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("%s ended by itself (%v)", p.name, err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := bytes.Join(lines[max(0, len(lines)-15):], []byte("\n"))
	return fmt.Errorf("%s ended by itself. The end of %s:\n%s", p.name, p.log, last)
}
