"""The requests that go to MLflow's own server and to ours. `{name}` is what an earlier answer said; `{u}` is new each time."""


def cases():
    return [
        *server(),
        *experiments(),
        *runs(),
        *metrics(),
        *searches(),
        *inputs(),
        *logged_models(),
        *registry(),
        *versions(),
        *artifacts(),
        *webhooks(),
        *traces(),
        *assessments(),
        *evaluation_datasets(),
    ]


def case(name, method, path, json=None, **more):
    return {"name": name, "method": method, "path": path, **({} if json is None else {"json": json}), **more}


def post(name, path, json, **more):
    return case(name, "POST", path, json, **more)


def get(name, path, params=None, **more):
    return case(name, "GET", path, **({} if params is None else {"params": params}), **more)


def server():
    return [
        get("health", "/health"),
        get("version", "/version"),
        get("server info", "/api/3.0/mlflow/server-info"),
        get("unknown endpoint", "runs/nothing"),
        case("body that is not JSON", "POST", "runs/search", data="{", headers={"Content-Type": "application/json"}),
        case("body that is no object", "POST", "runs/create", data="[1]", headers={"Content-Type": "application/json"}),
        case("body of another type", "POST", "experiments/create", data="name=x", headers={"Content-Type": "text/plain"}),
        post("unknown fields are ignored", "experiments/get-by-name-x", {"a": 1}),
    ]


def experiments():
    many = [
        post(f"experiment {letter}", "experiments/create", {"name": "{u}-%s" % letter, "tags": [{"key": "kind", "value": "many {u}"}]}, save={f"many_{letter}": "experiment_id"})
        for letter in "abc"
    ]
    found = "tags.kind = 'many {u}'"
    return [
        post("create experiment", "experiments/create", {"name": "{u}", "tags": [{"key": "a", "value": "1"}]}, save={"experiment": "experiment_id"}),
        post("create experiment twice", "experiments/create", {"name": "{u}"}),
        post("experiment without a name", "experiments/create", {}),
        post("experiment with an empty name", "experiments/create", {"name": ""}),
        post("experiment with a null name", "experiments/create", {"name": None}),
        post("experiment with a name of spaces", "experiments/create", {"name": " {u} "}),
        post("experiment with a numeric name", "experiments/create", {"name": 12}),
        post("experiment name too long", "experiments/create", {"name": "x" * 501}),
        post("experiment name of 500 wide characters", "experiments/create", {"name": "{u}" + "😀" * 400}),
        post("experiment with a tag name of another script", "experiments/create", {"name": "{u}-tag", "tags": [{"key": "команда", "value": "a"}]}),
        post("experiment with a bad tag name", "experiments/create", {"name": "{u}-bad", "tags": [{"key": "a%b", "value": "a"}]}),
        post("experiment with a null tag value", "experiments/create", {"name": "{u}-null", "tags": [{"key": "a", "value": None}]}),
        get("get experiment", "experiments/get", {"experiment_id": "{experiment}"}),
        get("get experiment 0", "experiments/get", {"experiment_id": "0"}),
        get("get experiment without an id", "experiments/get"),
        get("get unknown experiment", "experiments/get", {"experiment_id": "999999"}),
        get("get experiment of no number", "experiments/get", {"experiment_id": "abc"}),
        get("get experiment by name", "experiments/get-by-name", {"experiment_name": "{u}"}),
        get("get unknown experiment by name", "experiments/get-by-name", {"experiment_name": "{u}-none"}),
        *many,
        post("search experiments, as they come", "experiments/search", {"filter": found, "max_results": 10}),
        post("search experiments by name", "experiments/search", {"filter": found, "max_results": 10, "order_by": ["name ASC"]}),
        post("search experiments by name, downwards", "experiments/search", {"filter": found, "max_results": 10, "order_by": ["name DESC"]}),
        post("first page of experiments", "experiments/search", {"filter": found, "max_results": 2}, save={"experiments_page": "next_page_token"}),
        post("second page of experiments", "experiments/search", {"filter": found, "max_results": 2, "page_token": "{experiments_page}"}),
        post("search experiments without a limit", "experiments/search", {"filter": found}),
        post("search experiments with a limit of 0", "experiments/search", {"max_results": 0}),
        post("search experiments with a bad filter", "experiments/search", {"filter": "name >> 'x'", "max_results": 5}),
        post("search experiments by an unknown attribute", "experiments/search", {"filter": "colour = 'x'", "max_results": 5}),
        post("search experiments with a broken page token", "experiments/search", {"max_results": 5, "page_token": "broken"}),
        get("search experiments by GET", "experiments/search", {"filter": "name = '{u}'", "max_results": 5}),
        post("search experiments LIKE", "experiments/search", {"filter": "name LIKE '{u}-a%'", "max_results": 5}),
        post("search experiments ILIKE", "experiments/search", {"filter": "name ILIKE '{u}-A'", "max_results": 5}),
        post("set experiment tag", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "b", "value": "2"}),
        post("set experiment tag without a value", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "c"}),
        post("set experiment tag to nothing", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "c", "value": ""}),
        post("set experiment tag to null", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "d", "value": None}),
        post("experiment tag value too long", "experiments/set-experiment-tag", {"experiment_id": "{experiment}", "key": "d", "value": "x" * 20_001}),
        post("delete experiment tag", "experiments/delete-experiment-tag", {"experiment_id": "{experiment}", "key": "b"}),
        post("delete experiment tag twice", "experiments/delete-experiment-tag", {"experiment_id": "{experiment}", "key": "b"}),
        post("rename experiment", "experiments/update", {"experiment_id": "{many_a}", "new_name": "{u}-renamed"}),
        post("rename experiment to a taken name", "experiments/update", {"experiment_id": "{many_b}", "new_name": "{u}-c"}),
        post("rename experiment to nothing", "experiments/update", {"experiment_id": "{many_b}", "new_name": ""}),
        post("rename experiment without a name", "experiments/update", {"experiment_id": "{many_b}"}),
        post("rename unknown experiment", "experiments/update", {"experiment_id": "999999", "new_name": "x"}),
        post("delete experiment", "experiments/delete", {"experiment_id": "{many_b}"}),
        post("delete experiment twice", "experiments/delete", {"experiment_id": "{many_b}"}),
        post("delete unknown experiment", "experiments/delete", {"experiment_id": "999999"}),
        post("create experiment of a deleted name", "experiments/create", {"name": "{u}-b"}),
        post("rename deleted experiment", "experiments/update", {"experiment_id": "{many_b}", "new_name": "{u}-x"}),
        get("get deleted experiment", "experiments/get", {"experiment_id": "{many_b}"}),
        get("get deleted experiment by name", "experiments/get-by-name", {"experiment_name": "{u}-b"}),
        post("search deleted experiments", "experiments/search", {"filter": found, "view_type": "DELETED_ONLY", "max_results": 10}),
        post("search all experiments", "experiments/search", {"filter": found, "view_type": "ALL", "max_results": 10}),
        post("tag deleted experiment", "experiments/set-experiment-tag", {"experiment_id": "{many_b}", "key": "b", "value": "2"}),
        post("run in deleted experiment", "runs/create", {"experiment_id": "{many_b}", "start_time": 1}),
        post("restore experiment", "experiments/restore", {"experiment_id": "{many_b}"}),
        post("restore experiment twice", "experiments/restore", {"experiment_id": "{many_b}"}),
        post("artifact location of this server", "experiments/create", {"name": "{u}-own", "artifact_location": "mlflow-artifacts:/x"}),
        post("artifact location that climbs", "experiments/create", {"name": "{u}-climb", "artifact_location": "mlflow-artifacts:/../.."}),
        post("artifact location elsewhere", "experiments/create", {"name": "{u}-s3", "artifact_location": "s3://bucket/x"}),
        post("artifact location of another type", "experiments/create", {"name": "{u}-n", "artifact_location": 9.0}),
    ]


