"""Models of the catalog's namespaces: `__credit__fraud` is `credit/fraud`, and no model of another name is touched."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException


class Doubles(mlflow.pyfunc.PythonModel):
    """Answers the same as it is asked, times a number."""

    def __init__(self, factor):
        self.factor = factor

    def predict(self, context, model_input, params=None):
        return [self.factor * value for value in model_input]


def logged(factor, registered):
    with mlflow.start_run():
        return mlflow.pyfunc.log_model(
            name="model", python_model=Doubles(factor), registered_model_name=registered, pip_requirements=["mlflow"]
        )


def test_two_models_of_one_name_are_registered_found_and_loaded_apart(client, experiment, unique):
    own, spelled = f"fraud-{unique}", f"__credit__fraud-{unique}"
    logged(2, own)
    logged(3, spelled)
    info = logged(4, spelled)
    assert int(info.registered_model_version) == 2

    assert [m.name for m in client.search_registered_models(f"name = '{spelled}'")] == [spelled]
    assert [m.name for m in client.search_registered_models(f"name = '{own}'")] == [own]
    assert [m.name for m in client.search_registered_models(f"name LIKE '__credit__%{unique}'")] == [spelled]
    assert {m.name for m in client.search_registered_models(f"name LIKE '%{unique}'")} == {own, spelled}
    found = client.search_model_versions(f"name = '{spelled}'", order_by=["version_number ASC"])
    assert [(v.name, v.version) for v in found] == [(spelled, "1"), (spelled, "2")]
    assert client.get_latest_versions(spelled, ["None"])[0].version == "2"

    client.set_registered_model_alias(spelled, "shadow", 1)
    client.set_registered_model_alias(own, "shadow", 1)
    assert client.get_model_version_by_alias(spelled, "shadow").name == spelled
    for uri, factor in [
        (f"models:/{spelled}@shadow", 3),
        (f"models:/{spelled}/2", 4),
        (f"models:/{spelled}/latest", 4),
        (f"models:/{own}@shadow", 2),
    ]:
        assert mlflow.pyfunc.load_model(uri).predict([1, 2]) == [factor, 2 * factor]

    copy = client.copy_model_version(f"models:/{spelled}/2", f"__risk__fraud-{unique}")
    assert (copy.name, copy.version) == (f"__risk__fraud-{unique}", "1")
    assert mlflow.pyfunc.load_model(f"models:/{copy.name}/1").predict([1]) == [4]
    # What the client reads back of a logged model names the version as clients do.
    versions = mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]
    assert f'"name": "{spelled}"' in versions and "credit/" not in versions

    client.rename_registered_model(own, f"__credit__moved-{unique}")
    assert client.get_model_version(f"__credit__moved-{unique}", "1").name == f"__credit__moved-{unique}"
    client.delete_registered_model(spelled)
    with pytest.raises(MlflowException, match="not found"):
        client.get_registered_model(spelled)


def test_a_name_is_spelled_in_one_way_only(client, unique):
    client.create_registered_model(f"__credit__x-{unique}")
    for other in (f"credit/x-{unique}", f"__default__x-{unique}"):
        with pytest.raises(MlflowException, match="Invalid model name"):
            client.create_registered_model(other)
    for letter_for_letter in (f"credit.x-{unique}", f"__Credit__x-{unique}", f"_credit__x-{unique}"):
        assert client.create_registered_model(letter_for_letter).name == letter_for_letter
    with pytest.raises(MlflowException, match="already exists"):
        client.create_registered_model(f"__credit__X-{unique}")


def test_prompts_have_namespaces_too(client, unique):
    name = f"__credit__greeting-{unique}"
    mlflow.genai.register_prompt(name=name, template="Hello {{name}}!")
    assert mlflow.genai.load_prompt(f"prompts:/{name}/1").format(name="Ann") == "Hello Ann!"
