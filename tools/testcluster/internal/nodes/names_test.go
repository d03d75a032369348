package nodes

import (
	"os"
	"strings"
	"testing"
)

func TestNamesOfANamespaceAreInItsFile(t *testing.T) {
	names := newNames(t.TempDir())
	names.set("team", "127.1.0.2", "rank-0", "rank-0.jobs")
	names.set("other", "127.1.0.3", "else")
	if got := content(t, names, "team"); !strings.Contains(got, "\n127.1.0.2 rank-0.jobs rank-0.jobs.team rank-0.jobs.team.svc rank-0.jobs.team.svc.cluster.local\n") || strings.Contains(got, "else") {
		t.Errorf("the file says\n%s", got)
	}
}

func TestNameThatIsGoneLeavesNothingBehind(t *testing.T) {
	names := newNames(t.TempDir())
	names.set("team", "127.1.0.2", "with-a-long-name")
	names.set("team", "", "with-a-long-name")
	if got := content(t, names, "team"); got != "127.0.0.1 localhost\n" {
		t.Errorf("the file says\n%s", got)
	}
}

// A pod has the file mounted: another file of the same name would be one that it does not see.
func TestNamesStayInTheSameFile(t *testing.T) {
	names := newNames(t.TempDir())
	names.set("team", "127.1.0.2", "one")
	before, err := os.Stat(names.file("team"))
	if err != nil {
		t.Fatal(err)
	}
	names.set("team", "127.1.0.3", "two")
	after, err := os.Stat(names.file("team"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("it is another file now (%v)", err)
	}
}

func content(t *testing.T, names *names, namespace string) string {
	t.Helper()
	text, err := os.ReadFile(names.file(namespace))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