def runs():
    return [
        post("create run", "runs/create", {"experiment_id": "{experiment}", "start_time": 123, "run_name": "first", "tags": [{"key": "t", "value": "1"}]}, save={"run": "run.info.run_id"}),
        post("create run, camel case", "runs/create", {"experimentId": "{experiment}", "startTime": "124", "runName": "camel"}, save={"camel": "run.info.run_id"}),
        post("create run without an experiment", "runs/create", {"start_time": 1}),
        post("create run in unknown experiment", "runs/create", {"experiment_id": "999999"}),
        post("create run named by its tag", "runs/create", {"experiment_id": "{experiment}", "start_time": 125, "tags": [{"key": "mlflow.runName", "value": "tagged"}]}),
        post("create run of two names", "runs/create", {"experiment_id": "{experiment}", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]}),
        post("create run with a bad tag", "runs/create", {"experiment_id": "{experiment}", "tags": [{"key": "a//b", "value": "b"}]}),
        post("create run with null fields", "runs/create", {"experiment_id": "{experiment}", "start_time": 126, "run_name": "nulls", "user_id": None, "tags": None}),
        get("get run", "runs/get", {"run_id": "{run}"}),
        get("get run by uuid", "runs/get", {"run_uuid": "{run}"}),
        get("get run without an id", "runs/get"),
        get("get unknown run", "runs/get", {"run_id": "0" * 32}),
        get("get run of a strange id", "runs/get", {"run_id": "../x"}),
        case("get run by a body", "GET", "runs/get", {"run_id": "{run}"}),
        post("update run", "runs/update", {"run_id": "{run}", "status": "FINISHED", "end_time": 200, "run_name": "renamed"}),
        post("update run by number", "runs/update", {"run_id": "{run}", "status": 4}),
        post("update run to a strange status", "runs/update", {"run_id": "{run}", "status": "DONE"}),
        post("update run, nothing", "runs/update", {"run_id": "{run}"}),
        post("update unknown run", "runs/update", {"run_id": "0" * 32, "status": "FINISHED"}),
        post("set tag", "runs/set-tag", {"run_id": "{run}", "key": "город", "value": "x"}),
        post("set tag to nothing", "runs/set-tag", {"run_id": "{run}", "key": "empty", "value": ""}),
        post("set tag without a value", "runs/set-tag", {"run_id": "{run}", "key": "none"}),
        post("set tag to null", "runs/set-tag", {"run_id": "{run}", "key": "null", "value": None}),
        post("set tag without a key", "runs/set-tag", {"run_id": "{run}", "value": "x"}),
        post("set tag to a number", "runs/set-tag", {"run_id": "{run}", "key": "n", "value": 5}),
        post("set tag with a bad key", "runs/set-tag", {"run_id": "{run}", "key": "../x", "value": "x"}),
        post("set tag with a key too long", "runs/set-tag", {"run_id": "{run}", "key": "k" * 251, "value": "x"}),
        post("set tag with a value too long", "runs/set-tag", {"run_id": "{run}", "key": "long", "value": "x" * 8001}),
        post("rename by tag", "runs/set-tag", {"run_id": "{run}", "key": "mlflow.runName", "value": "by tag"}),
        get("renamed by tag", "runs/get", {"run_id": "{run}"}),
        post("delete tag", "runs/delete-tag", {"run_id": "{run}", "key": "empty"}),
        post("delete tag twice", "runs/delete-tag", {"run_id": "{run}", "key": "empty"}),
        post("log param", "runs/log-parameter", {"run_id": "{run}", "key": "p", "value": "1"}),
        post("log param again", "runs/log-parameter", {"run_id": "{run}", "key": "p", "value": "1"}),
        post("change param", "runs/log-parameter", {"run_id": "{run}", "key": "p", "value": "2"}),
        post("log empty param", "runs/log-parameter", {"run_id": "{run}", "key": "e", "value": ""}),
        post("log null param", "runs/log-parameter", {"run_id": "{run}", "key": "n", "value": None}),
        post("log param without a value", "runs/log-parameter", {"run_id": "{run}", "key": "w"}),
        post("log param of another script", "runs/log-parameter", {"run_id": "{run}", "key": "точность", "value": "1"}),
        post("log param of combining marks", "runs/log-parameter", {"run_id": "{run}", "key": "हिन्दी", "value": "1"}),
        post("log param with a path for a key", "runs/log-parameter", {"run_id": "{run}", "key": "a/../b", "value": "1"}),
        post("log param with a slash at the end", "runs/log-parameter", {"run_id": "{run}", "key": "a/", "value": "1"}),
        post("log param with an emoji", "runs/log-parameter", {"run_id": "{run}", "key": "😀", "value": "1"}),
        post("log long param", "runs/log-parameter", {"run_id": "{run}", "key": "long", "value": "😀" * 6001}),
        post("log batch", "runs/log-batch", {"run_id": "{run}", "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}, {"key": "m", "value": 2, "timestamp": 2, "step": 1}], "params": [{"key": "b", "value": "x"}], "tags": [{"key": "b", "value": "y"}]}),
        post("log empty batch", "runs/log-batch", {"run_id": "{run}"}),
        post("log batch with a param twice", "runs/log-batch", {"run_id": "{run}", "params": [{"key": "d", "value": "1"}, {"key": "d", "value": "2"}]}),
        post("log batch with a tag twice", "runs/log-batch", {"run_id": "{run}", "tags": [{"key": "d", "value": "1"}, {"key": "d", "value": "2"}]}),
        post("log batch with a changed param", "runs/log-batch", {"run_id": "{run}", "params": [{"key": "b", "value": "z"}]}),
        post("log batch with too many params", "runs/log-batch", {"run_id": "{run}", "params": [{"key": f"k{n}", "value": "1"} for n in range(101)]}),
        post("log batch with too many metrics", "runs/log-batch", {"run_id": "{run}", "metrics": [{"key": "k", "value": 1, "timestamp": n} for n in range(1001)]}),
        post("log batch without a run", "runs/log-batch", {"metrics": []}),
        post("log batch of strings", "runs/log-batch", {"run_id": "{run}", "metrics": "abc"}),
        post("log batch with an entry without a key", "runs/log-batch", {"run_id": "{run}", "tags": [{"value": "1"}]}),
        post("log batch with a null value", "runs/log-batch", {"run_id": "{run}", "tags": [{"key": "nv", "value": None}]}),
        get("run after batches", "runs/get", {"run_id": "{run}"}),
        post("delete run", "runs/delete", {"run_id": "{camel}"}),
        post("delete run twice", "runs/delete", {"run_id": "{camel}"}),
        post("delete unknown run", "runs/delete", {"run_id": "0" * 32}),
        get("get deleted run", "runs/get", {"run_id": "{camel}"}),
        post("log into deleted run", "runs/log-metric", {"run_id": "{camel}", "key": "m", "value": 1, "timestamp": 1}),
        post("tag deleted run", "runs/set-tag", {"run_id": "{camel}", "key": "m", "value": "1"}),
        post("update deleted run", "runs/update", {"run_id": "{camel}", "status": "FINISHED"}),
        post("restore run", "runs/restore", {"run_id": "{camel}"}),
        post("restore run twice", "runs/restore", {"run_id": "{camel}"}),
        post("log model of MLflow 2", "runs/log-model", {"run_id": "{run}", "model_json": "{\"run_id\": \"x\", \"artifact_path\": \"m\", \"utc_time_created\": \"now\", \"flavors\": {}}"}),
        post("log model that is not JSON", "runs/log-model", {"run_id": "{run}", "model_json": "x"}),
        post("log model with a piece missing", "runs/log-model", {"run_id": "{run}", "model_json": "{}"}),
    ]


def metrics():
    points = [{"key": "curve", "value": n / 2, "timestamp": n, "step": n} for n in range(17)]
    history = {"run_id": "{run}", "metric_key": "curve"}
    return [
        post("log metric", "runs/log-metric", {"run_id": "{run}", "key": "one", "value": 0.5, "timestamp": 5, "step": 3}),
        post("log metric again", "runs/log-metric", {"run_id": "{run}", "key": "one", "value": 0.5, "timestamp": 5, "step": 3}),
        post("log metric of another script", "runs/log-metric", {"run_id": "{run}", "key": "précision", "value": 0.5, "timestamp": 5}),
        post("log metric NaN", "runs/log-metric", {"run_id": "{run}", "key": "nan", "value": "NaN", "timestamp": 5}),
        post("log metric infinity", "runs/log-metric", {"run_id": "{run}", "key": "inf", "value": "Infinity", "timestamp": 5}),
        post("log metric minus infinity", "runs/log-metric", {"run_id": "{run}", "key": "-inf", "value": "-Infinity", "timestamp": 5}),
        post("log metric without a value", "runs/log-metric", {"run_id": "{run}", "key": "x", "timestamp": 5}),
        post("log metric null", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": None, "timestamp": 5}),
        post("log metric of text", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": "high", "timestamp": 5}),
        post("log metric of a number in text", "runs/log-metric", {"run_id": "{run}", "key": "text", "value": "1.5", "timestamp": "5"}),
        post("log metric of a truth", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": True, "timestamp": 5}),
        post("log metric without a time", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": 1}),
        post("log metric without a key", "runs/log-metric", {"run_id": "{run}", "value": 1, "timestamp": 5}),
        post("log metric at a negative time", "runs/log-metric", {"run_id": "{run}", "key": "x", "value": 1, "timestamp": -1}),
        post("log metric at a negative step", "runs/log-metric", {"run_id": "{run}", "key": "below", "value": 1, "timestamp": 1, "step": -5}),
        post("log metric at step 2^53 + 1", "runs/log-metric", {"run_id": "{run}", "key": "far", "value": 1, "timestamp": 1, "step": 2**53 + 1}),
        post("log metric at step 2^63 - 1", "runs/log-metric", {"run_id": "{run}", "key": "far", "value": 2, "timestamp": 1, "step": str(2**63 - 1)}),
        post("log metric at step 2^63", "runs/log-metric", {"run_id": "{run}", "key": "far", "value": 3, "timestamp": 1, "step": str(2**63)}),
        post("log metric at step 1.5", "runs/log-metric", {"run_id": "{run}", "key": "far", "value": 3, "timestamp": 1, "step": 1.5}),
        post("log metric at step 2.0", "runs/log-metric", {"run_id": "{run}", "key": "two", "value": 3, "timestamp": 1, "step": 2.0}),
        post("log metric at a time in nanoseconds", "runs/log-metric", {"run_id": "{run}", "key": "nano", "value": 3, "timestamp": 1_730_000_000_000_000_001}),
        get("history of far steps", "metrics/get-history", {"run_id": "{run}", "metric_key": "far", "max_results": 10}),
        post("log a curve", "runs/log-batch", {"run_id": "{run}", "metrics": points}),
        get("history", "metrics/get-history", {**history, "max_results": 5}, save={"history_page": "next_page_token"}),
        get("history, next page", "metrics/get-history", {**history, "max_results": 20, "page_token": "{history_page}"}),
        get("history without a limit", "metrics/get-history", history),
        get("history of an unknown metric", "metrics/get-history", {"run_id": "{run}", "metric_key": "none", "max_results": 5}),
        get("history without a key", "metrics/get-history", {"run_id": "{run}"}),
        get("history of an unknown run", "metrics/get-history", {"run_id": "0" * 32, "metric_key": "curve"}),
        get("bulk interval", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 5}),
        get("bulk interval of one", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 1}),
        get("bulk interval of many", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 100}),
        get("bulk interval of six", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 6}),
        get("bulk interval of a window", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 4, "start_step": 3, "end_step": 12}),
        get("bulk interval of a window turned round", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "start_step": 12, "end_step": 3}),
        get("bulk interval of half a window", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "start_step": 12}),
        get("bulk interval of 0", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "curve", "max_results": 0}),
        get("bulk interval without runs", "metrics/get-history-bulk-interval", {"metric_key": "curve"}),
        get("bulk interval of far steps", "metrics/get-history-bulk-interval", {"run_ids": "{run}", "metric_key": "far", "max_results": 10}),
        get("bulk", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"run_id": "{run}", "metric_key": "curve", "max_results": 5}),
        get("bulk without runs", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"metric_key": "curve"}),
        get("latest metrics", "runs/get", {"run_id": "{run}"}),
    ]


