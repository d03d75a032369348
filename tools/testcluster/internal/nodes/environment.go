package nodes

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiresource "k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// environment is the variables of one container.
type environment map[string]string

// list is what a process is given.
func (e environment) list() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		list = append(list, name+"="+e[name])
	}
	return list
}

// expand replaces $(NAME) as Kubernetes does; a name that is not known stays.
func (e environment) expand(text string) string {
	return expansion.Expand(text, expansion.MappingFuncFor(e))
}

func (c *container) environment(ctx context.Context) (environment, error) {
	pod := c.pod
	all := environment{
		"PATH": os.Getenv("PATH"), "HOME": "/root", "HOSTNAME": pod.hostname(),
		"KUBERNETES_SERVICE_HOST": pod.node.api.Hostname(), "KUBERNETES_SERVICE_PORT": pod.node.api.Port(),
	}
	for _, source := range c.spec.EnvFrom {
		var values map[string]string
		var err error
		switch {
		case source.ConfigMapRef != nil:
			values, err = pod.configMap(ctx, source.ConfigMapRef.Name, source.ConfigMapRef.Optional)
		case source.SecretRef != nil:
			values, err = pod.secret(ctx, source.SecretRef.Name, source.SecretRef.Optional)
		}
		if err != nil {
			return nil, err
		}
		for name, value := range values {
			all[source.Prefix+name] = value
		}
	}
	// In their order: a variable may use those before it.
	for _, variable := range c.spec.Env {
		value, known, err := c.valueOf(ctx, variable, all)
		if err != nil {
			return nil, err
		}
		if known {
			all[variable.Name] = value
		}
	}
	return all, nil
}

// valueOf says too whether there is a value: an optional key may be absent.
func (c *container) valueOf(ctx context.Context, variable corev1.EnvVar, before environment) (string, bool, error) {
	source := variable.ValueFrom
	switch {
	case source == nil:
		return before.expand(variable.Value), true, nil
	case source.FieldRef != nil:
		value, err := c.pod.field(source.FieldRef.FieldPath)
		return value, true, err
	case source.ResourceFieldRef != nil:
		value, err := apiresource.ExtractContainerResourceValue(source.ResourceFieldRef, c.spec)
		return value, true, err
	case source.SecretKeyRef != nil:
		reference := source.SecretKeyRef
		values, err := c.pod.secret(ctx, reference.Name, reference.Optional)
		return key(values, err, "Secret", reference.Name, reference.Key, reference.Optional)
	case source.ConfigMapKeyRef != nil:
		reference := source.ConfigMapKeyRef
		values, err := c.pod.configMap(ctx, reference.Name, reference.Optional)
		return key(values, err, "ConfigMap", reference.Name, reference.Key, reference.Optional)
	}
	return "", false, fmt.Errorf("variable %s has a source that this test cluster does not play", variable.Name)
}

func key(values map[string]string, err error, kind, name, key string, optional *bool) (string, bool, error) {
	if err != nil {
		return "", false, err
	}
	value, known := values[key]
	if !known && !isTrue(optional) {
		return "", false, fmt.Errorf("couldn't find key %s in %s %s", key, kind, name)
	}
	return value, known, nil
}

// field is a field of the pod, as the downward API gives it.
func (p *pod) field(path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return p.node.name, nil
	case "spec.serviceAccountName":
		return p.object.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs":
		return "127.0.0.1", nil
	case "status.podIP", "status.podIPs":
		return p.address, nil
	}
	return fieldpath.ExtractFieldPathAsString(p.object, path)
}

// secret reads a Secret with the node's rights; nothing if it may be absent and is.
func (p *pod) secret(ctx context.Context, name string, optional *bool) (map[string]string, error) {
	found, err := p.node.client.CoreV1().Secrets(p.object.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unlessOptional(err, optional)
	}
	return texts(found.Data), nil
}

// configMap reads a ConfigMap in the same way.
func (p *pod) configMap(ctx context.Context, name string, optional *bool) (map[string]string, error) {
	found, err := p.node.client.CoreV1().ConfigMaps(p.object.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unlessOptional(err, optional)
	}
	values := texts(found.BinaryData)
	maps.Copy(values, found.Data)
	return values, nil
}

func unlessOptional(err error, optional *bool) error {
	if apierrors.IsNotFound(err) && isTrue(optional) {
		return nil
	}
	return err
}

func texts(data map[string][]byte) map[string]string {
	values := map[string]string{}
	for name, value := range data {
		values[name] = string(value)
	}
	return values
}

func isTrue(value *bool) bool { return value != nil && *value }
