package nodes

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// names stand in for the cluster's DNS: a file of addresses for each namespace, which its pods see as /etc/hosts.
type names struct {
	folder    string
	mu        sync.Mutex
	addresses map[string]map[string]string // by namespace and name
}

func newNames(folder string) *names {
	return &names{folder: folder, addresses: map[string]map[string]string{}}
}

func (n *names) file(namespace string) string { return filepath.Join(n.folder, namespace) }

// set lets names of a namespace lead to an address; an empty one removes them.
func (n *names) set(namespace, address string, list ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, exists := n.addresses[namespace]
	if !exists {
		known = map[string]string{}
		n.addresses[namespace] = known
	}
	before := maps.Clone(known)
	for _, name := range list {
		if address == "" {
			delete(known, name)
		} else {
			known[name] = address
		}
	}
	if exists && maps.Equal(before, known) {
		return
	}
	if err := n.write(namespace, known); err != nil {
		report("names of %s: %v", namespace, err)
	}
}

// write changes the file in place, because pods have this very file mounted, and never leaves it empty for a moment.
func (n *names) write(namespace string, known map[string]string) error {
	var text strings.Builder
	text.WriteString("127.0.0.1 localhost\n")
	for _, name := range slices.Sorted(maps.Keys(known)) {
		qualified := name + "." + namespace
		fmt.Fprintf(&text, "%s %s %s %s.svc %s.svc.cluster.local\n", known[name], name, qualified, qualified, qualified)
	}
	if err := os.MkdirAll(n.folder, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(n.file(namespace), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.WriteString(text.String()); err != nil {
		return err
	}
	return file.Truncate(int64(text.Len()))
}