def searches():
    made = []
    for name, auc, solver in [("s1", 0.5, "a"), ("s2", 0.9, "b"), ("s3", "NaN", "a")]:
        made += [
            post(f"run {name}", "runs/create", {"experiment_id": "{many_c}", "start_time": 1000 + int(name[1]), "run_name": name}, save={name: "run.info.run_id"}),
            post(f"values of {name}", "runs/log-batch", {"run_id": "{%s}" % name, "metrics": [{"key": "auc", "value": auc, "timestamp": 1}, {"key": "val loss", "value": 1, "timestamp": 1}], "params": [{"key": "solver", "value": solver}, {"key": "odd key", "value": "x"}], "tags": [{"key": "team", "value": solver.upper()}]}),
        ]
    made.append(post("run s4", "runs/create", {"experiment_id": "{many_c}", "start_time": 1004, "run_name": "s4"}, save={"s4": "run.info.run_id"}))
    made.append(post("finish s4", "runs/update", {"run_id": "{s4}", "status": "FINISHED", "end_time": 5000}))

    def search(name, filter="", **more):
        return post(name, "runs/search", {"experiment_ids": ["{many_c}"], "filter": filter, "max_results": 10, **more})

    filters = [
        "", "metrics.auc > 0.6", "metrics.auc < 0.6", "metrics.auc = 0.5", "metric.auc != 0.5", "metrics.`val loss` >= 1", 'metrics."val loss" >= 1',
        "metrics.auc >= 1e-1", "metrics.auc > 0.1 AND params.solver = 'a'", "metrics.auc > 0.1 and params.solver = 'b'", "params.solver LIKE 'A%'",
        "params.solver ILIKE 'A%'", "params.solver != 'a'", "params.`odd key` = 'x'", "tags.team = 'A'", 'tags.team = "A"', "tag.team != 'A'",
        "attributes.status = 'FINISHED'", "attribute.run_name = 's1'", "run_name LIKE 's%'", "run_name ILIKE 'S%'", "attributes.start_time > 1002",
        "attributes.end_time = 5000", "start_time <= 1002", "status != 'FINISHED'", "run_id = '{s1}'", "run_id IN ('{s1}', '{s2}')", "run_id NOT IN ('{s1}', '{s2}')",
        "tags.mlflow.runName = 's1'", "params.solver IS NULL", "params.solver IS NOT NULL", "tags.nothing IS NULL", "metrics.none > 0", "attributes.artifact_uri LIKE '%{s1}%'",
        "user_id = 'nobody'", "lifecycle_stage = 'active'", "metrics.auc > 0 AND metrics.auc < 1 AND metrics.`val loss` = 1",
    ]
    broken = [
        "metrics.auc", "metrics.auc >", "metrics.auc > 'x'", "params.solver = a", "params.solver > 'a'", "metrics.auc > 1 OR metrics.auc < 1", "(metrics.auc > 1)",
        "colours.x = 'y'", "attributes.colour = 'y'", "run_id IN ('a', 1)", "run_id IN ()", "status IN ('FINISHED')", "metrics.auc > 1 AND", "AND metrics.auc > 1",
        "metrics.auc > 1; metrics.auc < 3", "params.a = 'b' params.c = 'd'", "= 'x'", "datasets.colour = 'x'", "metrics.auc IS NULL", "tags.a LIKE 1", "start_time = 'x'",
        "run_name = 5",
    ]
    orders = [
        ["metrics.auc DESC"], ["metrics.auc ASC"], ["metrics.auc"], ["params.solver", "start_time ASC"], ["tags.team DESC", "attributes.start_time"], ["attributes.end_time"],
        ["start_time"], ["run_name DESC"], ["status"], ["metrics.none"], ["`Run Name` desc"], ["Created asc"], ["metrics.`val loss`", "metrics.auc desc"],
    ]
    bad_orders = [["colour"], ["metrics.auc UP"], ["metrics.auc", "metrics.auc"], ["metrics."], ["metrics.auc DESC ASC"], ["dataset.name"]]
    return [
        *made,
        *[search(f"search runs: {text or 'everything'}", text) for text in filters],
        *[search(f"search runs, broken: {text}", text) for text in broken],
        *[search(f"runs by {', '.join(order)}", order_by=order) for order in orders],
        *[search(f"runs by broken {', '.join(order)}", order_by=order) for order in bad_orders],
        post("first page of runs", "runs/search", {"experiment_ids": ["{many_c}"], "max_results": 2}, save={"runs_page": "next_page_token"}),
        search("second page of runs", page_token="{runs_page}"),
        search("runs with a broken page token", page_token="?"),
        search("runs with a limit of 0", max_results=0),
        search("runs with too high a limit", max_results=50_001),
        search("deleted runs", run_view_type="DELETED_ONLY"),
        search("all runs", run_view_type="ALL"),
        search("runs of a strange view", run_view_type="SOME"),
        post("runs of no experiment", "runs/search", {"experiment_ids": [], "max_results": 5}),
        post("runs of an unknown experiment", "runs/search", {"experiment_ids": ["999999"], "max_results": 5}),
        post("runs without anything", "runs/search", {}),
    ]


