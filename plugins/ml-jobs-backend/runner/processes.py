"""Starts the processes of a job on one machine, and ends them together.

Usage: python -I -S processes.py OPTIONS COMMAND...

OPTIONS is a JSON object: `processes`, how many; `graceSeconds`, how long one has to end by itself after SIGTERM;
`distributed`, how they train together, where the job says it.

Each process gets the variables that PyTorch and JAX read, so the code of their tutorials finds its group. The lines of
each begin with its rank. When one process ends with an error, the others are ended, and its exit code is the result.
Standard library only, Python 3.9 or newer.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading

LONGEST_LINE = 16 * 1024


def free_port():
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def variables_of(rank, processes, ports, distributed):
    """The environment of one process, by the names of the frameworks."""
    torch_port, jax_port = ports
    variables = {
        # PyTorch, and what builds on it: init_method="env://".
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "GROUP_RANK": "0",
        "GROUP_WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(torch_port),
        # Gloo would look up the machine's name, which need not lead anywhere.
        "GLOO_SOCKET_IFNAME": os.environ.get("GLOO_SOCKET_IFNAME", "lo"),
        "TP_SOCKET_IFNAME": os.environ.get("TP_SOCKET_IFNAME", "lo"),
        # JAX.
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{jax_port}",
        "JAX_NUM_PROCESSES": str(processes),
        "JAX_PROCESS_ID": str(rank),
    }
    if distributed == "jax":
        # `jax.distributed.initialize()` without arguments reads the numbers of a cluster that it knows. Open MPI is the
        # one of them that is described by variables alone. The address above comes first, so nobody asks that of MPI.
        variables.update(
            {
                "OMPI_MCA_orte_hnp_uri": f"0.0;tcp://127.0.0.1:{jax_port}",
                "OMPI_COMM_WORLD_SIZE": str(processes),
                "OMPI_COMM_WORLD_RANK": str(rank),
                "OMPI_COMM_WORLD_LOCAL_RANK": str(rank),
            }
        )
    return variables


class Output:
    """One stream of lines for all processes."""

    def __init__(self, stream):
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, data):
        with self._lock:
            try:
                self._stream.write(data)
                self._stream.flush()
            except OSError:
                # Nobody reads the log any more. The job goes on.
                pass

    def copy(self, rank, source):
        """Copies what one process writes, line by line, until it has closed its end."""
        prefix = f"[rank {rank}] ".encode()
        line = b""
        while True:
            piece = source.read1(65536)
            if not piece:
                break
            line += piece
            *whole, line = line.split(b"\n")
            for text in whole:
                self.write(prefix + last_state(text) + b"\n")
            if len(line) > LONGEST_LINE:
                self.write(prefix + last_state(line) + b"\n")
                line = b""
        if line:
            self.write(prefix + last_state(line) + b"\n")


def last_state(line):
    """What a terminal shows at the end of a progress bar."""
    states = [state for state in line.rstrip(b"\r").split(b"\r") if state]
    return states[-1] if states else b""


class Group:
    """The processes of a job, each in a process group of its own."""

    def __init__(self, command, options):
        self._command = command
        self._count = options["processes"]
        self._distributed = options.get("distributed")
        self._grace_seconds = options["graceSeconds"]
        self._children = {}
        self._readers = []
        self._ending = False
        self._output = Output(sys.stdout.buffer)

    def run(self):
        """Returns the exit code of the job."""
        signal.signal(signal.SIGTERM, self._on_term)
        ports = (free_port(), free_port())
        for rank in range(self._count):
            self._start(rank, ports)
        code = self._wait()
        for reader in self._readers:
            # A process in the background may hold the other end open.
            reader.join(timeout=1)
        return code

    def _start(self, rank, ports):
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                **variables_of(rank, self._count, ports, self._distributed),
            },
            preexec_fn=os.setpgrp,
        )
        self._children[child.pid] = (rank, child)
        reader = threading.Thread(
            target=self._output.copy, args=(rank, child.stdout), daemon=True
        )
        reader.start()
        self._readers.append(reader)

    def _wait(self):
        result = 0
        while self._children:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                break
            if pid not in self._children:
                continue
            rank, child = self._children.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            child.returncode = code
            code = 128 - code if code < 0 else code
            if code and not self._ending:
                result = code
                if self._children:
                    self._say(
                        f"rank {rank} ended with code {code}; the other processes are ended"
                    )
                else:
                    self._say(f"rank {rank} ended with code {code}")
                self._end()
        return 143 if self._ending == "asked" else result

    def _end(self, why="failed"):
        if self._ending:
            return
        self._ending = why
        self._signal_all(signal.SIGTERM)
        timer = threading.Timer(
            self._grace_seconds, self._signal_all, args=[signal.SIGKILL]
        )
        timer.daemon = True
        timer.start()

    def _on_term(self, _signal, _frame):
        self._end("asked")

    def _signal_all(self, number):
        for pid in list(self._children):
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                pass

    def _say(self, sentence):
        self._output.write(f"[downstage] {sentence}\n".encode())


def main():
    sys.exit(Group(sys.argv[2:], json.loads(sys.argv[1])).run())


if __name__ == "__main__":
    main()
