// Command testcluster is a Kubernetes control plane, real batch engines and nodes whose pods are plain processes.
//
// Every program of the control plane is linked in as a library and started by a verb of this one. The README says what
// the cluster plays and what it does not.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	etcd "go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	"testcluster/internal/cluster"
	"testcluster/internal/nodes"
)

// verbs are what this program can be, by its first argument.
var verbs = map[string]func() error{
	"up":                 up,
	"nodes":              playNodes,
	"etcd":               func() error { etcd.Main(os.Args); return nil },
	"apiserver":          func() error { return ended(cli.Run(apiserver.NewAPIServerCommand())) },
	"controller-manager": func() error { return ended(cli.Run(controllers.NewControllerManagerCommand())) },
	"scheduler":          func() error { return ended(cli.Run(scheduler.NewSchedulerCommand())) },
	"kubectl":            func() error { return ended(cli.Run(kubectl.NewDefaultKubectlCommand())) },
}

func main() {
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		known := make([]string, 0, len(verbs))
		for name := range verbs {
			known = append(known, name)
		}
		slices.Sort(known)
		fail(fmt.Errorf("the first argument is one of %s", strings.Join(known, ", ")))
	}
	verb := verbs[os.Args[1]]
	// The linked programs read the command line themselves, and must not see the verb.
	os.Args = append([]string{"testcluster"}, os.Args[2:]...)
	if err := verb(); err != nil {
		fail(err)
	}
}

func up() error {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	folder := flags.String("dir", "", "folder of the cluster; whatever is in it is removed at the start")
	engines := flags.String("engines", "kueue,jobset,trainer", "which to start, of "+strings.Join(cluster.EngineNames(), ", "))
	names := flags.String("nodes", "gpu-a,gpu-b", "names of the nodes")
	gpus := flags.Int("gpus", 8, "how many nvidia.com/gpu each node reports")
	_ = flags.Parse(os.Args[1:])
	if *folder == "" {
		return fmt.Errorf("--dir is missing: the folder of the cluster")
	}
	if os.Getuid() != 0 {
		return fmt.Errorf("this needs root: controllers and pods get mounts and process numbers of their own")
	}
	absolute, err := filepath.Abs(*folder)
	if err != nil {
		return err
	}
	programs, err := ownFolder()
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	return cluster.Run(ctx, cluster.Options{
		Folder: absolute, Programs: programs, Engines: list(*engines), Nodes: list(*names), GPUs: *gpus,
	})
}

func playNodes() error {
	flags := flag.NewFlagSet("nodes", flag.ExitOnError)
	folder := flags.String("dir", "", "folder of the cluster")
	names := flags.String("names", "", "names of the nodes")
	gpus := flags.Int64("gpus", 0, "how many nvidia.com/gpu each node reports")
	port := flags.Int("port", 0, "port that answers for logs and exec")
	grace := flags.Duration("longest-stop", 3*time.Second, "how long a pod may take to stop, whatever it asks for")
	_ = flags.Parse(os.Args[1:])
	programs, err := ownFolder()
	if err != nil {
		return err
	}
	return nodes.Run(context.Background(), nodes.Options{
		Folder: *folder, Programs: programs, Names: list(*names), GPUs: *gpus, Port: *port, LongestStop: *grace,
	})
}

// ownFolder has this program, its neighbours and the engines' manifests.
func ownFolder() (string, error) {
	path, err := os.Executable()
	return filepath.Dir(path), err
}

func list(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// ended passes an exit code on. A linked program has said by itself what went wrong.
func ended(code int) error {
	os.Exit(code)
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "testcluster:", err)
	os.Exit(1)
}