def inputs():
    def dataset(name, digest="d1", context="training", **more):
        return {"tags": [{"key": "mlflow.data.context", "value": context}], "dataset": {"name": name, "digest": digest, "source_type": "local", "source": "s", **more}}

    return [
        post("log inputs", "runs/log-inputs", {"run_id": "{s1}", "datasets": [dataset("zebra"), dataset("apple", schema="{}", profile="{}"), dataset("mango", "d2", "test")]}),
        post("log inputs again", "runs/log-inputs", {"run_id": "{s1}", "datasets": [dataset("zebra")]}),
        post("log an input later", "runs/log-inputs", {"run_id": "{s1}", "datasets": [dataset("banana")]}),
        get("inputs as logged", "runs/get", {"run_id": "{s1}"}),
        post("log nothing as input", "runs/log-inputs", {"run_id": "{s1}"}),
        post("log input without a name", "runs/log-inputs", {"run_id": "{s1}", "datasets": [{"dataset": {"digest": "a", "source_type": "local", "source": "s"}}]}),
        post("log input without a data set", "runs/log-inputs", {"run_id": "{s1}", "datasets": [{"tags": []}]}),
        post("log input with a digest too long", "runs/log-inputs", {"run_id": "{s1}", "datasets": [dataset("x", "d" * 37)]}),
        post("log input into an unknown run", "runs/log-inputs", {"run_id": "0" * 32, "datasets": [dataset("x")]}),
        post("search by data set", "runs/search", {"experiment_ids": ["{many_c}"], "filter": "datasets.name = 'apple'", "max_results": 5}, unordered="dataset_inputs"),
        post("search by context", "runs/search", {"experiment_ids": ["{many_c}"], "filter": "dataset.context = 'test'", "max_results": 5}, unordered="dataset_inputs"),
        post("search by digests", "runs/search", {"experiment_ids": ["{many_c}"], "filter": "dataset.digest IN ('d1', 'd9')", "max_results": 5}, unordered="dataset_inputs"),
        post("search data sets", "experiments/search-datasets", {"experiment_ids": ["{many_c}"]}),
        post("search data sets of nothing", "experiments/search-datasets", {}),
    ]


