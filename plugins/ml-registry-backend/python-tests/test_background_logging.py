"""What the client logs from threads of its own: asynchronous logging and system metrics."""

import threading
import time

import mlflow
import numpy as np


def test_async_logging(client, experiment):
    with mlflow.start_run() as run:
        pending = [mlflow.log_metric("m", i, step=i, synchronous=False) for i in range(200)]
        pending.append(mlflow.log_params({"a": 1}, synchronous=False))
    for operation in pending:
        operation.wait()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 200


def test_many_threads_of_one_run_lose_nothing(client, experiment):
    with mlflow.start_run() as run:
        run_id = run.info.run_id

        def log(thread):
            for step in range(20):
                client.log_metric(run_id, f"m{step % 4}", thread, step=100 * thread + step)

        threads = [threading.Thread(target=log, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(len(client.get_metric_history(run_id, f"m{n}")) for n in range(4)) == 160


def test_artifacts_and_params_in_the_background(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_image(np.zeros((2, 2, 3), dtype=np.uint8), key="early", step=0)
        pending = [mlflow.log_param("p", 1, synchronous=False), mlflow.set_tag("t", "x", synchronous=False)]
        for operation in pending:
            operation.wait()
        mlflow.flush_artifact_async_logging()
    found = client.get_run(run.info.run_id).data
    assert (found.params["p"], found.tags["t"]) == ("1", "x")
    assert client.list_artifacts(run.info.run_id, "images")


def test_system_metrics_are_sampled_while_the_run_lasts(client, experiment):
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                if "system/system_memory_usage_percentage" in client.get_run(run.info.run_id).data.metrics:
                    break
                time.sleep(0.1)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_percentage"} <= set(metrics)
