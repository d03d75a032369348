package nodes

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestContainerRestartsAsItsPolicySays(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	for _, one := range []struct {
		name    string
		policy  corev1.RestartPolicy
		first   bool
		sidecar bool
		code    int32
		want    bool
	}{
		{name: "never, failed", policy: corev1.RestartPolicyNever, code: 1},
		{name: "on failure, failed", policy: corev1.RestartPolicyOnFailure, code: 1, want: true},
		{name: "on failure, succeeded", policy: corev1.RestartPolicyOnFailure},
		{name: "always, succeeded", policy: corev1.RestartPolicyAlways, want: true},
		{name: "an init container that succeeded is over", policy: corev1.RestartPolicyAlways, first: true},
		{name: "an init container that failed", policy: corev1.RestartPolicyAlways, first: true, code: 1, want: true},
		{name: "an init container of a pod that never restarts", policy: corev1.RestartPolicyNever, first: true, code: 1},
		{name: "a sidecar always", policy: corev1.RestartPolicyNever, first: true, sidecar: true, want: true},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := &container{first: one.first, spec: &corev1.Container{}, pod: &pod{object: &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: one.policy}}}}
			if one.sidecar {
				c.spec.RestartPolicy = &always
			}
			if got := c.restartsAfter(one.code); got != one.want {
				t.Errorf("it restarts: %t, want %t", got, one.want)
			}
		})
	}
}

func TestPathInAVolumeStaysInIt(t *testing.T) {
	volume := t.TempDir()
	for _, inside := range []string{"../other", "/etc", "a/../../other"} {
		if path, err := below(volume, inside); err == nil {
			t.Errorf("%q leads to %s", inside, path)
		}
	}
	if path, err := below(volume, "runs/7"); err != nil || path != volume+"/runs/7" {
		t.Errorf("a folder in it is %s (%v)", path, err)
	}
}

func TestItemsOfAVolumeGetTheirPaths(t *testing.T) {
	got := chosen(map[string]string{"a": "1", "b": "2"}, []corev1.KeyToPath{{Key: "b", Path: "deep/b"}, {Key: "missing", Path: "c"}})
	if len(got) != 1 || got["deep/b"] != "2" {
		t.Errorf("got %v", got)
	}
}
