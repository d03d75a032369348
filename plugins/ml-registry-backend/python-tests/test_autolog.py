"""Autologging of the libraries people train with."""

import mlflow
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def data():
    return load_breast_cancer(return_X_y=True, as_frame=True)


def test_a_pipeline_registers_itself(client, experiment, data, unique):
    x, y = data
    mlflow.sklearn.autolog(registered_model_name=f"auto-{unique}", log_input_examples=True)
    with mlflow.start_run() as run:
        pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
        pipeline.score(x, y)
    found = client.get_run(run.info.run_id)
    assert found.data.params["logisticregression__C"] == "1.0"
    assert any(key.startswith("Pipeline_score") for key in found.data.metrics)
    assert client.get_model_version(f"auto-{unique}", 1).run_id == run.info.run_id
    loaded = mlflow.sklearn.load_model(f"models:/auto-{unique}/1")
    assert (loaded.predict(x) == pipeline.predict(x)).all()


def test_xgboost(client, experiment, data):
    import xgboost

    x, y = data
    mlflow.xgboost.autolog()
    with mlflow.start_run() as run:
        matrix = xgboost.DMatrix(x, label=y)
        booster = xgboost.train(
            {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1},
            matrix,
            num_boost_round=5,
            evals=[(matrix, "train")],
            verbose_eval=False,
        )
    found = client.get_run(run.info.run_id)
    assert found.data.params["objective"] == "binary:logistic"
    history = client.get_metric_history(run.info.run_id, "train-logloss")
    assert [m.step for m in history] == [0, 1, 2, 3, 4]
    [model] = found.outputs.model_outputs
    loaded = mlflow.xgboost.load_model(f"models:/{model.model_id}")
    assert np.allclose(loaded.predict(matrix), booster.predict(matrix))
    assert {f.path for f in client.list_artifacts(run.info.run_id)} >= {"feature_importance_weight.json"}


def test_the_scikit_learn_face_of_xgboost(client, experiment, data):
    from xgboost import XGBClassifier

    x, y = data
    mlflow.xgboost.autolog()
    with mlflow.start_run() as run:
        XGBClassifier(n_estimators=3, n_jobs=1).fit(x, y)
    found = client.get_run(run.info.run_id)
    assert found.data.params["num_boost_round"] == "3"
    assert len(found.outputs.model_outputs) == 1


def test_lightgbm(client, experiment, data):
    import lightgbm

    x, y = data
    mlflow.lightgbm.autolog()
    with mlflow.start_run() as run:
        training = lightgbm.Dataset(x, label=y)
        lightgbm.train(
            {"objective": "binary", "metric": ["auc", "binary_logloss"], "num_threads": 1, "verbosity": -1},
            training,
            num_boost_round=4,
            valid_sets=[training],
            valid_names=["train"],
        )
    found = client.get_run(run.info.run_id)
    assert found.data.params["objective"] == "binary"
    assert len(client.get_metric_history(run.info.run_id, "train-auc")) == 4
    [model] = found.outputs.model_outputs
    assert mlflow.lightgbm.load_model(f"models:/{model.model_id}").num_trees() == 4


def test_pytorch_lightning(client, experiment, tmp_path):
    import lightning
    import torch

    class Line(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch, index):
            x, y = batch
            loss = torch.nn.functional.mse_loss(self.layer(x), y)
            self.log("loss", loss, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.05)

        def forward(self, x):
            return self.layer(x)

    lightning.seed_everything(1)
    x = torch.linspace(0, 1, 32).reshape(-1, 1)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, 2 * x + 1), batch_size=8)
    mlflow.pytorch.autolog(log_every_n_epoch=1)
    model = Line()
    with mlflow.start_run() as run:
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=str(tmp_path),
        )
        trainer.fit(model, loader)
    found = client.get_run(run.info.run_id)
    assert found.data.params["optimizer_name"] == "Adam"
    key = next(key for key in found.data.metrics if key.startswith("loss"))
    assert len(client.get_metric_history(run.info.run_id, key)) >= 3
    [output] = found.outputs.model_outputs
    loaded = mlflow.pytorch.load_model(f"models:/{output.model_id}")
    assert torch.allclose(loaded(x), model(x))
