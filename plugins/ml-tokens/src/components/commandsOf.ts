/** What to paste into a terminal, a script and a CI job to use a token. */
export function commandsOf(options: { baseUrl: string; secret: string }) {
  const { baseUrl, secret } = options;
  const base = baseUrl.replace(/\/+$/, '');
  const tracking = `${base}/api/ml-registry/mlflow`;
  return {
    mlflow: [
      `export MLFLOW_TRACKING_URI=${tracking}`,
      `export MLFLOW_TRACKING_TOKEN=${secret}`,
      'python train.py',
    ].join('\n'),
    curl: `curl -H "Authorization: Bearer ${secret}" \\\n  ${base}/api/ml-tokens/v1/token`,
    ci: [
      'jobs:',
      '  train:',
      '    runs-on: ubuntu-latest',
      '    env:',
      `      MLFLOW_TRACKING_URI: ${tracking}`,
      '      MLFLOW_TRACKING_TOKEN: ${{ secrets.MLFLOW_TRACKING_TOKEN }}',
      '    steps:',
      '      - uses: actions/checkout@v4',
      '      - run: pip install mlflow-skinny -r requirements.txt',
      '      - run: python train.py',
    ].join('\n'),
  };
}
