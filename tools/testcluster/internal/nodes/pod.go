package nodes

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is one that runs here, or has run.
type pod struct {
	node       *node
	object     *corev1.Pod // as it was when it came; a pod's command never changes
	address    string
	folder     string
	started    metav1.Time
	containers map[string]*container

	stopping chan struct{} // closed when it is to end
	ended    chan struct{} // closed when nothing of it runs any more
	changed  chan struct{} // has room for one: a new status is to be written
	sidecars sync.WaitGroup

	mu         sync.Mutex // guards what follows, and the containers' states
	patience   time.Duration
	reason     string // why the pod failed, if it was not a container
	message    string
	deleting   bool
	conditions map[corev1.PodConditionType]corev1.PodCondition
}

// newPod knows the pod's containers. The caller holds the agent's lock.
func newPod(n *node, object *corev1.Pod) *pod {
	p := &pod{
		node: n, object: object, address: n.newAddress(), started: metav1.Now(),
		folder:     filepath.Join(n.Folder, "pods", string(object.UID)),
		containers: map[string]*container{},
		conditions: map[corev1.PodConditionType]corev1.PodCondition{},
		stopping:   make(chan struct{}), ended: make(chan struct{}), changed: make(chan struct{}, 1),
	}
	for i := range object.Spec.InitContainers {
		p.add(&object.Spec.InitContainers[i], true)
	}
	for i := range object.Spec.Containers {
		p.add(&object.Spec.Containers[i], false)
	}
	return p
}

func (p *pod) add(spec *corev1.Container, first bool) {
	c := &container{pod: p, spec: spec, first: first}
	c.status = corev1.ContainerStatus{Name: spec.Name, Image: spec.Image, ImageID: "process://" + spec.Image}
	c.status.State.Waiting = &corev1.ContainerStateWaiting{Reason: "PodInitializing"}
	p.containers[spec.Name] = c
}

// run lives as long as the pod does.
func (p *pod) run(ctx context.Context) {
	names := p.names()
	p.node.names.set(p.object.Namespace, p.address, names...)
	defer p.node.names.set(p.object.Namespace, "", names...)

	written := make(chan struct{})
	go func() {
		defer close(written)
		p.writeStatuses(ctx)
	}()
	if seconds := p.object.Spec.ActiveDeadlineSeconds; seconds != nil {
		deadline := time.AfterFunc(time.Duration(*seconds)*time.Second, p.exceedDeadline)
		defer deadline.Stop()
	}
	if p.runInitContainers(ctx) {
		var main sync.WaitGroup
		for i := range p.object.Spec.Containers {
			main.Go(func() { p.containers[p.object.Spec.Containers[i].Name].run(ctx) })
		}
		main.Wait()
	}
	p.stop(p.node.LongestStop) // sidecars end after the last of the others
	p.sidecars.Wait()
	close(p.ended)
	<-written
}

// names are what other pods of the namespace call it.
func (p *pod) names() []string {
	names := []string{p.hostname()}
	if subdomain := p.object.Spec.Subdomain; subdomain != "" {
		names = append(names, p.hostname()+"."+subdomain)
	}
	return names
}

func (p *pod) hostname() string {
	if p.object.Spec.Hostname != "" {
		return p.object.Spec.Hostname
	}
	return p.object.Name
}

// runInitContainers says whether all succeeded. Those that always restart are sidecars, which go on beside the rest.
func (p *pod) runInitContainers(ctx context.Context) bool {
	for i := range p.object.Spec.InitContainers {
		c := p.containers[p.object.Spec.InitContainers[i].Name]
		if isSidecar(c.spec) {
			p.sidecars.Go(func() { c.run(ctx) })
			continue
		}
		c.run(ctx)
		p.mu.Lock()
		terminated := c.status.State.Terminated
		p.mu.Unlock()
		if terminated == nil || terminated.ExitCode != 0 {
			return false
		}
	}
	return true
}

func isSidecar(spec *corev1.Container) bool {
	return spec.RestartPolicy != nil && *spec.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func (p *pod) exceedDeadline() {
	p.mu.Lock()
	p.reason = "DeadlineExceeded"
	p.message = "Pod was active on the node longer than the specified deadline"
	p.mu.Unlock()
	p.stop(p.node.LongestStop)
}

// stop asks every container to end. The first caller says how long they may take.
func (p *pod) stop(patience time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isStopping() {
		p.patience = min(patience, p.node.LongestStop)
		close(p.stopping)
	}
}

func (p *pod) isStopping() bool { return isClosed(p.stopping) }

// delete ends the pod, and confirms that when its last status is written.
func (p *pod) delete(ctx context.Context, patience time.Duration) {
	p.stop(patience)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deleting {
		return
	}
	p.deleting = true
	go func() {
		<-p.ended
		p.writeStatus(ctx)
		p.node.confirmDeletion(ctx, p.object)
	}()
}

// ready says whether a service may lead here.
func (p *pod) ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isStopping() {
		return false
	}
	for i := range p.object.Spec.Containers {
		if !p.containers[p.object.Spec.Containers[i].Name].status.Ready {
			return false
		}
	}
	return true
}

func isClosed(channel chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}
