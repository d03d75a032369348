package nodes

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	protocols "k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/tools/remotecommand"
	streaming "k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	longestExec    = time.Hour
	streamPatience = 30 * time.Second
)

// serve answers for logs and exec. It runs commands as root, so it hears only who has a certificate of this cluster.
func (a *agent) serve() error {
	folder := filepath.Join(a.Folder, "certificates")
	authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	routes := http.NewServeMux()
	routes.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", a.withContainer(serveLog))
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", a.withContainer(serveExec))
	server := &http.Server{
		Addr: fmt.Sprintf("127.0.0.1:%d", a.Port), Handler: routes, ReadHeaderTimeout: streamPatience,
		TLSConfig: &tls.Config{
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted,
			NextProtos: []string{"http/1.1"}, // exec takes over the connection, which HTTP/2 shares
		},
	}
	return server.ListenAndServeTLS(filepath.Join(folder, "node-server.crt"), filepath.Join(folder, "node-server.key"))
}

func (a *agent) withContainer(answer func(http.ResponseWriter, *http.Request, *container)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pod := a.pod(r.PathValue("namespace"), r.PathValue("pod"))
		if pod == nil || pod.containers[r.PathValue("container")] == nil {
			http.Error(w, "no such container runs here", http.StatusNotFound)
			return
		}
		if pod.node.lost() {
			http.Error(w, fmt.Sprintf("node %s is cut off", pod.node.name), http.StatusServiceUnavailable)
			return
		}
		answer(w, r, pod.containers[r.PathValue("container")])
	}
}

// serveLog answers what a container wrote, and with `follow` what it goes on to write.
func serveLog(w http.ResponseWriter, r *http.Request, c *container) {
	query := r.URL.Query()
	file, err := c.openLog(query.Get("previous") == "true")
	if err != nil {
		http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start", c.spec.Name, c.pod.object.Name), http.StatusBadRequest)
		return
	}
	defer file.Close()
	if lines := number(query, "tailLines"); lines >= 0 {
		if err := skipToLast(file, lines); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain")
	out := &selection{to: w, stamps: query.Get("timestamps") == "true", left: number(query, "limitBytes")}
	if seconds := number(query, "sinceSeconds"); seconds >= 0 {
		out.since = time.Now().Add(-time.Duration(seconds) * time.Second)
	} else if since, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil {
		out.since = since
	}
	reader := bufio.NewReader(file)
	for begun := ""; ; {
		over := !c.running() // asked before reading, so that nothing written until then is missed
		for {
			text, err := reader.ReadString('\n')
			begun += text
			if err != nil {
				break
			}
			if !out.write(strings.TrimSuffix(begun, "\n")) {
				return
			}
			begun = ""
		}
		_ = http.NewResponseController(w).Flush()
		if query.Get("follow") != "true" || over {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *container) running() bool {
	c.pod.mu.Lock()
	defer c.pod.mu.Unlock()
	return c.process != nil
}

// openLog opens the log of the current run, or of the one before. Between two runs the current one is the last.
func (c *container) openLog(previous bool) (*os.File, error) {
	c.pod.mu.Lock()
	restart := c.status.RestartCount
	c.pod.mu.Unlock()
	if previous {
		return os.Open(c.logPath(restart - 1))
	}
	file, err := os.Open(c.logPath(restart))
	if errors.Is(err, os.ErrNotExist) && restart > 0 {
		return os.Open(c.logPath(restart - 1))
	}
	return file, err
}

// skipToLast moves to the last lines of a file.
func skipToLast(file *os.File, lines int64) error {
	starts := []int64{} // of the last lines, and the one that begins at the end
	at := int64(0)
	for reader := bufio.NewReader(file); ; {
		text, err := reader.ReadString('\n')
		if err != nil {
			break
		}
		starts = append(starts, at)
		if int64(len(starts)) > lines {
			starts = starts[1:]
		}
		at += int64(len(text))
	}
	if len(starts) > 0 {
		at = starts[0]
	}
	_, err := file.Seek(at, io.SeekStart)
	return err
}

// selection writes those lines of a log that were asked for.
type selection struct {
	to     io.Writer
	since  time.Time
	stamps bool
	left   int64 // bytes; below zero means that there is no limit
	inside bool  // the line before was a piece, so this one has no time in front
}

// write says whether more is wanted.
func (s *selection) write(line string) bool {
	stamp, text := parse(line)
	if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil && at.Before(s.since) {
		return true
	}
	if s.stamps && !s.inside {
		text = stamp + " " + text
	}
	s.inside = !strings.HasSuffix(text, "\n")
	if s.left >= 0 {
		text = text[:min(int64(len(text)), s.left)]
		s.left -= int64(len(text))
	}
	_, err := io.WriteString(s.to, text)
	return err == nil && s.left != 0
}

// number is a whole number of a query, -1 if it has none.
func number(query url.Values, name string) int64 {
	value, err := strconv.ParseInt(query.Get(name), 10, 64)
	if err != nil || value < 0 {
		return -1
	}
	return value
}

func serveExec(w http.ResponseWriter, r *http.Request, c *container) {
	options, err := streaming.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	streaming.ServeExec(w, r, c, c.pod.object.Name, c.pod.object.UID, c.spec.Name, r.URL.Query()["command"], options,
		longestExec, streamPatience, protocols.SupportedStreamingProtocols)
}

// ExecInContainer runs a command beside the container's process. There are no terminals.
func (c *container) ExecInContainer(ctx context.Context, _ string, _ types.UID, _ string, arguments []string,
	in io.Reader, out, errors_ io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	command, err := c.entering(ctx, arguments)
	if err != nil {
		return err
	}
	command.Stdin, command.Stdout, command.Stderr = in, out, errors_
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return utilexec.CodeExitError{Err: err, Code: exit.ExitCode()}
	}
	return err
}
