package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// fieldManager is the name under which objects are written.
const fieldManager = "testcluster"

// installer creates objects of any kind.
type installer struct {
	client dynamic.Interface
	kinds  *restmapper.DeferredDiscoveryRESTMapper
}

// administrator answers the clients of the user who may do everything.
func (c *cluster) administrator() (*installer, kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfigPath("admin"))
	if err != nil {
		return nil, nil, err
	}
	config.QPS, config.Burst = 200, 400 // some hundred objects, at once
	config.WarningHandler = rest.NoWarnings{}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	kinds := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(clients.Discovery()))
	return &installer{client: client, kinds: kinds}, clients, nil
}

// stage is how early an object must be there. Webhooks come last, since no server answers them yet.
func stage(object *unstructured.Unstructured) int {
	switch object.GetKind() {
	case "Namespace", "CustomResourceDefinition":
		return 0
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		return 2
	}
	return 1
}

// install creates the objects in stages and waits for new kinds to be served: a controller that starts before gives up.
func (i *installer) install(ctx context.Context, objects []*unstructured.Unstructured) error {
	for current := range 3 {
		var ready []*unstructured.Unstructured
		for _, object := range objects {
			if stage(object) == current {
				ready = append(ready, object)
			}
		}
		if err := inParallel(ready, func(object *unstructured.Unstructured) error { return i.create(ctx, object) }); err != nil {
			return err
		}
		if err := inParallel(ready, func(object *unstructured.Unstructured) error { return i.waitUntilServed(ctx, object) }); err != nil {
			return err
		}
	}
	return nil
}

// inParallel does something with each object, eight at a time, and joins what went wrong.
func inParallel(objects []*unstructured.Unstructured, work func(*unstructured.Unstructured) error) error {
	var group sync.WaitGroup
	places := make(chan struct{}, 8)
	failures := make([]error, len(objects))
	for at, object := range objects {
		group.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if err := work(object); err != nil {
				failures[at] = fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// create makes an object, or brings the one that exists to this state.
func (i *installer) create(ctx context.Context, object *unstructured.Unstructured) error {
	return eventually(ctx, func() error {
		resource, err := i.resource(object)
		if err != nil {
			return err
		}
		_, err = resource.Create(ctx, object, metav1.CreateOptions{FieldManager: fieldManager})
		if apierrors.IsAlreadyExists(err) {
			_, err = resource.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
		}
		return err
	})
}

func (i *installer) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := i.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		i.kinds.Reset() // it may be one that was just installed
	}
	if err != nil {
		return nil, err
	}
	all := i.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return all.Namespace(object.GetNamespace()), nil
	}
	return all, nil
}

func (i *installer) waitUntilServed(ctx context.Context, object *unstructured.Unstructured) error {
	if object.GetKind() != "CustomResourceDefinition" {
		return nil
	}
	return eventually(ctx, func() error {
		resource, err := i.resource(object)
		if err != nil {
			return err
		}
		now, err := resource.Get(ctx, object.GetName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(now.Object, "status", "conditions")
		for _, condition := range conditions {
			if values, ok := condition.(map[string]any); ok && values["type"] == "Established" && values["status"] == "True" {
				return nil
			}
		}
		return errors.New("the API server does not serve it yet")
	})
}

// eventually repeats, for half a minute, what fails because something that it needs is a moment away. A refusal that
// time does not change is returned at once.
func eventually(ctx context.Context, work func() error) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := work()
		final := apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err)
		if err == nil || final || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}
