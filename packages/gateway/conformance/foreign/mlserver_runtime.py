"""Serves the kit's models by MLServer.

    python mlserver_runtime.py FOLDER PORT    writes the settings of the models
    mlserver start FOLDER                     with this folder on PYTHONPATH

MLServer leaves it to each runtime what it makes of a request; this one does as its documentation has it, with the NumPy codec.
"""

import json
import sys
from pathlib import Path

from kit_models import DTYPES, kit_models

if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True)
    settings = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "parallel_workers": 0}
    (folder / "settings.json").write_text(json.dumps(settings))
    for model, datatype, shape, inputs, outputs in kit_models():
        tensors = lambda names: [{"name": name, "datatype": datatype, "shape": shape} for name in names]
        (folder / model).mkdir()
        (folder / model / "model-settings.json").write_text(
            json.dumps(
                {
                    "name": model,
                    "implementation": "mlserver_runtime.KitModel",
                    "platform": "numpy",
                    "inputs": tensors(inputs),
                    "outputs": tensors(outputs),
                    "parameters": {"version": "1"},
                }
            )
        )
    sys.exit()

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse

MODELS = {model[0]: model[1:] for model in kit_models()}


class KitModel(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        datatype, _, names, outputs = MODELS[self.name]
        given = {item.name: item for item in payload.inputs}
        if sorted(given) != sorted(names) or len(payload.inputs) != len(names):
            raise InferenceError(f"Wanted are the inputs {names}, found {[item.name for item in payload.inputs]}")
        for item in payload.inputs:
            if item.datatype != datatype:
                raise InferenceError(f"{item.name} has the datatype {item.datatype}, wanted {datatype}")
        try:
            values = [NumpyCodec.decode_input(given[name]) for name in names]
        except (ValueError, TypeError, OverflowError) as error:
            raise InferenceError(str(error)) from error
        wanted = [item.name for item in payload.outputs or []] or list(outputs)
        unknown = [name for name in wanted if name not in outputs]
        if unknown:
            raise InferenceError(f"There is no output {unknown}")
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output(name, outputs[name](*values)) for name in wanted],
        )
