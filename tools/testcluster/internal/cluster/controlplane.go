package cluster

import (
	"context"
	"crypto/x509/pkix"
	"fmt"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"

	"testcluster/internal/certificates"
)

const (
	serviceNetwork = "10.96.0.0/16"
	// kubernetesService is the first address of that network, which the API server takes for itself.
	kubernetesService = "10.96.0.1"
	administrators    = "system:masters"
)

// issueCertificates makes one certificate for every server and one for every identity, and a kubeconfig for those that
// need one.
func (c *cluster) issueCertificates() error {
	var err error
	if c.authority, err = certificates.NewAuthority(c.path("certificates")); err != nil {
		return err
	}
	type wanted struct {
		file, user string
		groups     []string
		hosts      []string
		kubeconfig bool
	}
	all := []wanted{
		{file: "etcd", user: "etcd", hosts: []string{"127.0.0.1"}},
		{file: "etcd-client", user: "apiserver"},
		{file: "apiserver", user: "kube-apiserver", hosts: []string{
			"127.0.0.1", "localhost", kubernetesService, "kubernetes", "kubernetes.default", "kubernetes.default.svc"}},
		{file: "aggregator", user: "front-proxy-client"},
		{file: "node-server", user: "kubelet", hosts: []string{"127.0.0.1"}},
		{file: "node-client", user: "kube-apiserver", groups: []string{administrators}},
		{file: "service-accounts", user: "service-accounts"}, // only its key is used: it signs their tokens
		{file: "admin", user: "admin", groups: []string{administrators}, kubeconfig: true},
		{file: "controller-manager", user: "system:kube-controller-manager", kubeconfig: true},
		{file: "scheduler", user: "system:kube-scheduler", kubeconfig: true},
	}
	for _, node := range c.Nodes {
		all = append(all, wanted{file: "node-" + node, user: "system:node:" + node, groups: []string{"system:nodes"}, kubeconfig: true})
	}
	for _, one := range all {
		if err := c.authority.Issue(one.file, pkix.Name{CommonName: one.user, Organization: one.groups}, one.hosts...); err != nil {
			return err
		}
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	c.server = fmt.Sprintf("https://127.0.0.1:%d", ports[0])
	for _, one := range all {
		if one.kubeconfig {
			if err := c.writeKubeconfig(one.file); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cluster) kubeconfigPath(name string) string { return c.path(name + ".kubeconfig") }

func (c *cluster) writeKubeconfig(name string) error {
	config := clientapi.NewConfig()
	config.Clusters["testcluster"] = &clientapi.Cluster{Server: c.server, CertificateAuthority: c.authority.Certificate("ca")}
	config.AuthInfos[name] = &clientapi.AuthInfo{ClientCertificate: c.authority.Certificate(name), ClientKey: c.authority.Key(name)}
	config.Contexts["testcluster"] = &clientapi.Context{Cluster: "testcluster", AuthInfo: name}
	config.CurrentContext = "testcluster"
	return clientcmd.WriteToFile(*config, c.kubeconfigPath(name))
}

// startControlPlane starts etcd, the API server, the controllers, the scheduler and the nodes.
func (c *cluster) startControlPlane(ctx context.Context) error {
	ports, err := freePorts(5)
	if err != nil {
		return err
	}
	etcd, peer, controllers, scheduler, nodes := ports[0], ports[1], ports[2], ports[3], ports[4]
	store := fmt.Sprintf("https://127.0.0.1:%d", etcd)
	if err := c.startVerb("etcd", "etcd", c.etcdFlags(store, fmt.Sprintf("http://127.0.0.1:%d", peer))...); err != nil {
		return err
	}
	if err := c.startVerb("apiserver", "apiserver", c.apiserverFlags(store)...); err != nil {
		return err
	}
	if err := c.waitForAnswer(ctx, "apiserver", c.server+"/readyz"); err != nil {
		return err
	}
	manager := append(c.componentFlags("controller-manager", controllers),
		"--use-service-account-credentials", // so each controller has its own rights, as in production
		"--root-ca-file="+c.authority.Certificate("ca"),
		"--service-account-private-key-file="+c.authority.Key("service-accounts"),
		// There is no cloud and no pod network.
		"--controllers=*,-node-ipam-controller,-node-route-controller,-cloud-node-lifecycle-controller,-service-lb-controller",
	)
	if err := c.startVerb("controller-manager", "controller-manager", manager...); err != nil {
		return err
	}
	if err := c.startVerb("scheduler", "scheduler", c.componentFlags("scheduler", scheduler)...); err != nil {
		return err
	}
	return c.startVerb("nodes", "nodes", "--dir="+c.Folder, "--names="+strings.Join(c.Nodes, ","),
		fmt.Sprint("--gpus=", c.GPUs), fmt.Sprint("--port=", nodes))
}

func (c *cluster) etcdFlags(client, peer string) []string {
	return []string{
		"--name=only", "--data-dir=" + c.path("etcd"), "--log-level=warn",
		"--unsafe-no-fsync", // no test needs its cluster to survive a power cut
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=only=" + peer,
		"--client-cert-auth", "--trusted-ca-file=" + c.authority.Certificate("ca"),
		"--cert-file=" + c.authority.Certificate("etcd"), "--key-file=" + c.authority.Key("etcd"),
	}
}

func (c *cluster) apiserverFlags(store string) []string {
	ca := c.authority.Certificate("ca")
	_, port, _ := strings.Cut(strings.TrimPrefix(c.server, "https://"), ":")
	return []string{
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + port,
		"--client-ca-file=" + ca,
		"--tls-cert-file=" + c.authority.Certificate("apiserver"), "--tls-private-key-file=" + c.authority.Key("apiserver"),
		"--authorization-mode=Node,RBAC", "--enable-bootstrap-token-auth=false",
		"--etcd-servers=" + store, "--etcd-cafile=" + ca,
		"--etcd-certfile=" + c.authority.Certificate("etcd-client"), "--etcd-keyfile=" + c.authority.Key("etcd-client"),
		"--service-cluster-ip-range=" + serviceNetwork,
		"--endpoint-reconciler-type=none", // endpoints must not be loopback addresses
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.authority.Key("service-accounts"),
		"--service-account-signing-key-file=" + c.authority.Key("service-accounts"),
		// How it vouches for a caller to APIs of others, such as Kueue's pending workloads.
		"--requestheader-client-ca-file=" + ca, "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.authority.Certificate("aggregator"), "--proxy-client-key-file=" + c.authority.Key("aggregator"),
		"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority=" + ca,
		"--kubelet-client-certificate=" + c.authority.Certificate("node-client"), "--kubelet-client-key=" + c.authority.Key("node-client"),
		"--profiling=false", "--shutdown-delay-duration=0s",
	}
}

// componentFlags are those that the controller manager and the scheduler share.
func (c *cluster) componentFlags(name string, port int) []string {
	kubeconfig := c.kubeconfigPath(name)
	return []string{
		"--bind-address=127.0.0.1", fmt.Sprint("--secure-port=", port), "--leader-elect=false", "--profiling=false",
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
	}
}
