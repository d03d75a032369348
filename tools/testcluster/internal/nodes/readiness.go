package nodes

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// followReadiness asks the readiness probe until the process is over.
func (c *container) followReadiness(over chan struct{}) {
	probe := c.spec.ReadinessProbe
	if probe == nil {
		return
	}
	pause := time.Duration(max(probe.InitialDelaySeconds, 0)) * time.Second
	for {
		select {
		case <-over:
			return
		case <-time.After(pause):
		}
		ready := c.answers(probe)
		c.change(func() { c.status.Ready = ready && c.process != nil })
		pause = time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
	}
}

func (c *container) answers(probe *corev1.Probe) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(max(probe.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	switch {
	case probe.HTTPGet != nil:
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.addressOf(probe.HTTPGet.Port)+probe.HTTPGet.Path, nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode < http.StatusBadRequest
	case probe.TCPSocket != nil:
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.addressOf(probe.TCPSocket.Port))
		if err != nil {
			return false
		}
		connection.Close()
		return true
	case probe.Exec != nil:
		command, err := c.entering(ctx, probe.Exec.Command)
		return err == nil && command.Run() == nil
	}
	return true // a kind that is not played
}

// addressOf is where a port of the container is, by its number or its name.
func (c *container) addressOf(port intstr.IntOrString) string {
	number := port.IntValue()
	for _, declared := range c.spec.Ports {
		if port.Type == intstr.String && declared.Name == port.StrVal {
			number = int(declared.ContainerPort)
		}
	}
	return fmt.Sprintf("%s:%d", c.pod.address, number)
}
