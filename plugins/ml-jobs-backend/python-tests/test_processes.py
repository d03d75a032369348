"""Real PyTorch and JAX in several processes, which find each other by the variables that a job gets."""

import json

import pytest

# What the tutorial of the framework shows: nothing of ours is in it.
TRAIN = """
import json, os, sys
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

def model_of():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))

def main(wrap, epochs, checkpoint=None, die_at=None):
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(64, 4, generator=generator)
    y = (x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]])) + 0.1
    data = TensorDataset(x, y)
    sampler = DistributedSampler(data, size, rank, shuffle=False)
    model = wrap(model_of())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    first = 0
    if checkpoint and os.path.exists(checkpoint):
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        first = state["epoch"] + 1
        print("goes on with epoch", first)
    # All of the data in one step: the mean over the ranks is then the mean over the data.
    for epoch in range(first, epochs):
        if die_at == epoch and rank == 1:
            os._exit(9)
        for features, target in DataLoader(data, batch_size=64 // size, sampler=sampler):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(features), target)
            loss.backward()
            optimizer.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        if rank == 0:
            print(json.dumps({"epoch": epoch, "loss": mean.item() / size}), flush=True)
            if checkpoint:
                torch.save({"model": model.state_dict(), "epoch": epoch}, checkpoint + ".part")
                os.replace(checkpoint + ".part", checkpoint)
        dist.barrier()
    dist.destroy_process_group()
"""

DDP = TRAIN + "\nmain(DistributedDataParallel, 5)\n"
FSDP = (
    TRAIN
    + """
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

def sharded(model):
    fully_shard(model, mesh=init_device_mesh("cpu", (dist.get_world_size(),)))
    return model

main(sharded, 5)
"""
)
RESUMING = (
    TRAIN
    + """
checkpoint, die_at = sys.argv[1:]
main(DistributedDataParallel, 5, checkpoint, int(die_at))
"""
)


JAX = """
import json
import jax

jax.distributed.initialize()

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

mesh = Mesh(np.array(jax.devices()), ("data",))
rows = np.random.default_rng(1).normal(size=(64, 4)).astype(np.float32)
target = rows @ np.array([1.0, -2.0, 0.5, 3.0], np.float32)
share = slice(
    jax.process_index() * 64 // jax.process_count(),
    (jax.process_index() + 1) * 64 // jax.process_count(),
)
split = NamedSharding(mesh, PartitionSpec("data"))
x = jax.make_array_from_process_local_data(split, rows[share])
y = jax.make_array_from_process_local_data(split, target[share])

@jax.jit
def step(weights, x, y):
    loss, slope = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(weights)
    return weights - 0.05 * slope, loss

weights = jnp.zeros(4)
for epoch in range(5):
    weights, loss = step(weights, x, y)
    if jax.process_index() == 0:
        print(json.dumps({"epoch": epoch, "loss": float(loss)}), flush=True)
print("process", jax.process_index(), "of", jax.process_count(), flush=True)
"""


def losses_of(lines):
    return {
        entry["epoch"]: entry["loss"]
        for entry in (json.loads(line) for line in lines if line.startswith("{"))
    }


def assert_same_losses(found, expected):
    assert sorted(found) == sorted(expected)
    for epoch, loss in expected.items():
        assert abs(found[epoch] - loss) < 1e-5, (epoch, found, expected)


@pytest.fixture(scope="module")
def alone(run_processes):
    """The losses of one process on the same data."""
    code, lines, text = run_processes(DDP, 1)
    assert code == 0, text
    losses = losses_of(lines[0])
    assert len(losses) == 5
    assert losses[4] < losses[0]
    return losses


@pytest.mark.parametrize("code", [DDP, FSDP], ids=["DDP", "FSDP"])
def test_two_processes_have_the_losses_of_one(run_processes, alone, code):
    ended, lines, text = run_processes(code, 2)
    assert ended == 0, text
    assert_same_losses(losses_of(lines[0]), alone)


def test_two_processes_of_jax_have_the_losses_of_one(run_processes):
    found = []
    for processes in (1, 2):
        code, lines, text = run_processes(JAX, processes, distributed="jax")
        assert code == 0, text
        assert f"process {processes - 1} of {processes}" in lines[processes - 1]
        found.append(losses_of(lines[0]))
    one, two = found
    assert len(one) == 5
    assert_same_losses(two, one)


def test_a_group_that_loses_a_rank_goes_on_from_its_checkpoint(
    run_processes, alone, tmp_path
):
    checkpoint = str(tmp_path / "checkpoint.pt")
    code, before, text = run_processes(RESUMING, 2, checkpoint, "3")
    assert code == 9, text
    assert "[downstage] rank 1 ended with code 9; the other processes are ended" in text
    assert sorted(losses_of(before[0])) == [0, 1, 2]
    # With other numbers of processes it goes on as well: DDP keeps the model whole.
    code, after, text = run_processes(RESUMING, 4, checkpoint, "-1")
    assert code == 0, text
    assert "goes on with epoch 3" in after[0]
    assert_same_losses({**losses_of(before[0]), **losses_of(after[0])}, alone)


def test_all_ranks_get_one_address_for_each_framework(run_processes):
    show = "import os; print(os.environ['MASTER_PORT'], os.environ['JAX_COORDINATOR_ADDRESS'])"
    _, lines, _ = run_processes(show, 3)
    assert lines[0] == lines[1] == lines[2]
    port, address = lines[0][0].split()
    assert address.startswith("127.0.0.1:")
    assert address != f"127.0.0.1:{port}"
