// Command sandbox becomes another program, in a view of this machine that looks like a container.
//
// Its caller is root and starts it in mount and process namespaces of its own (package isolate). The files of this
// machine are the image, below a layer that takes what the process writes. It is a program of its own because the main
// one links all of Kubernetes: every pod would wait for that to load.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"testcluster/internal/isolate"
)

// Codes as a container runtime reports them.
const (
	cannotPrepare   = 125
	commandNotFound = 127
)

// openPath opens a file to mount it, not to read it. Package syscall lacks the name.
const openPath = 0x200000

// The kernel keeps the death signal for one thread, and the thread that starts the program must be that one.
func init() { runtime.LockOSThread() }

func main() {
	syscall.CloseOnExec(isolate.Begun)
	var spec isolate.Spec
	must(json.Unmarshal([]byte(os.Args[1]), &spec))
	enter(spec)
	become(spec)
}

// enter makes the view and moves into it.
func enter(spec isolate.Spec) {
	root := filepath.Join(spec.Folder, "root")
	written := filepath.Join(spec.Folder, "written")
	work := filepath.Join(spec.Folder, "work")
	for _, folder := range []string{root, written, work} {
		must(os.MkdirAll(folder, 0o755))
	}
	// Nothing that is mounted from here on shows outside.
	must(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	must(syscall.Mount("overlay", root, "overlay", 0, fmt.Sprintf("lowerdir=/,upperdir=%s,workdir=%s", written, work)))

	mounts := slices.Concat([]isolate.Mount{{Source: "/dev", Target: "/dev"}, {Source: "/sys", Target: "/sys"}}, separateFilesystems(root), spec.Mounts)
	// Sources are opened outside and mounted inside, where absolute symbolic links lead to the right place.
	sources := make([]int, len(mounts))
	for i, mount := range mounts {
		descriptor, err := syscall.Open(mount.Source, openPath|syscall.O_CLOEXEC, 0)
		if err != nil {
			must(fmt.Errorf("%s: %w", mount.Source, err))
		}
		sources[i] = descriptor
	}
	must(syscall.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""))
	must(syscall.Chroot(root))
	for i, mount := range mounts {
		if err := show(fmt.Sprintf("/proc/self/fd/%d", sources[i]), mount); err != nil {
			must(fmt.Errorf("%s: %w", mount.Target, err))
		}
	}
}

// show mounts a source at its target, which is made where it is missing.
func show(source string, mount isolate.Mount) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(mount.Target, 0o755)
	} else {
		err = makeFile(mount.Target)
	}
	if err != nil {
		return err
	}
	if err := syscall.Mount(source, mount.Target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if !mount.ReadOnly {
		return nil
	}
	// A bind mount takes this flag only when it is mounted again.
	return syscall.Mount("", mount.Target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// separateFilesystems are those that a layer over / does not contain, such as a /home or a /tmp of its own.
func separateFilesystems(root string) (mounts []isolate.Mount) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	must(err)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		path := fields[4]
		top := strings.Split(path, "/")[1]
		if path == "/" || strings.HasPrefix(path, root) || slices.Contains([]string{"proc", "sys", "dev", "run", "etc"}, top) {
			continue
		}
		if _, err := os.Stat(path); err == nil {
			mounts = append(mounts, isolate.Mount{Source: path, Target: path})
		}
	}
	return mounts
}

// become replaces this program by the one that was asked for.
func become(spec isolate.Spec) {
	directory := spec.WorkingDirectory
	if directory == "" {
		directory = "/"
	}
	must(os.MkdirAll(directory, 0o755))
	must(os.Chdir(directory))
	os.Clearenv()
	for _, variable := range spec.Environment {
		name, value, _ := strings.Cut(variable, "=")
		must(os.Setenv(name, value))
	}
	program, err := exec.LookPath(spec.Command[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "exec: %q: executable file not found in $PATH\n", spec.Command[0])
		os.Exit(commandNotFound)
	}
	must(syscall.Exec(program, spec.Command, spec.Environment))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(cannotPrepare)
	}
}