def logged_models():
    def search(name, filter="", **more):
        return post(name, "logged-models/search", {"experiment_ids": ["{many_c}"], "filter": filter, "max_results": 10, **more})

    return [
        post("create logged model", "logged-models", {"experiment_id": "{many_c}", "name": "forest", "model_type": "sklearn", "source_run_id": "{s1}", "params": [{"key": "depth", "value": "3"}], "tags": [{"key": "a", "value": "1"}]}, save={"model": "model.info.model_id"}),
        post("create logged model without a run", "logged-models", {"experiment_id": "{many_c}", "name": "tree"}, save={"tree": "model.info.model_id"}),
        post("create logged model in unknown experiment", "logged-models", {"experiment_id": "999999", "name": "x"}),
        post("create logged model without an experiment", "logged-models", {"name": "x"}),
        post("create logged model of a bad name", "logged-models", {"experiment_id": "{many_c}", "name": "a/b"}),
        post("create logged model of a name with a dot", "logged-models", {"experiment_id": "{many_c}", "name": "a.b"}),
        get("get logged model", "logged-models/{model}"),
        get("get unknown logged model", "logged-models/m-" + "0" * 32),
        case("finalize logged model", "PATCH", "logged-models/{model}", {"model_id": "{model}", "status": "LOGGED_MODEL_READY"}),
        case("finalize logged model strangely", "PATCH", "logged-models/{model}", {"model_id": "{model}", "status": "DONE"}),
        case("finalize logged model without a status", "PATCH", "logged-models/{model}", {"model_id": "{model}"}),
        case("finalize logged model as pending", "PATCH", "logged-models/{model}", {"model_id": "{model}", "status": "LOGGED_MODEL_PENDING"}),
        case("tag logged model", "PATCH", "logged-models/{model}/tags", {"tags": [{"key": "b", "value": "2"}, {"key": "город", "value": "x"}]}),
        case("tag unknown logged model", "PATCH", "logged-models/m-" + "0" * 32 + "/tags", {"tags": [{"key": "b", "value": "2"}]}),
        case("delete tag of logged model", "DELETE", "logged-models/{model}/tags/b", {}),
        case("delete tag of logged model twice", "DELETE", "logged-models/{model}/tags/b", {}),
        post("params of logged model", "logged-models/{model}/params", {"model_id": "{model}", "params": [{"key": "leaf", "value": "1"}]}),
        post("metric of logged model", "runs/log-batch", {"run_id": "{s1}", "metrics": [{"key": "acc", "value": 0.8, "timestamp": 1, "step": 0, "model_id": "{model}", "dataset_name": "apple", "dataset_digest": "d1"}]}),
        post("outputs", "runs/outputs", {"run_id": "{s1}", "models": [{"model_id": "{model}", "step": 2}]}),
        post("outputs of an unknown model", "runs/outputs", {"run_id": "{s1}", "models": [{"model_id": "m-" + "0" * 32, "step": 2}]}),
        get("logged model with its metric", "logged-models/{model}"),
        get("files of logged model", "logged-models/{model}/artifacts/directories"),
        search("search logged models"),
        search("search logged models by name", "name = 'forest'"),
        search("search logged models by metric", "metrics.acc > 0.5"),
        search("search logged models by metric of a data set", "metrics.acc > 0.5", datasets=[{"dataset_name": "apple"}]),
        search("search logged models by metric of another data set", "metrics.acc > 0.5", datasets=[{"dataset_name": "pear"}]),
        search("search logged models by param", "params.depth = '3'"),
        search("search logged models by tag", "tags.a = '1'"),
        search("search logged models by status", "status = 'READY'"),
        search("search logged models by type", "model_type = 'sklearn'"),
        search("search logged models by run", "source_run_id = '{s1}'"),
        search("search logged models, broken", "colour = 'x'"),
        search("logged models by time", order_by=[{"field_name": "creation_timestamp", "ascending": True}]),
        search("logged models by name", order_by=[{"field_name": "name"}]),
        search("logged models by metric", order_by=[{"field_name": "metrics.acc", "ascending": False}]),
        search("logged models by nonsense", order_by=[{"field_name": "colour"}]),
        post("first page of logged models", "logged-models/search", {"experiment_ids": ["{many_c}"], "max_results": 1}, save={"models_page": "next_page_token"}),
        search("second page of logged models", page_token="{models_page}"),
        post("logged models of no experiment", "logged-models/search", {"experiment_ids": []}),
        post("create logged model of an empty name", "logged-models", {"experiment_id": "{many_c}", "name": ""}, save={"unnamed": "model.info.model_id"}),
        case("delete logged model", "DELETE", "logged-models/{tree}", {}),
        case("delete logged model twice", "DELETE", "logged-models/{tree}", {}),
        get("get deleted logged model", "logged-models/{tree}"),
        get("get deleted logged model all the same", "logged-models/{tree}", {"allow_deleted": "true"}),
    ]


def registry():
    name = "{u}-model"

    def search(title, filter="", **more):
        return get(title, "registered-models/search", {"filter": filter, "max_results": 10, **more})

    return [
        post("create model", "registered-models/create", {"name": name, "description": "d", "tags": [{"key": "a", "value": "1"}]}),
        post("create model twice", "registered-models/create", {"name": name}),
        post("create model without a name", "registered-models/create", {}),
        post("create model of an empty name", "registered-models/create", {"name": ""}),
        post("create model of a name with a slash", "registered-models/create", {"name": "{u}/x"}),
        post("create model of a name with a colon", "registered-models/create", {"name": "{u}:x"}),
        post("create model of dots", "registered-models/create", {"name": ".."}),
        post("create model of a name with dots", "registered-models/create", {"name": "{u}.a.b"}),
        post("create model of a name in another script", "registered-models/create", {"name": "{u}-модель"}),
        post("create model of a namespace", "registered-models/create", {"name": "__{u}__x", "tags": [{"key": "a", "value": "1"}]}),
        get("get model of a namespace", "registered-models/get", {"name": "__{u}__x"}),
        search("search models of a namespace", "name LIKE '__{u}__%'"),
        search("search the model of a namespace", "name = '__{u}__x'"),
        post("create model of the namespace default", "registered-models/create", {"name": "__default__{u}"}),
        post("create model in capitals", "registered-models/create", {"name": "{u}-MODEL"}),
        case("delete model in capitals", "DELETE", "registered-models/delete", {"name": "{u}-MODEL"}),
        post("create model of spaces", "registered-models/create", {"name": "  "}),
        post("create model with a bad tag", "registered-models/create", {"name": "{u}-t", "tags": [{"key": "a//b", "value": "x"}]}),
        get("get model", "registered-models/get", {"name": name}),
        get("get unknown model", "registered-models/get", {"name": "{u}-none"}),
        get("get model without a name", "registered-models/get"),
        case("describe model", "PATCH", "registered-models/update", {"name": name, "description": "other"}),
        case("describe model with nothing", "PATCH", "registered-models/update", {"name": name}),
        case("describe unknown model", "PATCH", "registered-models/update", {"name": "{u}-none", "description": "x"}),
        get("get model described", "registered-models/get", {"name": name}),
        post("tag model", "registered-models/set-tag", {"name": name, "key": "город", "value": "x"}),
        post("tag model without a value", "registered-models/set-tag", {"name": name, "key": "empty"}),
        post("tag model with nothing", "registered-models/set-tag", {"name": name, "key": "empty", "value": ""}),
        post("tag model with null", "registered-models/set-tag", {"name": name, "key": "null", "value": None}),
        post("tag model with a bad key", "registered-models/set-tag", {"name": name, "key": "a//b", "value": "x"}),
        post("tag unknown model", "registered-models/set-tag", {"name": "{u}-none", "key": "a", "value": "x"}),
        case("delete tag of model", "DELETE", "registered-models/delete-tag", {"name": name, "key": "a"}),
        case("delete tag of model twice", "DELETE", "registered-models/delete-tag", {"name": name, "key": "a"}),
        search("search models", "name = '{u}-model'"),
        search("search models LIKE", "name LIKE '{u}%'"),
        search("search models ILIKE", "name ILIKE '{u}-MODEL'"),
        search("search models by tag", "tags.`город` = 'x' AND name LIKE '{u}%'"),
        search("search models, broken", "colour = 'x'"),
        search("search models with OR", "name = 'a' OR name = 'b'"),
        search("models downwards", "name LIKE '{u}%'", order_by="name DESC"),
        search("models by time", "name LIKE '{u}%'", order_by="timestamp ASC"),
        search("models by nonsense", order_by="colour"),
        search("first page of models", "name LIKE '{u}%'", max_results=1, save=None) | {"save": {"registry_page": "next_page_token"}},
        search("second page of models", "name LIKE '{u}%'", page_token="{registry_page}"),
        search("models with a limit of 0", max_results=0),
        search("models with too high a limit", max_results=1001),
        get("absent alias", "registered-models/alias", {"name": name, "alias": "none"}),
        get("alias of unknown model", "registered-models/alias", {"name": "{u}-none", "alias": "none"}),
        case("delete absent alias", "DELETE", "registered-models/alias", {"name": name, "alias": "none"}),
        post("alias for an unknown version", "registered-models/alias", {"name": name, "alias": "best", "version": "9"}),
        get("latest versions of a model without any", "registered-models/get-latest-versions", {"name": name}),
        post("rename model", "registered-models/rename", {"name": "{u}.a.b", "new_name": "{u}-b"}),
        post("rename model to a taken name", "registered-models/rename", {"name": "{u}-b", "new_name": name}),
        post("rename model to nothing", "registered-models/rename", {"name": "{u}-b", "new_name": ""}),
        post("rename unknown model", "registered-models/rename", {"name": "{u}-none", "new_name": "{u}-y"}),
        case("delete model", "DELETE", "registered-models/delete", {"name": "{u}-b"}),
        case("delete model twice", "DELETE", "registered-models/delete", {"name": "{u}-b"}),
        case("delete model without a name", "DELETE", "registered-models/delete", {}),
    ]


