"""Registered models and versions: stages, aliases, copies, downloads, gates."""

import time

import pytest
from mlflow.exceptions import MlflowException, RestException

# A portal moves a version whose gates passed to staging by itself.
UNPROMOTED = ("None", "Staging")


def test_registered_models(client, unique):
    name = f"Model {unique}"
    client.create_registered_model(name, tags={"k": "v"}, description="d")
    with pytest.raises(RestException) as error:
        client.create_registered_model(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"
    for wrong in ("a/b", "a:b"):
        with pytest.raises(MlflowException):
            client.create_registered_model(wrong)
    client.update_registered_model(name, "other")
    client.set_registered_model_tag(name, "k2", "v2")
    client.delete_registered_model_tag(name, "k")
    model = client.get_registered_model(name)
    assert (model.description, model.tags) == ("other", {"k2": "v2"})
    assert [m.name for m in client.search_registered_models(f"name LIKE '%{unique}'")] == [name]
    assert [m.name for m in client.search_registered_models("tags.k2 = 'v2'", order_by=["name DESC"])].count(name) == 1
    client.rename_registered_model(name, f"New {unique}")
    client.delete_registered_model(f"New {unique}")
    with pytest.raises(RestException) as error:
        client.get_registered_model(name)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_versions_stages_and_aliases(client, experiment, unique):
    name = f"staged-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "x", "model/MLmodel")
    for n in (1, 2, 3):
        version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags={"n": str(n)})
        assert int(version.version) == n
    client.update_model_version(name, 1, "text")
    client.set_model_version_tag(name, 1, "q", "ok")
    client.delete_model_version_tag(name, 1, "n")
    one = client.get_model_version(name, 1)
    assert (one.description, one.tags) == ("text", {"q": "ok"})
    found = client.search_model_versions(f"name = '{name}' AND tags.n = '2'")
    assert [int(v.version) for v in found] == [2]
    assert [int(v.version) for v in client.search_model_versions(f"run_id = '{run.info.run_id}'", order_by=["version_number DESC"])] == [3, 2, 1]
    client.transition_model_version_stage(name, 2, "staging")
    assert client.get_model_version(name, 2).current_stage == "Staging"
    assert client.get_latest_versions(name, ["Staging"])[0].current_stage == "Staging"
    client.set_registered_model_alias(name, "blue", 2)
    assert client.get_model_version_by_alias(name, "blue").version == "2"
    assert client.get_registered_model(name).aliases == {"blue": "2"}
    client.delete_registered_model_alias(name, "blue")
    for alias in ("v1", "latest", "a/b"):
        with pytest.raises(MlflowException):
            client.set_registered_model_alias(name, alias, 1)
    client.delete_model_version(name, 3)
    version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    assert version.version == "4"
    assert client.get_model_version_download_uri(name, "4") == f"{run.info.artifact_uri}/model"


def test_gates_cannot_be_gone_round(client, experiment, unique):
    name = f"gated-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    attempts = [
        lambda: client.transition_model_version_stage(name, 1, "Production"),
        lambda: client.set_registered_model_alias(name, "champion", 1),
        lambda: client.set_registered_model_alias(name, "Production", 1),
    ]
    for attempt in attempts:
        started = time.time()
        with pytest.raises(RestException, match="[Pp]romotion") as error:
            attempt()
        assert error.value.error_code == "INVALID_STATE_TRANSITION"
        assert time.time() - started < 5
    assert client.get_model_version(name, 1).current_stage in UNPROMOTED
    assert client.get_registered_model(name).aliases == {}


def test_versions_are_copied_and_their_sources_stay(client, experiment, unique):
    name = f"source-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "x", "model/MLmodel")
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags={"k": "v"})
    copy = client.copy_model_version(f"models:/{name}/1", f"target-{unique}")
    assert (copy.name, copy.version, copy.source) == (f"target-{unique}", "1", f"models:/{name}/1")
    assert client.get_model_version_download_uri(copy.name, "1") == f"{run.info.artifact_uri}/model"
    assert copy.run_id == run.info.run_id
    again = client.copy_model_version(f"models:/{copy.name}/1", copy.name + "-2")
    assert client.get_model_version_download_uri(again.name, "1") == f"{run.info.artifact_uri}/model"


def test_what_a_deleted_version_leaves(client, experiment, unique):
    name = f"deleted-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    create = lambda: client.create_model_version(name, f"{run.info.artifact_uri}/m", run.info.run_id)
    assert [create().version, create().version] == ["1", "2"]
    client.set_registered_model_alias(name, "blue", 2)
    client.delete_model_version(name, 2)
    assert client.get_registered_model(name).aliases == {}
    with pytest.raises(RestException) as error:
        client.get_model_version(name, 2)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert create().version == "3"
    assert [v.version for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])] == ["1", "3"]


def test_stages_archive_their_predecessors_when_asked(client, experiment, unique):
    name = f"archive-{unique}"
    client.create_registered_model(name)
    run = client.create_run(experiment)
    for _ in range(2):
        client.create_model_version(name, f"{run.info.artifact_uri}/m", run.info.run_id)
    client.transition_model_version_stage(name, 1, "Staging")
    client.transition_model_version_stage(name, 2, "Staging", archive_existing_versions=True)
    assert [client.get_model_version(name, n).current_stage for n in (1, 2)] == ["Archived", "Staging"]
    for stage, archive in (("Archived", True), ("nowhere", False)):
        with pytest.raises(RestException) as error:
            client.transition_model_version_stage(name, 1, stage, archive_existing_versions=archive)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_model_follows_its_new_name(client, experiment, unique):
    old, new = f"old-{unique}", f"new-{unique}"
    client.create_registered_model(old, tags={"k": "v"})
    run = client.create_run(experiment)
    client.create_model_version(old, f"{run.info.artifact_uri}/m", run.info.run_id)
    client.set_registered_model_alias(old, "blue", 1)
    client.rename_registered_model(old, new)
    assert client.get_model_version_by_alias(new, "blue").version == "1"
    assert client.get_registered_model(new).tags == {"k": "v"}
    with pytest.raises(RestException) as error:
        client.rename_registered_model(new, new)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"
