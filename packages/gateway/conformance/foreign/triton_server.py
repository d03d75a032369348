"""Serves the kit's models by Triton Inference Server, as nvidia-pytriton brings it: python triton_server.py PORT"""

import sys

from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from kit_models import DTYPES, kit_models


def infer_function(inputs, outputs):
    def infer(requests):
        answers = []
        for request in requests:
            values = [request[name] for name in inputs]
            answers.append({name: work(*values) for name, work in outputs.items()})
        return answers

    return infer


port = int(sys.argv[1])
config = TritonConfig(http_port=port, grpc_port=port + 1, metrics_port=port + 2)
with Triton(config=config) as triton:
    for model, datatype, shape, inputs, outputs in kit_models():
        dtype = DTYPES[datatype]
        triton.bind(
            model_name=model,
            infer_func=infer_function(inputs, outputs),
            inputs=[Tensor(name=name, dtype=dtype, shape=shape) for name in inputs],
            outputs=[Tensor(name=name, dtype=dtype, shape=shape) for name in outputs],
            config=ModelConfig(batching=False),
        )
    triton.serve()
