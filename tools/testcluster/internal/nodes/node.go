package nodes

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-base/version"
)

// node is one node's identity. The API server shows it its own pods and what they refer to, and nothing else.
type node struct {
	*agent
	name   string
	client kubernetes.Interface
}

const (
	leaseSeconds = 40
	renewEvery   = 10 * time.Second
)

// register makes the node and says that it is ready. Processors and memory are numbers for the scheduler: nothing
// enforces them.
func (n *node) register(ctx context.Context) error {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("512Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("200"),
	}
	labels := map[string]string{
		corev1.LabelHostname: n.name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: runtime.GOARCH,
	}
	if n.GPUs > 0 {
		capacity["nvidia.com/gpu"] = *resource.NewQuantity(n.GPUs, resource.DecimalSI)
		// As NVIDIA's feature discovery writes them.
		labels["nvidia.com/gpu.present"] = "true"
		labels["nvidia.com/gpu.product"] = "NVIDIA-H200"
	}
	created := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.name, Labels: labels}}
	_, err := n.client.CoreV1().Nodes().Create(ctx, created, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return n.sayReady(ctx, capacity)
}

// sayReady writes the node's whole status.
func (n *node) sayReady(ctx context.Context, capacity corev1.ResourceList) error {
	now := metav1.Now()
	status := corev1.NodeStatus{
		Capacity: capacity, Allocatable: capacity,
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}, {Type: corev1.NodeHostName, Address: n.name},
		},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(n.Port)}},
		NodeInfo: corev1.NodeSystemInfo{
			OperatingSystem: "linux", Architecture: runtime.GOARCH,
			KubeletVersion: version.Get().GitVersion + "-process", ContainerRuntimeVersion: "process://1",
		},
	}
	for condition, value := range map[corev1.NodeConditionType]corev1.ConditionStatus{
		corev1.NodeReady: corev1.ConditionTrue, corev1.NodeMemoryPressure: corev1.ConditionFalse,
		corev1.NodeDiskPressure: corev1.ConditionFalse, corev1.NodePIDPressure: corev1.ConditionFalse,
	} {
		status.Conditions = append(status.Conditions, corev1.NodeCondition{
			Type: condition, Status: value, Reason: "ProcessKubelet", LastHeartbeatTime: now, LastTransitionTime: now,
		})
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = n.client.CoreV1().Nodes().PatchStatus(ctx, n.name, patch)
	return err
}

// lost says whether a test has cut this node off, by a file `down-NAME` in the cluster's folder. Such a node reports
// nothing and hears nothing. Its processes go on, as those of a machine without a network do.
func (n *node) lost() bool {
	_, err := os.Stat(filepath.Join(n.Folder, "down-"+n.name))
	return err == nil
}

func (n *node) waitWhileLost() {
	for n.lost() {
		time.Sleep(500 * time.Millisecond)
	}
}

// stayAlive shows that the node is there.
func (n *node) stayAlive(ctx context.Context) {
	for ; ; time.Sleep(renewEvery) {
		n.waitWhileLost()
		if err := n.renewLease(ctx); err != nil {
			report("lease of %s: %v", n.name, err)
		}
		if err := n.comeBack(ctx); err != nil {
			report("status of node %s: %v", n.name, err)
		}
	}
}

// comeBack says that the node is ready after Kubernetes took it for dead: a lease alone does not change its mind.
func (n *node) comeBack(ctx context.Context) error {
	now, err := n.client.CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range now.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			// Kubernetes called its pods unready too.
			defer n.repeatStatuses()
			return n.sayReady(ctx, now.Status.Capacity)
		}
	}
	return nil
}

func (n *node) repeatStatuses() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, pod := range n.pods {
		if pod.node == n {
			pod.hasChanged()
		}
	}
}

func (n *node) renewLease(ctx context.Context) error {
	leases := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now, seconds := metav1.NowMicro(), int32(leaseSeconds)
	lease, err := leases.Get(ctx, n.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: n.name},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &n.name, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease.Spec.RenewTime = &now
	_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}

// followPods starts the pods that the scheduler gave to this node, and ends those that are deleted.
func (n *node) followPods(ctx context.Context) {
	mine := fields.OneTermEqualSelector("spec.nodeName", n.name)
	for event := range follow(n.client.CoreV1().RESTClient(), "pods", mine, &corev1.Pod{}) {
		if object, ok := event.Object.(*corev1.Pod); ok {
			n.waitWhileLost()
			n.heed(ctx, object, event.Type == watch.Deleted)
		}
	}
}

func (n *node) heed(ctx context.Context, object *corev1.Pod, gone bool) {
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	n.mu.Lock()
	running := n.pods[key]
	if running != nil && (gone || running.object.UID != object.UID) {
		running.stop(0)
		delete(n.pods, key)
		running = nil
	}
	ended := object.Status.Phase == corev1.PodSucceeded || object.Status.Phase == corev1.PodFailed
	if running == nil && !gone && !ended && object.DeletionTimestamp == nil {
		running = newPod(n, object)
		n.pods[key] = running
		go running.run(ctx)
	}
	n.mu.Unlock()
	if gone || object.DeletionTimestamp == nil {
		return
	}
	if running == nil { // it never began here
		go n.confirmDeletion(ctx, object)
		return
	}
	running.delete(ctx, time.Duration(*object.DeletionGracePeriodSeconds)*time.Second)
}

// confirmDeletion removes the object for good: the API server keeps it until its node says that nothing runs any more.
func (n *node) confirmDeletion(ctx context.Context, object *corev1.Pod) {
	n.waitWhileLost()
	now := int64(0)
	err := n.client.CoreV1().Pods(object.Namespace).Delete(ctx, object.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &object.UID},
	})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		report("deletion of %s/%s: %v", object.Namespace, object.Name, err)
	}
}
