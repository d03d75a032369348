"""Prompts ride on registered models and stay out of their lists."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException


def test_prompts_stay_out_of_the_model_list(client, unique):
    mlflow.genai.register_prompt(f"prompt-{unique}", "Say {{what}}")
    assert mlflow.genai.load_prompt(f"prompts:/prompt-{unique}/1").template == "Say {{what}}"
    assert client.search_registered_models(f"name = 'prompt-{unique}'") == []
    assert [p.name for p in mlflow.genai.search_prompts(f"name = 'prompt-{unique}'")] == [f"prompt-{unique}"]


def test_versions_aliases_and_tags_of_a_prompt(client, unique):
    name = f"greeting-{unique}"
    first = mlflow.genai.register_prompt(name, "Hi {{who}}", commit_message="first", tags={"tone": "short"})
    second = mlflow.genai.register_prompt(
        name, [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello {{who}}"}]
    )
    assert (first.version, second.version) == (1, 2)
    mlflow.genai.set_prompt_alias(name, "live", 2)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@live").version == 2
    assert mlflow.genai.load_prompt(name, version=1).format(who="Ann") == "Hi Ann"
    mlflow.genai.delete_prompt_alias(name, "live")
    mlflow.genai.set_prompt_version_tag(name, 1, "reviewed", "yes")
    assert mlflow.genai.load_prompt(name, version=1).tags["reviewed"] == "yes"
    mlflow.genai.set_prompt_tag(name, "team", "a")
    assert mlflow.genai.get_prompt_tags(name)["team"] == "a"
    assert [p.version for p in client.search_prompt_versions(name)] in ([2, 1], [1, 2])
    assert mlflow.genai.load_prompt(f"prompts:/{name}/9", allow_missing=True) is None
    client.delete_prompt_version(name, "1")
    assert mlflow.genai.load_prompt(name, version=1, allow_missing=True) is None


def test_a_prompt_is_no_model(client, unique):
    mlflow.genai.register_prompt(f"shy-{unique}", "x")
    client.create_registered_model(f"shy-{unique}-model")
    assert [m.name for m in client.search_registered_models(f"name LIKE 'shy-{unique}%'")] == [f"shy-{unique}-model"]
    named = client.search_registered_models(f"name LIKE 'shy-{unique}%' AND tags.`mlflow.prompt.is_prompt` = 'true'")
    assert [m.name for m in named] == [f"shy-{unique}"]
    with pytest.raises(MlflowException):
        mlflow.pyfunc.load_model(f"models:/shy-{unique}/1")
