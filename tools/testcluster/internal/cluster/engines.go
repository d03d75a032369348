package cluster

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	authv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"testcluster/internal/isolate"
)

// An engine is an upstream controller that runs batch work. Its manifests are upstream's own, copied from its module
// when the programs are built.
type engine struct {
	name string
	// program is the name that `go build` gives to it.
	program string
	// manifests are kustomizations, below the folder manifests/NAME of the programs.
	manifests []string
	// afterwards are manifests that its own webhooks check, so it must run before.
	afterwards []string
	// namespace holds everything where the manifests name none.
	namespace string
	arguments []string
	// certificateFolders is where its code looks for tls.crt and tls.key. They are not settings.
	certificateFolders []string
}

const webhookCertificates = "/tmp/k8s-webhook-server/serving-certs"

var engines = []engine{
	{
		name: "kueue", program: "kueue", manifests: []string{"default"},
		arguments:          []string{"--zap-log-level=2"},
		certificateFolders: []string{webhookCertificates, "/visibility", "/etc/kueue/metrics/certs"},
	},
	{
		name: "jobset", program: "jobset", manifests: []string{"default"},
		certificateFolders: []string{webhookCertificates},
	},
	{
		name: "trainer", program: "trainer-controller-manager", namespace: "kubeflow-system",
		manifests:          []string{"base/crds", "base/manager", "base/rbac", "base/webhook"},
		afterwards:         []string{"base/runtimes"},
		certificateFolders: []string{webhookCertificates},
	},
	{
		name: "kuberay", program: "ray-operator", namespace: "ray-system",
		manifests: []string{"crd", "rbac", "manager"},
	},
}

// EngineNames are the engines that a cluster can have.
func EngineNames() (names []string) {
	for _, engine := range engines {
		names = append(names, engine.name)
	}
	return names
}

//go:embed configurations
var configurations embed.FS

// installation is an engine that is about to run here.
type installation struct {
	engine
	ports         map[string]int
	configuration []byte
	objects       []*unstructured.Unstructured
	afterwards    []*unstructured.Unstructured
	// What its Deployment and its services said.
	home, account string
	serverNames   []string
}

type rendering struct {
	engines []*installation
	err     error
}

// renderEngines prepares what each engine needs to be installed. It needs no API server.
func (c *cluster) renderEngines() rendering {
	var result rendering
	for _, name := range c.Engines {
		at := slices.IndexFunc(engines, func(engine engine) bool { return engine.name == name })
		if at < 0 {
			return rendering{err: fmt.Errorf("no engine is called %q; there are %s", name, strings.Join(EngineNames(), ", "))}
		}
		installation, err := c.renderEngine(engines[at])
		if err != nil {
			return rendering{err: fmt.Errorf("%s: %w", name, err)}
		}
		result.engines = append(result.engines, installation)
	}
	c.say("manifests are rendered")
	return result
}

func (c *cluster) renderEngine(engine engine) (*installation, error) {
	installed := &installation{engine: engine, ports: map[string]int{}}
	if err := installed.configure(); err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(c.authority.Certificate("ca"))
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(c.Programs, "manifests", engine.name)
	objects, err := render(c.Folder, folder, engine.namespace, engine.manifests)
	if err != nil {
		return nil, err
	}
	installed.objects = installed.adapt(objects, authority)
	if len(engine.afterwards) > 0 {
		installed.afterwards, err = render(c.Folder, folder, "", engine.afterwards)
	}
	return installed, err
}

// configure reads the engine's configuration and gives a free port to each name in it.
func (i *installation) configure() error {
	text, err := configurations.ReadFile("configurations/" + i.name + ".yaml")
	if err != nil {
		return err
	}
	var failed error
	i.configuration = []byte(os.Expand(string(text), func(name string) string {
		if i.ports[name] == 0 {
			ports, err := freePorts(1)
			if err != nil {
				failed = err
				return ""
			}
			i.ports[name] = ports[0]
		}
		return fmt.Sprint(i.ports[name])
	}))
	return failed
}

// startEngines installs the manifests of all engines, since their webhooks name each other's kinds, and then starts them.
func (c *cluster) startEngines(ctx context.Context, engines []*installation) error {
	installer, clients, err := c.administrator()
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for _, engine := range engines {
		objects = append(objects, engine.objects...)
	}
	if err := installer.install(ctx, objects); err != nil {
		return err
	}
	c.say("%d objects are installed", len(objects))
	for _, engine := range engines {
		if err := c.startEngine(ctx, clients, engine); err != nil {
			return fmt.Errorf("%s: %w", engine.name, err)
		}
	}
	for _, engine := range engines {
		if err := c.waitForAnswer(ctx, engine.name, fmt.Sprintf("http://127.0.0.1:%d/readyz", engine.ports["health"])); err != nil {
			return err
		}
		if err := installer.install(ctx, engine.afterwards); err != nil {
			return err
		}
	}
	// A namespace accepts pods once it has its account.
	return eventually(ctx, func() error {
		_, err := clients.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// startEngine runs a controller as its Deployment would: with its configuration, its certificate, and the token of its
// own service account. So the rights that it has are those of its own manifests.
func (c *cluster) startEngine(ctx context.Context, clients kubernetes.Interface, engine *installation) error {
	if engine.account == "" {
		return errors.New("its manifests have no Deployment that names a service account")
	}
	folder := c.path("engines", engine.name)
	account := filepath.Join(folder, "account")
	if err := os.MkdirAll(account, 0o700); err != nil {
		return err
	}
	token, err := engineToken(ctx, clients, engine)
	if err != nil {
		return fmt.Errorf("a token: %w", err)
	}
	authority, err := os.ReadFile(c.authority.Certificate("ca"))
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"account/token": []byte(token), "account/ca.crt": authority, "account/namespace": []byte(engine.home),
		"config.yaml": engine.configuration,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	certificate := "engine-" + engine.name
	if err := c.authority.Issue(certificate, nameOf(engine.name), append(engine.serverNames, "localhost", "127.0.0.1")...); err != nil {
		return err
	}
	mounts := []isolate.Mount{
		{Source: account, Target: "/var/run/secrets/kubernetes.io/serviceaccount"},
		{Source: filepath.Join(folder, "config.yaml"), Target: "/config.yaml"},
	}
	for _, target := range engine.certificateFolders {
		mounts = append(mounts,
			isolate.Mount{Source: c.authority.Certificate(certificate), Target: target + "/tls.crt"},
			isolate.Mount{Source: c.authority.Key(certificate), Target: target + "/tls.key"})
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(c.server, "https://"), ":")
	return c.startPart(engine.name, isolate.Command(c.Programs, isolate.Spec{
		Folder: folder, Mounts: mounts,
		Command: append([]string{filepath.Join(c.Programs, engine.program), "--config=/config.yaml"}, engine.arguments...),
		Environment: []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "POD_NAMESPACE=" + engine.home,
			"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port},
	}))
}

// engineToken waits for the service account, which may have been made a moment ago.
func engineToken(ctx context.Context, clients kubernetes.Interface, engine *installation) (string, error) {
	day := int64(24 * 60 * 60)
	request := &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: &day}}
	var token string
	err := eventually(ctx, func() error {
		answer, err := clients.CoreV1().ServiceAccounts(engine.home).CreateToken(ctx, engine.account, request, metav1.CreateOptions{})
		if err == nil {
			token = answer.Status.Token
		}
		return err
	})
	return token, err
}