def versions():
    name = "{u}-model"
    one = {"name": name, "version": "1"}

    def search(title, filter="name='{u}-model'", **more):
        return get(title, "model-versions/search", {"filter": filter, "max_results": 10, **more})

    def stage(title, stage, version="1", **more):
        return post(title, "model-versions/transition-stage", {"name": name, "version": version, "stage": stage, **more})

    return [
        post("create version of a run", "model-versions/create", {"name": name, "source": "mlflow-artifacts:/{many_c}/{s1}/artifacts/model", "run_id": "{s1}", "description": "d", "tags": [{"key": "a", "value": "1"}]}),
        post("create version of a logged model", "model-versions/create", {"name": name, "source": "models:/{model}", "model_id": "{model}", "run_id": "{s1}"}),
        get("logged model with its version", "logged-models/{model}"),
        post("create version of a version", "model-versions/create", {"name": name, "source": "models:/{u}-model/1"}),
        post("create version of the root of a run", "model-versions/create", {"name": name, "source": "mlflow-artifacts:/{many_c}/{s1}/artifacts", "run_id": "{s1}"}),
        post("create version of an unknown model", "model-versions/create", {"name": "{u}-none", "source": "models:/{model}", "model_id": "{model}"}),
        post("create version without a source", "model-versions/create", {"name": name}),
        post("create version of a path that climbs", "model-versions/create", {"name": name, "source": "mlflow-artifacts:/{many_c}/{s1}/artifacts/../../x", "run_id": "{s1}"}),
        post("create version of an unknown logged model", "model-versions/create", {"name": name, "source": "models:/m-" + "0" * 32, "model_id": "m-" + "0" * 32}),
        post("create version of files of the server", "model-versions/create", {"name": name, "source": "file:///etc"}),
        post("create version of files elsewhere", "model-versions/create", {"name": name, "source": "s3://bucket/model"}),
        post("create version with a bad tag", "model-versions/create", {"name": name, "source": "models:/{model}", "model_id": "{model}", "tags": [{"key": "a//b", "value": "x"}]}),
        get("get version", "model-versions/get", one),
        get("get version of a number", "model-versions/get", {"name": name, "version": 1}),
        get("get unknown version", "model-versions/get", {"name": name, "version": "99"}),
        get("get version of no number", "model-versions/get", {"name": name, "version": "x"}),
        get("get version without a number", "model-versions/get", {"name": name}),
        get("download uri of run", "model-versions/get-download-uri", one),
        get("download uri of logged model", "model-versions/get-download-uri", {"name": name, "version": "2"}),
        get("download uri of version", "model-versions/get-download-uri", {"name": name, "version": "3"}),
        get("download uri of unknown version", "model-versions/get-download-uri", {"name": name, "version": "99"}),
        case("describe version", "PATCH", "model-versions/update", {**one, "description": "other"}),
        case("describe unknown version", "PATCH", "model-versions/update", {"name": name, "version": "99", "description": "x"}),
        post("tag version", "model-versions/set-tag", {**one, "key": "город", "value": "x"}),
        post("tag version with nothing", "model-versions/set-tag", {**one, "key": "empty", "value": ""}),
        post("tag version without a value", "model-versions/set-tag", {**one, "key": "empty"}),
        post("tag version with a bad key", "model-versions/set-tag", {**one, "key": "a//b", "value": "x"}),
        post("tag unknown version", "model-versions/set-tag", {"name": name, "version": "99", "key": "a", "value": "x"}),
        case("delete tag of version", "DELETE", "model-versions/delete-tag", {**one, "key": "a"}),
        case("delete tag of version twice", "DELETE", "model-versions/delete-tag", {**one, "key": "a"}),
        search("search versions"),
        search("search versions by run", "run_id='{s1}'"),
        search("search versions by runs", "run_id IN ('{s1}', '{s2}')"),
        search("search versions by source", "source_path LIKE 'models:/%' AND name='{u}-model'"),
        search("search versions by number", "version_number = 1 AND name='{u}-model'"),
        search("search versions by tag", "tags.`город` = 'x' AND name='{u}-model'"),
        search("search versions, broken", "colour = 'x'"),
        search("versions upwards", order_by="version_number ASC"),
        search("versions by name", order_by="name"),
        search("versions by time", order_by="creation_timestamp DESC"),
        search("versions by nonsense", order_by="colour"),
        search("first page of versions", max_results=2) | {"save": {"versions_page": "next_page_token"}},
        search("second page of versions", page_token="{versions_page}"),
        search("versions with a limit of 0", max_results=0),
        post("latest versions", "registered-models/get-latest-versions", {"name": name}),
        get("latest versions by GET", "registered-models/get-latest-versions", {"name": name, "stages": "None"}),
        post("latest versions of a strange stage", "registered-models/get-latest-versions", {"name": name, "stages": ["Odd"]}),
        post("latest versions of unknown model", "registered-models/get-latest-versions", {"name": "{u}-none"}),
        stage("to Staging", "Staging"),
        stage("to staging, in small letters", "staging"),
        stage("to Archived", "Archived", "3"),
        stage("to None", "None"),
        stage("to a strange stage", "Odd"),
        stage("to nothing", ""),
        stage("archive with Archived", "Archived", archive_existing_versions=True),
        stage("unknown version to Staging", "Staging", "99"),
        stage("another to Staging, the rest away", "Staging", "2", archive_existing_versions=True),
        post("latest versions of stages", "registered-models/get-latest-versions", {"name": name, "stages": ["Staging", "None"]}),
        get("model with latest versions", "registered-models/get", {"name": name}),
        stage("to Production", "Production", "2"),
        post("set alias", "registered-models/alias", {**one, "alias": "best"}),
        post("set alias of another script", "registered-models/alias", {**one, "alias": "победитель"}),
        post("set alias to another version", "registered-models/alias", {"name": name, "version": "2", "alias": "best"}),
        post("set alias latest", "registered-models/alias", {**one, "alias": "Latest"}),
        post("set alias v1", "registered-models/alias", {**one, "alias": "v1"}),
        post("set alias with a space", "registered-models/alias", {**one, "alias": "a b"}),
        post("set empty alias", "registered-models/alias", {**one, "alias": ""}),
        get("get version by alias", "registered-models/alias", {"name": name, "alias": "best"}),
        get("get version by alias latest", "registered-models/alias", {"name": name, "alias": "latest"}),
        get("get model with aliases", "registered-models/get", {"name": name}),
        case("delete alias", "DELETE", "registered-models/alias", {"name": name, "alias": "best"}),
        case("delete alias twice", "DELETE", "registered-models/alias", {"name": name, "alias": "best"}),
        case("delete version", "DELETE", "model-versions/delete", {"name": name, "version": "3"}),
        case("delete version twice", "DELETE", "model-versions/delete", {"name": name, "version": "3"}),
        get("get deleted version", "model-versions/get", {"name": name, "version": "3"}),
        post("version after a deleted one", "model-versions/create", {"name": name, "source": "models:/{model}", "model_id": "{model}"}),
    ]


