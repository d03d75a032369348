package nodes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

const (
	// storageClass is the default one: a claim that names no class gets a folder.
	storageClass = "folders"
	// provisionerName is how storage classes name the code below.
	provisionerName = "testcluster.invalid/folders"

	isDefaultClass = "storageclass.kubernetes.io/is-default-class"
	// askedOf is on a claim when Kubernetes wants the named provisioner to make a volume for it.
	askedOf = "volume.kubernetes.io/storage-provisioner"
	// madeBy keeps Kubernetes from removing a volume itself.
	madeBy = "pv.kubernetes.io/provisioned-by"
)

// provisioner makes a folder for every claim on persistent storage, and removes it as the storage class says.
//
// A folder outlives every pod, and every node has it: all nodes are this machine. Kubernetes' own controller binds claim
// and volume, so what a test sees of both is real. Nothing bounds a folder's size.
type provisioner struct {
	client kubernetes.Interface
	folder string
}

func (s *provisioner) start(ctx context.Context) error {
	policy := corev1.PersistentVolumeReclaimDelete
	class := &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: storageClass, Annotations: map[string]string{isDefaultClass: "true"}},
		Provisioner: provisionerName, ReclaimPolicy: &policy,
	}
	_, err := s.client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	go s.followClaims(ctx)
	go s.followVolumes(ctx)
	return nil
}

func (s *provisioner) followClaims(ctx context.Context) {
	client := s.client.CoreV1().RESTClient()
	for event := range follow(client, "persistentvolumeclaims", fields.Everything(), &corev1.PersistentVolumeClaim{}) {
		claim, ok := event.Object.(*corev1.PersistentVolumeClaim)
		wanted := ok && event.Type != watch.Deleted && claim.DeletionTimestamp == nil &&
			claim.Spec.VolumeName == "" && claim.Annotations[askedOf] == provisionerName
		if !wanted {
			continue
		}
		if err := s.provide(ctx, claim); err != nil {
			s.complain(ctx, claim, err)
		}
	}
}

// provide makes a volume for a claim. Its name comes from the claim's id, so asking twice makes one.
func (s *provisioner) provide(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if mode := claim.Spec.VolumeMode; mode != nil && *mode == corev1.PersistentVolumeBlock {
		return fmt.Errorf("a folder cannot be a block device; ask for volumeMode Filesystem")
	}
	class, err := s.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	name := "pvc-" + string(claim.UID)
	path := filepath.Join(s.folder, name)
	// Programs in pods may change their user, and there is no fsGroup here that would help them.
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o777); err != nil {
		return err
	}
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{madeBy: provisionerName}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:               corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:            claim.Spec.AccessModes,
			VolumeMode:             claim.Spec.VolumeMode,
			StorageClassName:       class.Name,
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}},
			// Meant for this claim: another one that fits must not take it.
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
		},
	}
	if class.ReclaimPolicy != nil {
		volume.Spec.PersistentVolumeReclaimPolicy = *class.ReclaimPolicy
	}
	_, err = s.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// complain says on the claim why it has no volume, where `kubectl describe` shows it.
func (s *provisioner) complain(ctx context.Context, claim *corev1.PersistentVolumeClaim, reason error) {
	report("claim %s/%s: %v", claim.Namespace, claim.Name, reason)
	now := metav1.Now()
	_, err := s.client.CoreV1().Events(claim.Namespace).Create(ctx, &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: claim.Name + ".", Namespace: claim.Namespace},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
		},
		Type: corev1.EventTypeWarning, Reason: "ProvisioningFailed", Message: reason.Error(),
		Source: corev1.EventSource{Component: provisionerName}, FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}, metav1.CreateOptions{})
	if err != nil {
		report("event for claim %s/%s: %v", claim.Namespace, claim.Name, err)
	}
}

// followVolumes removes the volumes of claims that are gone, unless their class keeps them.
func (s *provisioner) followVolumes(ctx context.Context) {
	client := s.client.CoreV1().RESTClient()
	for event := range follow(client, "persistentvolumes", fields.Everything(), &corev1.PersistentVolume{}) {
		volume, ok := event.Object.(*corev1.PersistentVolume)
		over := ok && event.Type != watch.Deleted && volume.DeletionTimestamp == nil &&
			volume.Status.Phase == corev1.VolumeReleased && volume.Annotations[madeBy] == provisionerName &&
			volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
		if !over {
			continue
		}
		// By its name: the path in the object can be changed by whoever may write volumes.
		if err := os.RemoveAll(filepath.Join(s.folder, volume.Name)); err != nil {
			report("volume %s: %v", volume.Name, err)
			continue
		}
		err := s.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			report("volume %s: %v", volume.Name, err)
		}
	}
}

// persistent finds the folder of a claim, with the node's rights. Before the claim is bound there is none.
func (p *pod) persistent(ctx context.Context, claimName string, readOnly bool) (source, error) {
	claim, err := p.node.client.CoreV1().PersistentVolumeClaims(p.object.Namespace).Get(ctx, claimName, metav1.GetOptions{})
	if err != nil {
		return source{}, err
	}
	if claim.Status.Phase != corev1.ClaimBound {
		return source{}, fmt.Errorf("the claim %s is %s, not bound", claimName, claim.Status.Phase)
	}
	volume, err := p.node.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return source{}, err
	}
	switch {
	case volume.Spec.HostPath != nil:
		found, err := hostPath(volume.Spec.HostPath)
		found.readOnly = readOnly
		return found, err
	case volume.Spec.Local != nil:
		_, err := os.Stat(volume.Spec.Local.Path)
		return source{path: volume.Spec.Local.Path, readOnly: readOnly}, err
	}
	return source{}, fmt.Errorf("volume %s is neither hostPath nor local, and this test cluster plays no other kind", volume.Name)
}
