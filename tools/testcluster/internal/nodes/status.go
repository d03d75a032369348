package nodes

import (
	"context"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// writeStatuses writes the pod's status whenever it changes, and a last time after its end.
func (p *pod) writeStatuses(ctx context.Context) {
	for {
		ended := isClosed(p.ended) // asked first, so that the status below has what happened until then
		p.writeStatus(ctx)
		p.node.nameServices()
		if ended {
			return
		}
		select {
		case <-p.changed:
		case <-p.ended:
		}
	}
}

// hasChanged has the status written soon.
func (p *pod) hasChanged() {
	select {
	case p.changed <- struct{}{}:
	default: // it is about to be written anyway
	}
}

// writeStatus repeats until the API server has it, or has no such pod any more.
func (p *pod) writeStatus(ctx context.Context) {
	for {
		p.node.waitWhileLost()
		p.mu.Lock()
		status := p.status()
		p.mu.Unlock()
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.object.UID}, "status": status})
		if err == nil {
			_, err = p.node.client.CoreV1().Pods(p.object.Namespace).Patch(ctx, p.object.Name,
				types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		}
		// A conflict means that another pod has the name now.
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		report("status of %s/%s: %v", p.object.Namespace, p.object.Name, err)
		time.Sleep(500 * time.Millisecond)
	}
}

// summary is what the containers' states say about the pod.
type summary struct {
	initialized bool // every init container that ends has succeeded
	ready       bool // every container is
	began       bool // at least one runs, or did
	terminated  bool // every container is
	failed      bool // something ended with another code than 0, and for good
}

// status is the pod's status now. The caller holds the lock.
func (p *pod) status() corev1.PodStatus {
	status := corev1.PodStatus{
		Phase: corev1.PodPending, Reason: p.reason, Message: p.message, StartTime: &p.started,
		HostIP: "127.0.0.1", HostIPs: []corev1.HostIP{{IP: "127.0.0.1"}},
		PodIP: p.address, PodIPs: []corev1.PodIP{{IP: p.address}},
	}
	found := summary{initialized: true, ready: true, terminated: true, failed: p.reason != ""}
	for i := range p.object.Spec.InitContainers {
		c := p.containers[p.object.Spec.InitContainers[i].Name]
		status.InitContainerStatuses = append(status.InitContainerStatuses, c.status)
		found.addInit(c, p.object.Spec.RestartPolicy)
	}
	for i := range p.object.Spec.Containers {
		c := p.containers[p.object.Spec.Containers[i].Name]
		status.ContainerStatuses = append(status.ContainerStatuses, c.status)
		found.add(c)
	}
	ended := isClosed(p.ended)
	switch {
	case ended && (found.failed || !found.terminated):
		status.Phase = corev1.PodFailed
	case ended:
		status.Phase = corev1.PodSucceeded
	case found.initialized && (found.began || found.terminated):
		status.Phase = corev1.PodRunning
	}
	status.Conditions = p.conditionsFor(found, ended)
	return status
}

func (s *summary) addInit(c *container, policy corev1.RestartPolicy) {
	if isSidecar(c.spec) {
		return
	}
	terminated := c.status.State.Terminated
	if terminated != nil && terminated.ExitCode == 0 {
		return
	}
	s.initialized = false
	if terminated != nil && policy == corev1.RestartPolicyNever {
		s.failed = true
	}
}

func (s *summary) add(c *container) {
	state := c.status.State
	s.ready = s.ready && c.status.Ready
	s.began = s.began || state.Running != nil || c.status.RestartCount > 0
	s.terminated = s.terminated && state.Terminated != nil
	if state.Terminated != nil && state.Terminated.ExitCode != 0 {
		s.failed = true
	}
}

// conditionsFor keeps the time of those that did not change. The caller holds the lock.
func (p *pod) conditionsFor(found summary, ended bool) (conditions []corev1.PodCondition) {
	reason := "ContainersNotReady"
	if ended {
		reason = "PodCompleted"
	}
	values := []struct {
		kind  corev1.PodConditionType
		value bool
	}{
		{corev1.PodReadyToStartContainers, !ended},
		{corev1.PodInitialized, found.initialized},
		{corev1.ContainersReady, found.ready && !ended},
		{corev1.PodReady, found.ready && !ended},
	}
	now := metav1.Now()
	for _, one := range values {
		condition := corev1.PodCondition{Type: one.kind, Status: corev1.ConditionTrue, LastTransitionTime: now}
		if !one.value {
			condition.Status, condition.Reason = corev1.ConditionFalse, reason
		}
		if before, known := p.conditions[one.kind]; known && before.Status == condition.Status {
			condition.LastTransitionTime = before.LastTransitionTime
		}
		p.conditions[one.kind] = condition
		conditions = append(conditions, condition)
	}
	return conditions
}