def artifacts():
    base = "/api/2.0/mlflow-artifacts/artifacts"
    root = base + "/{many_c}/{s2}/artifacts"
    return [
        case("upload", "PUT", f"{root}/notes.txt", data="hello"),
        case("upload into a folder", "PUT", f"{root}/folder/Bericht für Köln.csv", data="a,b"),
        case("upload a page", "PUT", f"{root}/page.html", data="<p>x</p>"),
        case("upload nothing", "PUT", f"{root}/empty.bin", data=""),
        case("upload beside the root, encoded", "PUT", f"{root}/%2e%2e/%2e%2e/x", data="x"),
        get("download", f"{root}/notes.txt", show_headers=True),
        get("download a name with spaces", f"{root}/folder/Bericht%20f%C3%BCr%20K%C3%B6ln.csv", show_headers=True),
        get("download a page", f"{root}/page.html", show_headers=True),
        get("download what is not there", f"{root}/none.txt"),
        get("download a folder", f"{root}/folder"),
        get("list", base, {"path": "{many_c}/{s2}/artifacts"}),
        get("list a folder", base, {"path": "{many_c}/{s2}/artifacts/folder"}),
        get("list a file", base, {"path": "{many_c}/{s2}/artifacts/notes.txt"}),
        get("list nothing", base, {"path": "{many_c}/{s2}/artifacts/none"}),
        get("list a path that climbs", base, {"path": "../x"}, message=True),
        get("list an absolute path", base, {"path": "/etc"}, message=True),
        get("list of a run", "artifacts/list", {"run_id": "{s2}"}),
        get("list a folder of a run", "artifacts/list", {"run_id": "{s2}", "path": "folder"}),
        get("list a file of a run", "artifacts/list", {"run_id": "{s2}", "path": "notes.txt"}),
        get("list a path of a run that climbs", "artifacts/list", {"run_id": "{s2}", "path": "../x"}, message=True),
        get("list of an unknown run", "artifacts/list", {"run_id": "0" * 32}),
        get("download for a browser", "/get-artifact", {"run_id": "{s2}", "path": "notes.txt"}, show_headers=True),
        get("download for a browser, a name with spaces", "/get-artifact", {"run_id": "{s2}", "path": "folder/Bericht für Köln.csv"}, show_headers=True),
        get("download a climbing path for a browser", "/get-artifact", {"run_id": "{s2}", "path": "../x"}),
        case("delete file", "DELETE", f"{root}/empty.bin"),
        case("delete file twice", "DELETE", f"{root}/empty.bin"),
        post("multipart upload", "/api/2.0/mlflow-artifacts/mpu/create/{many_c}/{s2}/artifacts/big.bin", {"path": "big.bin", "num_parts": 1}),
        get("presigned", "/api/2.0/mlflow-artifacts/presigned/{many_c}/{s2}/artifacts/notes.txt"),
    ]


def webhooks():
    hook = {"name": "{u}", "url": "https://93.184.215.14/hook", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]}
    return [
        post("create webhook", "webhooks", hook, save={"hook": "webhook.webhook_id"}, admin=True),
        post("create webhook without events", "webhooks", {"name": "x", "url": "http://127.0.0.1:9/hook"}, admin=True),
        post("create webhook of a strange address", "webhooks", {**hook, "url": "ftp://x"}, admin=True),
        post("create webhook of strange events", "webhooks", {**hook, "events": [{"entity": "MOON", "action": "CREATED"}]}, admin=True),
        get("get webhook", "webhooks/{hook}", admin=True),
        get("get unknown webhook", "webhooks/none", admin=True),
        case("change webhook", "PATCH", "webhooks/{hook}", {"status": "DISABLED"}, admin=True),
        case("delete webhook", "DELETE", "webhooks/{hook}", admin=True),
        case("delete webhook twice", "DELETE", "webhooks/{hook}", admin=True),
    ]


TRACES = "/api/3.0/mlflow/traces"


def trace(label, number, **more):
    return {
        "trace": {
            "trace_info": {
                "trace_id": "tr-{%s}" % label,
                "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}},
                "request_time": f"2026-01-0{number}T00:00:00Z",
                "execution_duration": "0.25s",
                "state": "OK",
                "trace_metadata": {"mlflow.trace_schema.version": "3", "mlflow.sourceRun": "{s1}"},
                "tags": {"mlflow.traceName": f"call {number}", "colour": "red"},
                "request_preview": "question",
                "response_preview": "answer",
                **more,
            }
        }
    }


def traces():
    def search(name, filter=None, **more):
        return post(name, f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, **({"filter": filter} if filter else {}), **more})

    filters = [
        "trace.status = 'OK'", "status = 'ERROR'", "trace.name = 'call 1'", "name LIKE 'call%'", "tags.colour = 'red'", "tag.colour != 'red'", "metadata.`mlflow.sourceRun` = '{s1}'",
        "request_metadata.`mlflow.sourceRun` = '{s1}'", "trace.timestamp_ms > 0", "execution_time_ms > 100", "execution_time > 1000", "run_id = '{s1}'", "trace.run_id = '{s2}'",
        "tags.none IS NULL", "tags.colour IS NOT NULL", "trace.text LIKE '%question%'", "trace.text ILIKE '%QUESTION%'", "span.name = 'x'", "span.type = 'LLM'", "span.status = 'OK'",
        "client_request_id = 'c1'", "name IN ('call 1', 'call 9')",
    ]
    broken = ["colour = 'x'", "status > 'OK'", "trace.text = 'x'", "span.colour = 'x'", "timestamp_ms = 'x'"]
    return [
        post("trace 1", TRACES, trace("s1", 1)),
        post("trace 2", TRACES, trace("s2", 2, state="ERROR", client_request_id="c1")),
        post("trace without a location", TRACES, {"trace": {"trace_info": {"trace_id": "tr-x"}}}),
        get("get info of a trace", f"{TRACES}/tr-{{s1}}"),
        get("get info of an unknown trace", f"{TRACES}/tr-none"),
        search("search traces"),
        *[search(f"search traces: {text}", text) for text in filters],
        *[search(f"search traces, broken: {text}", text) for text in broken],
        search("traces by time", order_by=["timestamp_ms ASC"]),
        search("traces by name", order_by=["name DESC"]),
        search("first page of traces", max_results=1) | {"save": {"traces_page": "next_page_token"}},
        search("second page of traces", page_token="{traces_page}"),
        case("tag trace", "PATCH", f"{TRACES}/tr-{{s1}}/tags", {"key": "город", "value": "x"}),
        case("tag unknown trace", "PATCH", f"{TRACES}/tr-none/tags", {"key": "a", "value": "x"}),
        case("delete tag of trace", "DELETE", f"{TRACES}/tr-{{s1}}/tags", params={"key": "colour"}),
        case("delete tag of trace twice", "DELETE", f"{TRACES}/tr-{{s1}}/tags", params={"key": "colour"}),
        post("link traces to a run", "traces/link-to-run", {"trace_ids": ["tr-{s2}"], "run_id": "{s2}"}),
        post("link traces to a run again", "traces/link-to-run", {"trace_ids": ["tr-{s2}"], "run_id": "{s2}"}),
        post("link no traces", "traces/link-to-run", {"trace_ids": [], "run_id": "{s2}"}),
        post("link traces to nothing", "traces/link-to-run", {"trace_ids": ["tr-{s2}"]}),
        search("traces of the run", "run_id = '{s2}'"),
        search("traces of the run by metadata", "attribute.run_id = '{s2}'"),
        get("batch of traces", f"{TRACES}/batchGet", {"trace_ids": ["tr-none"]}),
        post("infos of traces", f"{TRACES}/batchGetInfos", {"trace_ids": ["tr-{s1}", "tr-none"]}),
    ]


