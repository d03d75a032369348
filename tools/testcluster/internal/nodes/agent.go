// Package nodes plays the kubelets of all nodes of a test cluster, in one process. A container is a process of this
// machine.
package nodes

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	toolswatch "k8s.io/client-go/tools/watch"

	"testcluster/internal/isolate"
)

// Options say which nodes to play.
type Options struct {
	// Folder is the cluster's, with its certificates and kubeconfigs.
	Folder   string
	Programs string
	Names    []string
	GPUs     int64
	// Port answers the API server's requests for logs and exec.
	Port int
	// LongestStop bounds how long a pod may take to stop. Tests would wait half a minute for each otherwise.
	LongestStop time.Duration
}

// agent is what the nodes share.
type agent struct {
	Options
	api     *url.URL
	starter *isolate.Starter
	names   *names

	mu       sync.Mutex
	pods     map[types.NamespacedName]*pod
	services map[types.NamespacedName]*corev1.Service
	lastPod  int // how many addresses were given away
}

// Run plays the nodes until the process ends. Their pods end with it.
func Run(ctx context.Context, options Options) error {
	a := &agent{
		Options: options, starter: isolate.NewStarter(), names: newNames(filepath.Join(options.Folder, "hosts")),
		pods: map[types.NamespacedName]*pod{}, services: map[types.NamespacedName]*corev1.Service{},
	}
	for _, name := range options.Names {
		client, config, err := a.client("node-" + name)
		if err != nil {
			return err
		}
		if a.api, err = url.Parse(config.Host); err != nil {
			return err
		}
		n := &node{agent: a, name: name, client: client}
		if err := n.register(ctx); err != nil {
			return fmt.Errorf("node %s: %w", name, err)
		}
		go n.stayAlive(ctx)
		go n.followPods(ctx)
	}
	// Names and volumes are no node's work in a real cluster: these two act for its DNS and for its storage.
	administrator, _, err := a.client("admin")
	if err != nil {
		return err
	}
	go a.followServices(administrator)
	provisioner := &provisioner{client: administrator, folder: filepath.Join(options.Folder, "volumes")}
	if err := provisioner.start(ctx); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return a.serve()
}

func (a *agent) client(identity string) (kubernetes.Interface, *rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(a.Folder, identity+".kubeconfig"))
	if err != nil {
		return nil, nil, err
	}
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	return client, config, err
}

func (a *agent) pod(namespace, name string) *pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pods[types.NamespacedName{Namespace: namespace, Name: name}]
}

// newAddress is a loopback address of its own for every pod, so that two ranks can use the same port. The caller holds
// the lock.
func (a *agent) newAddress() string {
	a.lastPod++
	return fmt.Sprintf("127.1.%d.%d", a.lastPod/250%250, a.lastPod%250+1)
}

// followServices keeps the names of services up to date.
func (a *agent) followServices(client kubernetes.Interface) {
	for event := range follow(client.CoreV1().RESTClient(), "services", fields.Everything(), &corev1.Service{}) {
		service, ok := event.Object.(*corev1.Service)
		if !ok {
			continue
		}
		key := types.NamespacedName{Namespace: service.Namespace, Name: service.Name}
		a.mu.Lock()
		if event.Type == watch.Deleted {
			delete(a.services, key)
			a.names.set(key.Namespace, "", key.Name)
		} else {
			a.services[key] = service
		}
		a.mu.Unlock()
		a.nameServices()
	}
}

// nameServices lets each service's name lead to one of its ready pods. Nothing balances load or maps ports, and there
// are no EndpointSlices: Kubernetes allows no loopback addresses in them.
func (a *agent) nameServices() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, service := range a.services {
		selector := labels.SelectorFromSet(service.Spec.Selector)
		address, chosen := "", ""
		for podKey, pod := range a.pods {
			// The first by name: a service must not move between pods that are all ready.
			candidate := podKey.Namespace == key.Namespace && (chosen == "" || podKey.Name < chosen)
			if candidate && len(service.Spec.Selector) > 0 && selector.Matches(labels.Set(pod.object.Labels)) && pod.ready() {
				address, chosen = pod.address, podKey.Name
			}
		}
		a.names.set(key.Namespace, address, key.Name)
	}
}

// follow lists and watches, and starts again by itself after an interruption.
func follow(client cache.Getter, resource string, selector fields.Selector, kind runtime.Object) <-chan watch.Event {
	source := cache.NewListWatchFromClient(client, resource, "", selector)
	_, _, watcher, _ := toolswatch.NewIndexerInformerWatcher(source, kind)
	return watcher.ResultChan()
}

func report(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format("15:04:05.000"), fmt.Sprintf(format, values...))
}
