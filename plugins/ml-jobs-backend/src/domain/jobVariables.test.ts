import { jobVariables } from './jobVariables';

it('gives the process its parameters, inputs and tracking', () => {
  const input = {
    ref: 'default/x@3',
    path: '/data/x.csv',
    sha256: 'ab',
    format: 'csv',
  };
  expect(
    jobVariables({
      id: 'j1',
      name: 'a job',
      model: 'model:default/tumour-malignancy',
      parameters: { 'max-depth': 4, shuffle: true },
      inputs: { training: input },
      token: 't',
      trackingUri: 'http://127.0.0.1/mlflow',
    }),
  ).toEqual({
    MLFLOW_TRACKING_URI: 'http://127.0.0.1/mlflow',
    MLFLOW_TRACKING_TOKEN: 't',
    MLFLOW_EXPERIMENT_NAME: 'tumour-malignancy',
    DOWNSTAGE_JOB_ID: 'j1',
    DOWNSTAGE_MODEL: 'tumour-malignancy',
    DOWNSTAGE_INPUTS: JSON.stringify({ training: input }),
    DOWNSTAGE_INPUT_TRAINING: '/data/x.csv',
    DOWNSTAGE_PARAM_MAX_DEPTH: '4',
    DOWNSTAGE_PARAM_SHUFFLE: 'true',
  });
});

it('tells the process the name of a model in a namespace as MLflow knows it', () => {
  expect(
    jobVariables({
      id: 'j1',
      name: 'a job',
      model: 'model:credit/fraud-score',
      parameters: {},
      inputs: {},
      token: 't',
      trackingUri: 'http://127.0.0.1/mlflow',
    }),
  ).toMatchObject({
    MLFLOW_EXPERIMENT_NAME: 'credit/fraud-score',
    DOWNSTAGE_MODEL: '__credit__fraud-score',
  });
});