def assessments():
    base = f"{TRACES}/tr-{{s1}}/assessments"
    feedback = {"assessment": {"trace_id": "tr-{s1}", "assessment_name": "quality", "source": {"source_type": "HUMAN", "source_id": "ann"}, "feedback": {"value": 0.5}, "rationale": "so so", "metadata": {"a": "b"}}}
    expectation = {"assessment": {"trace_id": "tr-{s1}", "assessment_name": "wanted", "source": {"source_type": "HUMAN", "source_id": "ann"}, "expectation": {"value": "an answer"}}}
    return [
        post("create feedback", base, feedback, save={"feedback": "assessment.assessment_id"}),
        post("create expectation", base, expectation, save={"expectation": "assessment.assessment_id"}),
        post("create expectation of a list", base, {"assessment": {**expectation["assessment"], "assessment_name": "list", "expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": "[1, 2]"}}}}),
        post("create feedback with an error", base, {"assessment": {**feedback["assessment"], "assessment_name": "failed", "feedback": {"error": {"error_code": "E", "error_message": "m", "stack_trace": "s"}}}}),
        post("create feedback on a span", base, {"assessment": {**feedback["assessment"], "assessment_name": "span", "span_id": "abc"}}),
        post("create assessment without a value", base, {"assessment": {"trace_id": "tr-{s1}", "assessment_name": "x", "source": {"source_type": "HUMAN", "source_id": "ann"}}}),
        post("create assessment without a name", base, {"assessment": {"source": {"source_type": "HUMAN"}, "feedback": {"value": 1}}}),
        post("create assessment without a source", base, {"assessment": {"assessment_name": "x", "feedback": {"value": 1}}}),
        post("assess unknown trace", f"{TRACES}/tr-none/assessments", {"assessment": {**feedback["assessment"], "trace_id": "tr-none"}}),
        get("get assessment", base + "/{feedback}"),
        get("get unknown assessment", base + "/a-none"),
        case("update assessment", "PATCH", base + "/{feedback}", {"assessment": {"assessment_id": "{feedback}", "trace_id": "tr-{s1}", "feedback": {"value": "good"}, "rationale": "better"}, "update_mask": "feedback,rationale"}),
        case("update unknown assessment", "PATCH", base + "/a-none", {"assessment": {"assessment_id": "a-none", "rationale": "x"}, "update_mask": "rationale"}),
        case("update metadata of assessment", "PATCH", base + "/{expectation}", {"assessment": {"assessment_id": "{expectation}", "metadata": {"k": "v"}}, "update_mask": "metadata"}),
        post("override feedback", base, {"assessment": {**feedback["assessment"], "overrides": "{feedback}", "feedback": {"value": True}}}, save={"override": "assessment.assessment_id"}),
        get("get overridden assessment", base + "/{feedback}"),
        get("trace with its assessments", f"{TRACES}/tr-{{s1}}"),
        post("search by feedback", f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, "filter": "feedback.quality = 'true'"}),
        post("search by feedback of a name with a score", f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, "filter": "feedback.span = '0.5'"}),
        post("search by expectation", f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, "filter": "expectation.wanted = 'an answer'"}),
        post("search by absent feedback", f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, "filter": "feedback.quality IS NULL"}),
        post("search by present feedback", f"{TRACES}/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "{many_c}"}}], "max_results": 10, "filter": "feedback.quality IS NOT NULL"}),
        case("delete overriding assessment", "DELETE", base + "/{override}"),
        get("get assessment valid again", base + "/{feedback}"),
        case("delete assessment", "DELETE", base + "/{expectation}"),
        case("delete assessment twice", "DELETE", base + "/{expectation}"),
        post("delete traces", f"{TRACES}/delete-traces", {"experiment_id": "{many_c}", "request_ids": ["tr-{s2}"]}),
        post("delete traces twice", f"{TRACES}/delete-traces", {"experiment_id": "{many_c}", "request_ids": ["tr-{s2}"]}),
        post("delete traces of nothing", f"{TRACES}/delete-traces", {"experiment_id": "{many_c}"}),
        post("delete traces by age", f"{TRACES}/delete-traces", {"experiment_id": "{many_c}", "max_timestamp_millis": 1, "max_traces": 1}),
    ]


def evaluation_datasets():
    base = "/api/3.0/mlflow/datasets"
    records = '[{"inputs": {"q": "one"}, "expectations": {"a": 1}, "tags": {"t": "x"}}, {"inputs": {"q": "two"}}]'
    return [
        post("create evaluation data set", f"{base}/create", {"name": "{u}-set", "experiment_ids": ["{many_c}"], "tags": '{"a": "1"}'}, save={"set": "dataset.dataset_id"}),
        post("create evaluation data set without a name", f"{base}/create", {}),
        get("get evaluation data set", base + "/{set}"),
        get("get unknown evaluation data set", base + "/d-none"),
        post("add records", base + "/{set}/records", {"records": records}),
        post("add records again", base + "/{set}/records", {"records": '[{"inputs": {"q": "one"}, "expectations": {"b": 2}}]'}),
        post("add records without inputs", base + "/{set}/records", {"records": '[{"expectations": {"b": 2}}]'}),
        get("get records", base + "/{set}/records", {"max_results": 10}),
        get("get data set with records", base + "/{set}"),
        case("tag evaluation data set", "PATCH", base + "/{set}/tags", {"tags": '{"b": "2"}'}),
        case("delete tag of evaluation data set", "DELETE", base + "/{set}/tags/a"),
        get("experiments of evaluation data set", base + "/{set}/experiment-ids"),
        post("add experiment", base + "/{set}/add-experiments", {"experiment_ids": ["{experiment}"]}),
        post("remove experiment", base + "/{set}/remove-experiments", {"experiment_ids": ["{experiment}"]}),
        post("search evaluation data sets", f"{base}/search", {"experiment_ids": ["{many_c}"], "max_results": 10}),
        post("search evaluation data sets by name", f"{base}/search", {"filter_string": "name = '{u}-set'", "max_results": 10}),
        post("search evaluation data sets by tag", f"{base}/search", {"filter_string": "tags.b = '2'", "experiment_ids": ["{many_c}"], "max_results": 10}),
        post("search evaluation data sets, broken", f"{base}/search", {"filter_string": "colour = 'x'", "max_results": 10}),
        case("delete evaluation data set", "DELETE", base + "/{set}"),
        get("get deleted evaluation data set", base + "/{set}"),
    ]
