package nodes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"testcluster/internal/isolate"
)

// container is one container of a pod, over all of its restarts.
type container struct {
	pod   *pod
	spec  *corev1.Container
	first bool // an init container

	// Guarded by the pod's lock.
	status  corev1.ContainerStatus
	process *os.Process // while it runs
}

// notYet is why a container cannot start now. It is shown as the reason for which the container waits.
type notYet struct{ reason, message string }

func (e notYet) Error() string { return e.message }

const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// run starts the container again and again, until its restart policy says that it is over.
func (c *container) run(ctx context.Context) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		code, err := c.runOnce(ctx)
		if c.pod.isStopping() || err == nil && !c.restartsAfter(code) {
			return
		}
		c.change(func() {
			if err != nil {
				c.status.State = corev1.ContainerState{Waiting: waitingFor(err)}
				return
			}
			c.status.LastTerminationState = c.status.State
			c.status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason:  "CrashLoopBackOff",
				Message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", pause, c.spec.Name, c.pod.object.Name),
			}}
			c.status.RestartCount++
		})
		select {
		case <-c.pod.stopping:
			return
		case <-time.After(pause):
		}
	}
}

func (c *container) restartsAfter(code int32) bool {
	policy := c.pod.object.Spec.RestartPolicy
	switch {
	case isSidecar(c.spec):
		return true
	case policy == corev1.RestartPolicyNever:
		return false
	case policy == corev1.RestartPolicyOnFailure || c.first:
		return code != 0
	}
	return true
}

func waitingFor(err error) *corev1.ContainerStateWaiting {
	var known notYet
	if errors.As(err, &known) {
		return &corev1.ContainerStateWaiting{Reason: known.reason, Message: known.message}
	}
	return &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: err.Error()}
}

// runOnce runs the command to its end. An error means that it did not start.
func (c *container) runOnce(ctx context.Context) (int32, error) {
	command, err := c.command(ctx)
	if err != nil {
		return 0, err
	}
	c.pod.mu.Lock()
	restart := c.status.RestartCount
	c.pod.mu.Unlock()
	log, err := createLog(c.logPath(restart))
	if err != nil {
		return 0, err
	}
	defer log.close()
	stdout, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := c.pod.node.starter.StartInside(command); err != nil {
		return 0, err
	}
	started := c.noteStart(command.Process)
	over := make(chan struct{})
	go c.followReadiness(over)
	go c.endWithPod(command.Process, over)
	var readers sync.WaitGroup
	for _, stream := range []io.Reader{stdout, stderr} {
		readers.Go(func() { log.copy(stream) })
	}
	readers.Wait()
	_ = command.Wait() // what became of it is in its state
	close(over)
	return c.noteEnd(command, started, log), nil
}

func (c *container) noteStart(process *os.Process) metav1.Time {
	started, yes := metav1.Now(), true
	c.change(func() {
		c.process = process
		c.status.ContainerID = fmt.Sprintf("process://%d", process.Pid)
		c.status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: started}}
		c.status.Started = &yes
		c.status.Ready = c.spec.ReadinessProbe == nil
	})
	return started
}

func (c *container) noteEnd(command *exec.Cmd, started metav1.Time, log *log) int32 {
	end := &corev1.ContainerStateTerminated{
		ExitCode: int32(command.ProcessState.ExitCode()), Reason: "Completed", StartedAt: started, FinishedAt: metav1.Now(),
	}
	if state, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && state.Signaled() {
		end.Signal = int32(state.Signal())
		end.ExitCode = 128 + end.Signal // as a container runtime counts
	}
	if end.ExitCode != 0 {
		end.Reason = "Error"
		if c.spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
			end.Message = log.end()
		}
	}
	no := false
	c.change(func() {
		c.process = nil
		end.ContainerID = c.status.ContainerID
		c.status.Ready, c.status.Started = false, &no
		c.status.State = corev1.ContainerState{Terminated: end}
	})
	return end.ExitCode
}

// endWithPod asks the process to end when the pod is to stop, and kills it when it takes too long. The first process of
// a namespace hears only the signals that it handles, as in a container.
func (c *container) endWithPod(process *os.Process, over chan struct{}) {
	select {
	case <-over:
		return
	case <-c.pod.stopping:
	}
	_ = process.Signal(syscall.SIGTERM)
	select {
	case <-over:
	case <-time.After(c.pod.patience): // never changes after `stopping` is closed
		_ = process.Kill()
	}
}

// command is what the container runs, in its sandbox.
func (c *container) command(ctx context.Context) (*exec.Cmd, error) {
	if strings.HasPrefix(c.spec.Image, "missing.invalid/") {
		return nil, notYet{"ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q", c.spec.Image)}
	}
	written := append(append([]string{}, c.spec.Command...), c.spec.Args...)
	// Arguments alone would be those of a command that the image names.
	if len(written) == 0 || len(c.spec.Command) == 0 && !strings.Contains(written[0], "/") {
		return nil, notYet{"CreateContainerError", "this test cluster has no images, so the container needs a command"}
	}
	environment, err := c.environment(ctx)
	if err != nil {
		return nil, err
	}
	mounts, err := c.mounts(ctx, environment)
	if err != nil {
		return nil, err
	}
	for i, argument := range written {
		written[i] = environment.expand(argument)
	}
	folder := filepath.Join(c.pod.folder, "containers", c.spec.Name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return isolate.Command(c.pod.node.Programs, isolate.Spec{
		Folder: folder, Mounts: mounts, WorkingDirectory: c.spec.WorkingDir, Command: written, Environment: environment.list(),
	}), nil
}

// entering is a command that runs beside the container's process, in its namespaces.
func (c *container) entering(ctx context.Context, command []string) (*exec.Cmd, error) {
	c.pod.mu.Lock()
	defer c.pod.mu.Unlock()
	if c.process == nil {
		return nil, fmt.Errorf("container %s is not running", c.spec.Name)
	}
	// The root and the working directory of the process, so that the command sees its files.
	inside := []string{"--target", fmt.Sprint(c.process.Pid), "--mount", "--pid", "--root", "--wd", "--"}
	return exec.CommandContext(ctx, "nsenter", append(inside, command...)...), nil
}

// change changes the container's state and has the pod's status written.
func (c *container) change(apply func()) {
	c.pod.mu.Lock()
	apply()
	c.pod.mu.Unlock()
	c.pod.hasChanged()
}
