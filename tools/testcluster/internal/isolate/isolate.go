// Package isolate starts a process that sees mounts and process numbers of its own.
package isolate

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// Spec is what the program `sandbox` is told, as JSON, in its only argument.
type Spec struct {
	// Folder is where the sandbox keeps what the process writes beside its mounts.
	Folder string
	// Mounts are shown in this order.
	Mounts           []Mount
	WorkingDirectory string
	Command          []string
	Environment      []string
}

// Mount shows a file or folder of this machine at another path.
type Mount struct {
	Source, Target string
	ReadOnly       bool
}

// Command is a command that runs in a sandbox. The program lies among `programs`.
func Command(programs string, spec Spec) *exec.Cmd {
	text, err := json.Marshal(spec)
	if err != nil {
		panic(err) // strings and lists of them always become JSON
	}
	command := exec.Command(filepath.Join(programs, "sandbox"), string(text))
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	return command
}

// Starter starts processes that the kernel kills when this one ends, however it ends.
type Starter struct {
	requests chan func()
}

// NewStarter keeps one thread for all starts. The kernel ties a child's death signal to the thread that made it, and Go
// may end a thread at any time.
func NewStarter() *Starter {
	starter := &Starter{requests: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for start := range starter.requests {
			start()
		}
	}()
	return starter
}

// Start starts a command. Ctrl-C in a terminal does not reach it: the cluster stops its parts in order.
func (s *Starter) Start(command *exec.Cmd) error {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	result := make(chan error)
	s.requests <- func() { result <- command.Start() }
	return <-result
}

// StartInside starts a command of a sandbox and returns once its program has begun, or the sandbox has failed to make
// its view. Before that, whoever enters its namespaces would see this machine's own files.
func (s *Starter) StartInside(command *exec.Cmd) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close()
	command.ExtraFiles = []*os.File{writer} // becomes Begun
	err = s.Start(command)
	writer.Close()
	if err != nil {
		return err
	}
	// The sandbox holds the other end and never writes. It is closed when the program begins.
	_, err = io.Copy(io.Discard, reader)
	return err
}

// Begun is the file of a sandbox that must close when its program begins.
const Begun = 3
