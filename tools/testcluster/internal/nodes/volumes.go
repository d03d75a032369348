package nodes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"testcluster/internal/isolate"
)

// source is where a volume lies on this machine.
type source struct {
	path     string
	readOnly bool
}

// mounts makes the volumes that the container mentions, and says where it sees them.
func (c *container) mounts(ctx context.Context, variables environment) ([]isolate.Mount, error) {
	mounts := []isolate.Mount{{Source: c.pod.node.names.file(c.pod.object.Namespace), Target: "/etc/hosts"}}
	for _, wanted := range c.spec.VolumeMounts {
		for i := range c.pod.object.Spec.Volumes {
			volume := &c.pod.object.Spec.Volumes[i]
			if volume.Name != wanted.Name {
				continue
			}
			found, err := c.pod.volume(ctx, volume)
			if err != nil {
				return nil, waiting("volume %s: %v", volume.Name, err)
			}
			inside := wanted.SubPath
			if wanted.SubPathExpr != "" {
				inside = variables.expand(wanted.SubPathExpr)
			}
			path, err := below(found.path, inside)
			if err != nil {
				return nil, waiting("volume %s: %v", volume.Name, err)
			}
			mounts = append(mounts, isolate.Mount{Source: path, Target: wanted.MountPath, ReadOnly: wanted.ReadOnly || found.readOnly})
		}
	}
	return mounts, nil
}

// waiting is what a container waits for while its volumes are not there.
func waiting(format string, values ...any) error {
	return notYet{"ContainerCreating", fmt.Sprintf(format, values...)}
}

// below is a path inside a volume, which is made as a folder where it is missing.
func below(volume, inside string) (string, error) {
	if inside == "" {
		return volume, nil
	}
	if !filepath.IsLocal(inside) { // after its variables are replaced, it may be anything
		return "", fmt.Errorf("the path %q leads out of the volume", inside)
	}
	path := filepath.Join(volume, inside)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, os.MkdirAll(path, 0o777)
}

func (p *pod) volume(ctx context.Context, volume *corev1.Volume) (source, error) {
	switch {
	case volume.HostPath != nil:
		return hostPath(volume.HostPath)
	case volume.PersistentVolumeClaim != nil:
		claim := volume.PersistentVolumeClaim
		return p.persistent(ctx, claim.ClaimName, claim.ReadOnly)
	case volume.Ephemeral != nil:
		return p.persistent(ctx, p.object.Name+"-"+volume.Name, false)
	}
	folder := filepath.Join(p.folder, "volumes", volume.Name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return source{}, err
	}
	if volume.EmptyDir != nil {
		return source{path: folder}, nil
	}
	// The others have files that the API server knows. They are written anew at every start of a container.
	for _, part := range partsOf(volume) {
		files, err := p.files(ctx, part)
		if err != nil {
			return source{}, err
		}
		if err := writeFiles(folder, files); err != nil {
			return source{}, err
		}
	}
	return source{path: folder, readOnly: true}, nil
}

func hostPath(volume *corev1.HostPathVolumeSource) (source, error) {
	if volume.Type != nil && *volume.Type == corev1.HostPathDirectoryOrCreate {
		if err := os.MkdirAll(volume.Path, 0o755); err != nil {
			return source{}, err
		}
	}
	_, err := os.Stat(volume.Path)
	return source{path: volume.Path}, err
}

// partsOf writes every kind of volume with files as a projected one. A kind that is not played has none that `files`
// understands.
func partsOf(volume *corev1.Volume) []corev1.VolumeProjection {
	switch {
	case volume.Projected != nil:
		return volume.Projected.Sources
	case volume.Secret != nil:
		return []corev1.VolumeProjection{{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: volume.Secret.SecretName},
			Items:                volume.Secret.Items, Optional: volume.Secret.Optional,
		}}}
	case volume.ConfigMap != nil:
		return []corev1.VolumeProjection{{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: volume.ConfigMap.LocalObjectReference,
			Items:                volume.ConfigMap.Items, Optional: volume.ConfigMap.Optional,
		}}}
	case volume.DownwardAPI != nil:
		return []corev1.VolumeProjection{{DownwardAPI: &corev1.DownwardAPIProjection{Items: volume.DownwardAPI.Items}}}
	}
	return []corev1.VolumeProjection{{}}
}

// files are the contents of a volume by their paths in it.
func (p *pod) files(ctx context.Context, part corev1.VolumeProjection) (map[string]string, error) {
	switch {
	case part.Secret != nil:
		values, err := p.secret(ctx, part.Secret.Name, part.Secret.Optional)
		return chosen(values, part.Secret.Items), err
	case part.ConfigMap != nil:
		values, err := p.configMap(ctx, part.ConfigMap.Name, part.ConfigMap.Optional)
		return chosen(values, part.ConfigMap.Items), err
	case part.DownwardAPI != nil:
		return p.fieldFiles(part.DownwardAPI.Items)
	case part.ServiceAccountToken != nil:
		token, err := p.token(ctx, part.ServiceAccountToken)
		return map[string]string{part.ServiceAccountToken.Path: token}, err
	}
	return nil, fmt.Errorf("this test cluster does not play its kind")
}

// chosen gives the items their paths; without items it is everything.
func chosen(values map[string]string, items []corev1.KeyToPath) map[string]string {
	if len(items) == 0 {
		return values
	}
	files := map[string]string{}
	for _, item := range items {
		if value, known := values[item.Key]; known {
			files[item.Path] = value
		}
	}
	return files
}

func writeFiles(folder string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *pod) fieldFiles(items []corev1.DownwardAPIVolumeFile) (map[string]string, error) {
	files := map[string]string{}
	for _, item := range items {
		if item.FieldRef == nil {
			return nil, fmt.Errorf("this test cluster plays fields of the pod only, not %s", item.Path)
		}
		value, err := p.field(item.FieldRef.FieldPath)
		if err != nil {
			return nil, err
		}
		files[item.Path] = strings.TrimSpace(value)
	}
	return files, nil
}

// token is one of the pod's service account, which ends with the pod.
func (p *pod) token(ctx context.Context, wanted *corev1.ServiceAccountTokenProjection) (string, error) {
	request := &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{
		ExpirationSeconds: wanted.ExpirationSeconds,
		BoundObjectRef:    &authv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.object.Name, UID: p.object.UID},
	}}
	if wanted.Audience != "" {
		request.Spec.Audiences = []string{wanted.Audience}
	}
	accounts := p.node.client.CoreV1().ServiceAccounts(p.object.Namespace)
	answer, err := accounts.CreateToken(ctx, p.object.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return answer.Status.Token, nil
}
