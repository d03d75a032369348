package cluster

import (
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// render answers the objects of several kustomizations below one folder, in a namespace if one is given. The work folder
// holds a kustomization that names them, while this runs.
func render(workFolder, folder, namespace string, kustomizations []string) ([]*unstructured.Unstructured, error) {
	work, err := os.MkdirTemp(workFolder, "rendering-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	all := kustomize.Kustomization{
		TypeMeta:  kustomize.TypeMeta{APIVersion: kustomize.KustomizationVersion, Kind: kustomize.KustomizationKind},
		Namespace: namespace,
	}
	for _, name := range kustomizations {
		// Kustomize takes no absolute paths.
		path, err := filepath.Rel(work, filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		all.Resources = append(all.Resources, path)
	}
	text, err := yaml.Marshal(all)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(work, "kustomization.yaml"), text, 0o600); err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = kustomize.LoadRestrictionsNone // the folders lie outside of the work folder
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), work)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	if namespace != "" {
		made := &unstructured.Unstructured{}
		made.SetAPIVersion("v1")
		made.SetKind("Namespace")
		made.SetName(namespace)
		objects = append(objects, made)
	}
	for _, resource := range resources.Resources() {
		values, err := resource.Map()
		if err != nil {
			return nil, err
		}
		// Through JSON, because unstructured objects allow fewer types of numbers.
		text, err := json.Marshal(values)
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// adapt makes manifests that were written for a Deployment fit a process of this machine.
//
// The Deployment goes. A service becomes another name of localhost: the API server follows such a service, and still
// asks for a certificate in the service's name. What it calls (webhooks, conversions, APIs of others) gets our port and
// our authority.
func (i *installation) adapt(objects []*unstructured.Unstructured, authority []byte) (adapted []*unstructured.Unstructured) {
	bundle := base64.StdEncoding.EncodeToString(authority)
	for _, object := range objects {
		switch object.GetKind() {
		case "Deployment":
			i.home = object.GetNamespace()
			i.account, _, _ = unstructured.NestedString(object.Object, "spec", "template", "spec", "serviceAccountName")
			continue
		case "Service":
			object.Object["spec"] = map[string]any{"type": "ExternalName", "externalName": "localhost"}
			i.serverNames = append(i.serverNames, fmt.Sprintf("%s.%s.svc", object.GetName(), object.GetNamespace()))
		case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
			webhooks, _ := object.Object["webhooks"].([]any)
			for _, webhook := range webhooks {
				redirect(webhook.(map[string]any)["clientConfig"], i.ports["webhook"], bundle)
			}
		case "CustomResourceDefinition":
			webhook, found, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "conversion", "webhook", "clientConfig")
			if found {
				redirect(webhook, i.ports["webhook"], bundle)
			}
		case "APIService":
			redirect(object.Object["spec"], i.ports["api"], bundle)
			unstructured.RemoveNestedField(object.Object, "spec", "insecureSkipTLSVerify")
		}
		adapted = append(adapted, object)
	}
	return adapted
}

// redirect changes the part of an object that says where a server is and who vouches for it.
func redirect(client any, port int, bundle string) {
	settings := client.(map[string]any)
	settings["caBundle"] = bundle
	settings["service"].(map[string]any)["port"] = int64(port)
}

func nameOf(name string) pkix.Name { return pkix.Name{CommonName: name} }
