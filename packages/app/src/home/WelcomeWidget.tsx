import { Link } from '@backstage/core-components';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { Flex, Text } from '@backstage/ui';
import { CodeBlock, useLoad } from '@downstage/react';

const example = {
  kind: 'model',
  namespace: 'default',
  name: 'tumour-malignancy',
};

/** The shortest ways in, for somebody who has just arrived. */
export function WelcomeWidget() {
  const catalogApi = useApi(catalogApiRef);
  // A portal without the example company has no example model to look at.
  const { value: exampleModel } = useLoad(
    () => catalogApi.getEntityByRef(example),
    [catalogApi],
    { pollMs: 0 },
  );
  return (
    <Flex direction="column" gap="3">
      <Text as="p">
        <Link to="/create">Create a model from a template</Link>: a project that
        trains at once, in about ten minutes.
      </Text>
      {exampleModel && (
        <Text as="p">
          <Link to={`/catalog/default/model/${example.name}`}>
            Look at the example model
          </Link>
          : trained, gated, approved, served and watched for drift.
        </Text>
      )}
      <Text as="p">
        Or log from a notebook with the plain MLflow client and an{' '}
        <Link to="/settings/access-tokens">access token</Link> of the scopes
        track and register:
      </Text>
      <CodeBlock
        code={[
          `export MLFLOW_TRACKING_URI=${window.location.origin}/api/ml-registry/mlflow`,
          'export MLFLOW_TRACKING_TOKEN=dst_…',
        ].join('\n')}
      />
    </Flex>
  );
}
