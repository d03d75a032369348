// Package cluster starts the parts of a test cluster in order, watches over them and stops them.
package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"testcluster/internal/certificates"
	"testcluster/internal/isolate"
)

// Options say what a cluster has.
type Options struct {
	// Folder is made anew at every start: a cluster never begins with the state of an earlier one.
	Folder string
	// Programs is the folder of what was built.
	Programs string
	Engines  []string
	Nodes    []string
	GPUs     int
}

// startLimit bounds each wait of a start. A busy machine with two cores needs a third of it.
const startLimit = 2 * time.Minute

// cluster is one that runs or starts.
type cluster struct {
	Options
	began     time.Time
	authority *certificates.Authority
	starter   *isolate.Starter
	server    string // https://127.0.0.1:PORT
	parts     []*part
	ended     chan *part // those that ended by themselves
	stopping  chan struct{}
}

// Run starts a cluster, writes the file `ready` when it can be used, and stays until the context ends or a part does.
// Nothing that it started is alive when it returns.
func Run(ctx context.Context, options Options) error {
	c := &cluster{
		Options: options, began: time.Now(), starter: isolate.NewStarter(),
		ended: make(chan *part, 32), stopping: make(chan struct{}),
	}
	defer c.stop()
	if err := c.start(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(c.path("ready"), []byte(c.server+"\n"), 0o644); err != nil {
		return err
	}
	c.say("ready: KUBECONFIG=%s", c.kubeconfigPath("admin"))
	select {
	case <-ctx.Done():
		return nil
	case part := <-c.ended:
		return part.failure()
	}
}

func (c *cluster) start(ctx context.Context) error {
	if err := os.RemoveAll(c.Folder); err != nil {
		return err
	}
	for _, name := range []string{"logs", "etcd"} {
		if err := os.MkdirAll(c.path(name), 0o700); err != nil {
			return err
		}
	}
	if err := c.issueCertificates(); err != nil {
		return err
	}
	// Rendering takes seconds, in which the API server starts.
	rendered := make(chan rendering, 1)
	go func() { rendered <- c.renderEngines() }()
	if err := c.startControlPlane(ctx); err != nil {
		return err
	}
	result := <-rendered
	if result.err != nil {
		return result.err
	}
	return c.startEngines(ctx, result.engines)
}

func (c *cluster) path(names ...string) string {
	return filepath.Join(append([]string{c.Folder}, names...)...)
}

// waitForAnswer waits until an address answers with 200. It fails at once when a part of the cluster ends.
func (c *cluster) waitForAnswer(ctx context.Context, name, url string) error {
	client := &http.Client{
		Timeout: 2 * time.Second,
		// Nothing is sent or believed: this asks only whether the server is there.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	last := "no answer"
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		response, err := client.Get(url)
		if err == nil {
			body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				c.say("%s answers", name)
				return nil
			}
			last = string(body)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case part := <-c.ended:
			return part.failure()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s is not ready after %s: %s", name, startLimit, last)
}

func (c *cluster) say(format string, values ...any) {
	fmt.Printf("%6.1f s  %s\n", time.Since(c.began).Seconds(), fmt.Sprintf(format, values...))
}

// freePorts are ports of the loopback address that nobody listens on now.
func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		// All stay open until the last one is found, so that no port comes twice.
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
